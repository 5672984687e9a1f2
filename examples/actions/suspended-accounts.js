// Who is suspended in app_metadata loses this session too, not only this login.
exports.onExecutePostLogin = async (event, api) => {
  const until = event.user.app_metadata?.suspended_until;
  if (until === undefined || Date.parse(until) < Date.now()) return;
  api.access.deny(`This account is suspended until ${until.slice(0, 10)}.`);
  api.session.revoke("suspended");
};
