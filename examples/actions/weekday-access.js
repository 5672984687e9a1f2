// An application that works from Monday to Friday. The time is that of the login itself, so a
// refresh on Sunday still works for whoever logged in on Friday.
const CLIENTS = ["back-office"];

exports.onExecutePostLogin = async (event, api) => {
  if (!CLIENTS.includes(event.client.client_id)) return;
  const at = new Date(event.authentication?.methods?.[0]?.timestamp ?? Date.now());
  const weekend = [0, 6].includes(at.getUTCDay());
  if (weekend) api.access.deny("This application rests at the weekend.");
};
