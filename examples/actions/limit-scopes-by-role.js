// Asking for a scope is not enough: writing is for editors.
const NEEDS = { "write:orders": "editor", "delete:orders": "administrator" };

exports.onExecutePostLogin = async (event, api) => {
  const roles = event.authorization?.roles ?? [];
  for (const [scope, role] of Object.entries(NEEDS)) {
    if (!roles.includes(role)) api.accessToken.removeScope(scope);
  }
};
