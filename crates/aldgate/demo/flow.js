// The implicit flow as auth0.js does it: off to /authorize, back with the answer in the fragment.

import { verifyIdToken } from "./token.js";

const PREFIX = "aldgate.demo.";

const random = () => {
  const values = crypto.getRandomValues(new Uint8Array(24));
  return Array.from(values, (value) => (value % 36).toString(36)).join("");
};

/** Leaves for the login; `memo` comes back with the answer. */
export function leave(config, { clientId, audience, memo }) {
  const state = random();
  const nonce = random();
  const parameters = {
    client_id: clientId,
    response_type: "token id_token",
    redirect_uri: config.redirect_uri,
    scope: "openid profile email",
    ...(audience && { audience }),
    state,
    nonce,
    auth0Client: btoa(JSON.stringify({ name: "aldgate-demo", version: "1.0.0" })),
  };
  const transaction = { nonce, clientId, memo, parameters };
  sessionStorage.setItem(PREFIX + state, JSON.stringify(transaction));
  const url = new URL("authorize", config.issuer);
  url.search = new URLSearchParams(parameters);
  location.assign(url);
}

/** Takes the answer out of the address bar: null if there is none. Throws a refusal. */
export async function arrive(config) {
  const answer = new URLSearchParams(location.hash.slice(1));
  if (!answer.has("state") && !answer.has("error")) return null;
  // The tokens leave the address bar, and so the history, at once.
  history.replaceState(null, "", "/");
  const key = PREFIX + answer.get("state");
  const transaction = JSON.parse(sessionStorage.getItem(key) ?? "null");
  sessionStorage.removeItem(key);
  if (!transaction) throw new Error("This answer belongs to no login that this page began.");
  if (answer.has("error")) {
    throw new Error(
      `${answer.get("error")}: ${answer.get("error_description") ?? "no description"}`,
    );
  }
  const { clientId, nonce, memo, parameters } = transaction;
  await verifyIdToken(answer.get("id_token"), { issuer: config.issuer, clientId, nonce });
  return {
    memo,
    clientId,
    parameters,
    idToken: answer.get("id_token"),
    accessToken: answer.get("access_token"),
  };
}

/** Ends the session at the server and comes back. */
export function logout(config) {
  const url = new URL("v2/logout", config.issuer);
  url.search = new URLSearchParams({
    client_id: config.applications[0].client_id,
    returnTo: new URL("/", location.origin).href,
  });
  location.assign(url);
}

/** Calls `url` with a bearer token; gives request and response for showing. */
export async function call(url, token) {
  const request = { method: "GET", url, authorization: `Bearer ${token}` };
  const response = await fetch(url, { headers: { authorization: request.authorization } });
  const text = await response.text();
  let body = text;
  try {
    body = JSON.parse(text);
  } catch {
    // Not JSON: shown as it is.
  }
  return {
    request,
    status: response.status,
    statusText: response.statusText,
    challenge: response.headers.get("www-authenticate"),
    body,
  };
}
