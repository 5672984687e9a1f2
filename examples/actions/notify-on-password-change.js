// A chat channel hears of changed passwords, without anything that names the password.
exports.onExecutePostChangePassword = async (event) => {
  const answer = await fetch(event.secrets.CHAT_URL, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ text: `${event.user.email} changed the password` }),
  });
  if (!answer.ok) throw new Error(`the channel answered ${answer.status}`);
};
