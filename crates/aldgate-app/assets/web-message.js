// Hands an authorization response to the window that asked: the parent of this frame, or the
// opener of this popup. It goes to the application's origin and to no other.
const { targetOrigin, response } = JSON.parse(
  document.getElementById("authorization-response").textContent,
);
const asker = window.parent !== window ? window.parent : window.opener;
if (asker) {
  asker.postMessage({ type: "authorization_response", response }, targetOrigin);
}
