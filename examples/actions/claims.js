/** Puts the user's address and plan into her tokens. */
exports.onExecutePostLogin = async (event, api) => {
  const namespace = "https://orders.example/";
  api.idToken.setCustomClaim(`${namespace}plan`, event.user.app_metadata.plan ?? "free");
  api.accessToken.setCustomClaim(`${namespace}email`, event.user.email);
  console.log(`claims for ${event.user.user_id}`);
};
