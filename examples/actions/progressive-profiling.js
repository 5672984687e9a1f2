// At her third login the user is asked for her phone number, once, on a page of yours. The page
// sends her back to /continue with the answer in a token that it signs with the same secret.
exports.onExecutePostLogin = async (event, api) => {
  const asked = event.user.user_metadata?.asked_for_phone === true;
  if (asked || event.stats.logins_count < 3 || !api.redirect.canRedirect()) return;
  const token = api.redirect.encodeToken({
    secret: event.secrets.PROFILE_SECRET,
    payload: { email: event.user.email },
    expiresInSeconds: 600,
  });
  api.redirect.sendUserTo("https://profile.example.com/phone", {
    query: { session_token: token },
  });
};

exports.onContinuePostLogin = async (event, api) => {
  const { phone } = api.redirect.validateToken({
    secret: event.secrets.PROFILE_SECRET,
    tokenParameterName: "answer",
  });
  api.user.setUserMetadata("asked_for_phone", true);
  if (phone) api.user.setUserMetadata("phone", phone);
};
