// Lets in only people whose address is of one of the company's domains. The domains are a secret of
// the action, so that they can be changed without a new version: "example.com, example.org".
exports.onExecutePostLogin = async (event, api) => {
  const allowed = event.secrets.DOMAINS.split(",").map((domain) => domain.trim().toLowerCase());
  const domain = (event.user.email ?? "").split("@").pop().toLowerCase();
  if (!allowed.includes(domain)) api.access.deny("Use the address that your company gave you.");
};
