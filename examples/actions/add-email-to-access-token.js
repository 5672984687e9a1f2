// An API sees the user's address without asking /userinfo. Only a verified address is told.
exports.onExecutePostLogin = async (event, api) => {
  const { email, email_verified } = event.user;
  if (email && email_verified) api.accessToken.setCustomClaim("https://demo/email", email);
};
