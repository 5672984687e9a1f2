// The application shows its tour when the ID token says that this is the first login.
exports.onExecutePostLogin = async (event, api) => {
  api.idToken.setCustomClaim("https://example.com/first_login", event.stats.logins_count === 1);
};
