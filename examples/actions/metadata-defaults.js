// Everybody has a plan and a language from her first login on.
exports.onExecutePostLogin = async (event, api) => {
  const { app_metadata = {}, user_metadata = {} } = event.user;
  if (app_metadata.plan === undefined) api.user.setAppMetadata("plan", "free");
  if (user_metadata.language === undefined) {
    api.user.setUserMetadata("language", event.request.language ?? "en");
  }
};
