// Customers with a paid plan get a scope that nobody has to ask for.
exports.onExecutePostLogin = async (event, api) => {
  if (event.resource_server?.identifier !== "https://reports.example.com") return;
  if (event.user.app_metadata?.plan === "gold") api.accessToken.addScope("export:reports");
};
