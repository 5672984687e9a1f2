// New terms are accepted on a page of yours before the login goes on. What was accepted is kept in
// app_metadata, where only administrators and actions write.
const TERMS = "2026-11";

exports.onExecutePostLogin = async (event, api) => {
  if (event.user.app_metadata?.terms === TERMS) return;
  if (!api.redirect.canRedirect()) {
    api.access.deny("Log in with a browser once, to accept the new terms.");
    return;
  }
  api.redirect.sendUserTo("https://www.example.com/terms", { query: { version: TERMS } });
};

exports.onContinuePostLogin = async (event, api) => {
  if (event.request.body?.accepted !== TERMS && event.request.query?.accepted !== TERMS) {
    api.access.deny("The terms were not accepted.");
    return;
  }
  api.user.setAppMetadata("terms", TERMS);
};
