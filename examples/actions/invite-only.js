// Registration needs a code, which the page sends as a member of user_metadata. It is not kept.
const { timingSafeEqual } = require("node:crypto");

const bytes = (text) => new TextEncoder().encode(text);

exports.onExecutePreUserRegistration = async (event, api) => {
  const given = `${event.user.user_metadata?.invite ?? ""}`;
  const wanted = event.secrets.INVITE;
  if (given.length !== wanted.length || !timingSafeEqual(bytes(given), bytes(wanted))) {
    api.validation.error("invite", "This code is not valid. Ask whoever invited you.");
    return;
  }
  api.user.setUserMetadata("invite", null);
};
