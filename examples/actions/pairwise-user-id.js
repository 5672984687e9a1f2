// Applications of others get a name for the user that only they know: the same at every login, and
// no two applications can compare theirs.
const { createHmac } = require("node:crypto");

exports.onExecutePostLogin = async (event, api) => {
  const sector = event.client.metadata?.sector ?? event.client.client_id;
  const name = createHmac("sha256", event.secrets.PAIRWISE_KEY)
    .update(`${sector}|${event.user.user_id}`)
    .digest("base64url");
  api.idToken.setCustomClaim("https://example.com/pairwise_id", name);
};
