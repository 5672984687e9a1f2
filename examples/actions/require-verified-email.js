// Nobody logs in with an address that is not verified. People who came from an upstream provider
// that does not tell are let in.
exports.onExecutePostLogin = async (event, api) => {
  const ours = event.connection?.strategy === "auth0";
  if (ours && event.user.email_verified === false) {
    api.access.deny("Please open the link in the mail that we sent you, then log in again.");
  }
};
