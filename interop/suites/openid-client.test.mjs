// openid-client 6, the certified Node client: it checks everything that the discovery document
// promises.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import * as client from "openid-client";

import { startApp } from "../support/app.mjs";
import { freshPage, logIn, startBrowser } from "../support/browser.mjs";
import { Server } from "../support/server.mjs";
import { API, M2M, M2M_BASIC, USER, WEB, world } from "../support/world.mjs";

let server, app, browser;

before(async () => {
  server = await Server.start();
  app = await startApp();
  await server.apply(world(app.origin));
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
  await app?.stop();
  await server?.stop();
});

/** Discovers the server for an application; http is allowed because it is loopback. */
function discover({ id, secret }, authentication = client.ClientSecretPost(secret)) {
  const insecure = { execute: [client.allowInsecureRequests] };
  return client.discovery(new URL(server.issuer), id, secret, authentication, insecure);
}

/** The code flow with PKCE, state and nonce; returns the tokens. */
async function codeFlow(config, parameters = {}) {
  const verifier = client.randomPKCECodeVerifier();
  const [state, nonce] = [client.randomState(), client.randomNonce()];
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: `${app.origin}/callback`,
    scope: "openid profile email offline_access",
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
    nonce,
    ...parameters,
  });
  const page = await freshPage(browser);
  await page.goto(url.href);
  await logIn(page, USER);
  await page.waitForURL(`${app.origin}/callback**`);
  const answer = new URL(page.url());
  await page.context().close();
  assert.equal(answer.searchParams.get("iss"), server.issuer, "RFC 9207");
  return client.authorizationCodeGrant(config, answer, {
    pkceCodeVerifier: verifier,
    expectedState: state,
    expectedNonce: nonce,
    idTokenExpected: true,
  });
}

test("discovery: the issuer is exact and every endpoint is there", async () => {
  const config = await discover(WEB);
  const metadata = config.serverMetadata();
  assert.equal(metadata.issuer, server.issuer);
  for (const [name, value] of Object.entries(metadata)) {
    if (name.endsWith("_endpoint")) {
      assert.ok(value.startsWith(server.issuer), `${name} is ${value}`);
      const answer = await server.get(value);
      assert.notEqual(answer.status, 404, `${name} is advertised but not there`);
    }
  }
});

test("code with PKCE, userinfo, refresh, revocation", async () => {
  const config = await discover(WEB);
  const tokens = await codeFlow(config, { audience: API });
  const { sub, email } = tokens.claims();
  assert.equal(email, USER.email);
  const info = await client.fetchUserInfo(config, tokens.access_token, sub);
  assert.equal(info.email, USER.email);

  const renewed = await client.refreshTokenGrant(config, tokens.refresh_token);
  assert.ok(renewed.access_token);
  assert.equal(renewed.claims().sub, sub, "an ID token comes with a refresh");

  const spent = renewed.refresh_token ?? tokens.refresh_token;
  await client.tokenRevocation(config, spent);
  await assert.rejects(
    client.refreshTokenGrant(config, spent),
    (error) => error.error === "invalid_grant" && error.status === 400,
  );
});

test("both ways to send a client secret, each for the application registered for it", async () => {
  const supported = (await discover(WEB)).serverMetadata().token_endpoint_auth_methods_supported;
  const ways = [
    ["client_secret_post", client.ClientSecretPost, M2M],
    ["client_secret_basic", client.ClientSecretBasic, M2M_BASIC],
  ];
  for (const [name, way, application] of ways) {
    assert.ok(supported.includes(name));
    const config = await discover(application, way(application.secret));
    const tokens = await client.clientCredentialsGrant(config, { audience: API });
    assert.equal(tokens.scope, "read:notes");
  }
});

test("private_key_jwt, with a key that the Management API was given", async () => {
  const { publicKey, privateKey } = await crypto.subtle.generateKey(
    { name: "ECDSA", namedCurve: "P-256" },
    false,
    ["sign", "verify"],
  );
  const spki = Buffer.from(await crypto.subtle.exportKey("spki", publicKey)).toString("base64");
  const pem = `-----BEGIN PUBLIC KEY-----\n${spki.match(/.{1,64}/g).join("\n")}\n-----END PUBLIC KEY-----\n`;
  const manage = await manager();
  const credential = { credential_type: "public_key", name: "interop", alg: "ES256", pem };
  const keyed = await manage("POST", "clients", {
    name: "Keyed machine",
    app_type: "non_interactive",
    grant_types: ["client_credentials"],
    client_authentication_methods: { private_key_jwt: { credentials: [credential] } },
  });
  await manage("POST", "client-grants", {
    client_id: keyed.client_id,
    audience: API,
    scope: ["read:notes"],
  });
  const [{ kid }] = await manage("GET", `clients/${keyed.client_id}/credentials`);
  for (const key of [privateKey, { key: privateKey, kid }]) {
    const config = await discover({ id: keyed.client_id }, client.PrivateKeyJwt(key));
    const tokens = await client.clientCredentialsGrant(config, { audience: API });
    assert.equal(tokens.scope, "read:notes");
  }
  const { privateKey: other } = await crypto.subtle.generateKey(
    { name: "ECDSA", namedCurve: "P-256" },
    false,
    ["sign", "verify"],
  );
  const config = await discover({ id: keyed.client_id }, client.PrivateKeyJwt(other));
  await assert.rejects(
    client.clientCredentialsGrant(config, { audience: API }),
    (error) => error.error === "invalid_client" && error.status === 401,
  );
});

/** Calls the Management API as the machine that `aldgate dev` made for it. */
async function manager() {
  const { client_id: id, client_secret: secret, audience } = server.dev.management;
  const config = await discover({ id, secret });
  const { access_token: token } = await client.clientCredentialsGrant(config, { audience });
  return async (method, path, body) => {
    const answer = await fetch(`${audience}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: body && JSON.stringify(body),
    });
    assert.ok(answer.ok, `${path}: ${answer.status} ${await answer.clone().text()}`);
    return answer.json();
  };
}

test("a wrong secret is invalid_client", async () => {
  const config = await discover({ ...M2M, secret: "wrong" });
  await assert.rejects(
    client.clientCredentialsGrant(config, { audience: API }),
    (error) => error.error === "invalid_client" && error.status === 401,
  );
});

test("implicit and hybrid answers verify", async () => {
  const config = await discover(WEB);
  client.useCodeIdTokenResponseType(config);
  const [state, nonce] = [client.randomState(), client.randomNonce()];
  const verifier = client.randomPKCECodeVerifier();
  const url = client.buildAuthorizationUrl(config, {
    redirect_uri: `${app.origin}/callback`,
    scope: "openid email",
    response_type: "code id_token",
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
    nonce,
  });
  const page = await freshPage(browser);
  await page.goto(url.href);
  await logIn(page, USER);
  await page.waitForURL(`${app.origin}/callback**`);
  const tokens = await client.authorizationCodeGrant(config, new URL(page.url()), {
    pkceCodeVerifier: verifier,
    expectedState: state,
    expectedNonce: nonce,
  });
  assert.equal(tokens.claims().email, USER.email);
  await page.context().close();
});
