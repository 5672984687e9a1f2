// Where and in which language somebody registered is known from the start.
exports.onExecutePreUserRegistration = async (event, api) => {
  api.user.setUserMetadata("language", event.request.language ?? "en");
  api.user.setAppMetadata("registered_at", event.client?.name ?? "unknown");
};
