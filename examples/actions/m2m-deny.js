// Deleting needs a reason: applications that ask for it must name a ticket.
exports.onExecuteCredentialsExchange = async (event, api) => {
  const asked = event.accessToken.scope ?? [];
  const deletes = asked.some((scope) => scope.startsWith("delete:"));
  if (deletes && !/^T-[0-9]+$/.test(event.request.body?.ticket ?? "")) {
    api.access.deny("invalid_request", "Deleting needs the parameter ticket, such as T-17.");
  }
};
