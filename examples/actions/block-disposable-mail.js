// Nobody registers with an address that is gone tomorrow.
const DOMAINS = ["mailinator.com", "trashmail.example", "10minutemail.example"];

exports.onExecutePreUserRegistration = async (event, api) => {
  const domain = (event.user.email ?? "").split("@").pop().toLowerCase();
  const known = DOMAINS.some((one) => domain === one || domain.endsWith(`.${one}`));
  if (known) api.access.deny(`disposable: ${domain}`, "Please use an address that you keep.");
};
