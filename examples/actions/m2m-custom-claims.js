// Tokens of applications say which team they belong to.
exports.onExecuteCredentialsExchange = async (event, api) => {
  const { team } = event.client.metadata ?? {};
  if (team) api.accessToken.setCustomClaim("https://example.com/team", team);
};
