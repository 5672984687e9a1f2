// One person, one account: somebody who comes by an upstream provider with the verified address of
// an account that is there is linked to it, and the login goes on as that account.
const { ManagementClient } = require("auth0");

exports.onExecutePostLogin = async (event, api) => {
  const { email, email_verified, user_id } = event.user;
  if (!email || !email_verified || event.stats.logins_count > 1) return;
  const management = new ManagementClient({
    domain: event.secrets.DOMAIN,
    clientId: event.secrets.CLIENT_ID,
    clientSecret: event.secrets.CLIENT_SECRET,
  });
  const { data: twins } = await management.usersByEmail.getByEmail({ email });
  const other = twins.find((one) => one.user_id !== user_id && one.email_verified);
  if (other === undefined) return;
  const [provider, id] = user_id.split("|");
  await management.users.link({ id: other.user_id }, { provider, user_id: id });
  api.authentication.setPrimaryUser(other.user_id);
};
