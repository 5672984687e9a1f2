// An application names in its metadata which roles may use it: roles = "staff, partner".
exports.onExecutePostLogin = async (event, api) => {
  const wanted = event.client.metadata?.roles;
  if (!wanted) return;
  const names = wanted.split(",").map((name) => name.trim());
  const has = (event.authorization?.roles ?? []).some((role) => names.includes(role));
  if (!has) api.access.deny(`You have no access to ${event.client.name}.`);
};
