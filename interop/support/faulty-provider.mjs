// An OpenID provider that gets one thing wrong at a time (FED-02).

import { createHash } from "node:crypto";

import { base64url, exportJWK, generateKeyPair, SignJWT } from "jose";

import { startApp } from "./app.mjs";

/** The server's name and secret at the provider. */
export const CLIENT = { id: "aldgate-here", secret: "a secret of the provider, long enough" };

const hash = (text) => base64url.encode(createHash("sha256").update(text).digest().subarray(0, 16));
const now = () => Math.floor(Date.now() / 1000);
const claim = (name, value) => ({ claims: (claims) => ({ ...claims, [name]: value }) });
const without = (name) => claim(name, undefined);
const header = (change) => ({ header: (usual) => ({ ...usual, ...change }) });
const back = (change) => ({ back: change });
const token = (change) => ({ token: change });

/** What can go wrong, by name. Everything that is published stays sound: it is kept by others. */
export const FAULTS = {
  "the user says no": back((to) => to.set("error", "access_denied")),
  "an error of the provider": back((to) => to.set("error", "server_error")),
  "no code": back((to) => to.delete("code")),
  "an answer of another provider": back((to) => to.set("iss", "https://other.example")),
  "no iss although it is promised": back((to) => to.delete("iss")),
  "another state": back((to) => to.set("state", `${to.get("state")}x`)),
  "a code that is refused": { refuses: true },
  "a token answer that is a page": token(() => "<!doctype html>"),
  "no access token": token((answer) => ({ ...answer, access_token: undefined })),
  "another type of access token": token((answer) => ({ ...answer, token_type: "mac" })),
  "no ID token": token((answer) => ({ ...answer, id_token: undefined })),
  "an ID token that is none": token((answer) => ({ ...answer, id_token: "not.a.token" })),
  "a claim changed after signing": token((answer) => {
    const [head, , signature] = answer.id_token.split(".");
    const forged = base64url.encode(JSON.stringify({ sub: "8" }));
    return { ...answer, id_token: `${head}.${forged}.${signature}` };
  }),
  "no signature": token((answer) => {
    const [, payload] = answer.id_token.split(".");
    return { ...answer, id_token: `${base64url.encode('{"alg":"none"}')}.${payload}.` };
  }),
  "the client secret as key": { symmetric: true },
  "a key of somebody else": { stranger: true },
  "a key that is not published": header({ kid: "k2" }),
  "another kind of token": header({ typ: "at+jwt" }),
  "another issuer": claim("iss", "https://other.example"),
  "no issuer": without("iss"),
  "another audience": claim("aud", "somebody-else"),
  "no audience": without("aud"),
  "several audiences and nobody named": claim("aud", [CLIENT.id, "somebody-else"]),
  "made for another party": claim("azp", "somebody-else"),
  "the nonce of another login": claim("nonce", "x"),
  "no nonce": without("nonce"),
  expired: claim("exp", now() - 3600),
  "without an end": without("exp"),
  "made in the future": claim("iat", now() + 3600),
  "without a time": without("iat"),
  "not valid yet": claim("nbf", now() + 3600),
  "about nobody": without("sub"),
  "of another access token": claim("at_hash", hash("x")),
  "a profile of somebody else": { profile: (claims) => ({ ...claims, sub: "8" }) },
  "a profile of nobody": { profile: () => ({ name: "Nobody" }) },
  "a profile that is a page": { profile: () => "<!doctype html>" },
};

/** Starts the provider: `{origin, fault, stop}`; `fault` is one of the above, or nothing. */
export async function startProvider() {
  const [own, stranger] = [await generateKeyPair("ES256"), await generateKeyPair("ES256")];
  const jwk = { ...(await exportJWK(own.publicKey)), kid: "k1", alg: "ES256", use: "sig" };
  const nonces = new Map();
  const provider = { fault: undefined };

  async function idToken(code) {
    const fault = provider.fault ?? {};
    const usual = {
      iss: provider.origin,
      aud: CLIENT.id,
      sub: "7",
      nonce: nonces.get(code),
      iat: now(),
      exp: now() + 300,
      at_hash: hash("at-1"),
      email: "maria@example.com",
      email_verified: true,
    };
    const claims = fault.claims?.(usual) ?? usual;
    const head = { alg: fault.symmetric ? "HS256" : "ES256", kid: "k1" };
    const signer = new SignJWT(JSON.parse(JSON.stringify(claims)));
    const secret = new TextEncoder().encode(CLIENT.secret);
    const key = fault.symmetric ? secret : (fault.stranger ? stranger : own).privateKey;
    return signer.setProtectedHeader(fault.header?.(head) ?? head).sign(key);
  }

  const answers = {
    "/.well-known/openid-configuration": () => ({
      issuer: provider.origin,
      authorization_endpoint: `${provider.origin}/authorize`,
      token_endpoint: `${provider.origin}/token`,
      userinfo_endpoint: `${provider.origin}/userinfo`,
      jwks_uri: `${provider.origin}/keys`,
      authorization_response_iss_parameter_supported: true,
    }),
    "/keys": () => ({ keys: [jwk] }),
    "/userinfo": () => {
      const usual = { sub: "7", email: "maria@example.com", email_verified: true };
      return provider.fault?.profile?.(usual) ?? usual;
    },
  };

  async function redeem(request) {
    let body = "";
    for await (const chunk of request) body += chunk;
    const id_token = await idToken(new URLSearchParams(body).get("code"));
    const usual = { access_token: "at-1", token_type: "Bearer", expires_in: 60, id_token };
    return provider.fault?.token?.(usual) ?? usual;
  }

  function leave(sent, response) {
    const code = `code-${nonces.size}`;
    nonces.set(code, sent.get("nonce"));
    const to = new URLSearchParams({ code, state: sent.get("state"), iss: provider.origin });
    provider.fault?.back?.(to);
    if (to.has("error")) to.delete("code");
    response.writeHead(302, { location: `${sent.get("redirect_uri")}?${to}` }).end();
  }

  async function handler(request, response) {
    const url = new URL(request.url, provider.origin);
    if (url.pathname === "/authorize") return leave(url.searchParams, response);
    const answer =
      url.pathname === "/token" ? await redeem(request) : answers[url.pathname]?.();
    const refused = url.pathname === "/token" && provider.fault?.refuses;
    response.writeHead(answer && !refused ? 200 : 400, { "content-type": "application/json" });
    response.end(typeof answer === "string" ? answer : JSON.stringify(answer ?? {}));
  }

  const { origin, stop } = await startApp({ handler });
  return Object.assign(provider, { origin, stop });
}
