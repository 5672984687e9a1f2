// auth0.js 10, unmodified, in Chromium against https: the SDK of the forum thread.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { decodeJwt, decodeProtectedHeader } from "jose";

import { startApp } from "../support/app.mjs";
import { freshPage, logIn, startBrowser } from "../support/browser.mjs";
import { Server } from "../support/server.mjs";
import { API, CONNECTION, SPA, USER, world } from "../support/world.mjs";

let server, app, browser;

before(async () => {
  server = await Server.start({ tls: true });
  app = await startApp({ script: "auth0.js", tls: true });
  const codes = {
    name: "email",
    strategy: "email",
    enabled_clients: ["Interop SPA"],
    options: {},
  };
  await server.apply({ ...world(app.origin), connections: [codes] });
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
  await app?.stop();
  await server?.stop();
});

/** Opens the application and makes its `WebAuth`, as its own script would. */
async function open(options = {}, path = "/") {
  const page = await freshPage(browser);
  await page.goto(app.origin + path);
  await setUp(page, options);
  return page;
}

/** Makes `window.webAuth`; `call(name, …)` turns a callback method into a promise. */
async function setUp(page, options = {}) {
  const settings = {
    domain: server.domain,
    clientID: SPA,
    redirectUri: `${app.origin}/callback`,
    responseType: "token id_token",
    scope: "openid email profile",
    ...options,
  };
  await page.evaluate((settings) => {
    window.webAuth = new window.auth0.WebAuth(settings);
    window.promised = (object, method, ...args) =>
      new Promise((resolve, reject) => {
        const done = (error, result) =>
          error ? reject(new Error(JSON.stringify(error))) : resolve(result);
        object[method](...args, done);
      });
  }, settings);
}

/** Logs in by redirect and returns what `parseHash` made of the answer. */
async function logInByRedirect(page, options = {}) {
  await page.evaluate(() => window.webAuth.authorize());
  await logIn(page, USER);
  return finish(page, options);
}

async function finish(page, options = {}) {
  await page.waitForURL(`${app.origin}/callback**`);
  await setUp(page, options);
  return page.evaluate(() => window.promised(window.webAuth, "parseHash", {}));
}

test("token id_token without audience: an ID token and an opaque access token", async () => {
  const page = await open();
  const result = await logInByRedirect(page);
  assert.equal(result.idTokenPayload.iss, server.issuer);
  assert.equal(result.idTokenPayload.aud, SPA);
  assert.equal(result.idTokenPayload.email, USER.email);
  assert.equal(result.tokenType, "Bearer");
  assert.ok(result.expiresIn > 0);
  assert.throws(() => decodeJwt(result.accessToken), "opaque: it is no JWT");
  assert.equal(decodeProtectedHeader(result.idToken).alg, "RS256");
  await page.context().close();
});

test("token id_token with audience: the access token is a JWT for the API", async () => {
  const options = { audience: API, scope: "openid email profile read:notes" };
  const page = await open(options);
  const result = await logInByRedirect(page, options);
  const token = decodeJwt(result.accessToken);
  assert.deepEqual(token.aud, [API, `${server.issuer}userinfo`]);
  assert.equal(token.azp, SPA);
  assert.equal(token.iss, server.issuer);
  assert.equal(token.email, undefined, "user details are not in an access token");
  assert.equal(result.idTokenPayload.aud, SPA);
  await page.context().close();
});

test("userInfo answers for both kinds of access token", async () => {
  for (const options of [{}, { audience: API }]) {
    const page = await open(options);
    const { accessToken, idTokenPayload } = await logInByRedirect(page, options);
    const info = await page.evaluate(
      (token) => window.promised(window.webAuth.client, "userInfo", token),
      accessToken,
    );
    assert.equal(info.sub, idTokenPayload.sub);
    assert.equal(info.email, USER.email);
    await page.context().close();
  }
});

test("checkSession renews silently, and says login_required after logout", async () => {
  const page = await open();
  const first = await logInByRedirect(page);
  const check = () => page.evaluate(() => window.promised(window.webAuth, "checkSession", {}));
  const second = await check();
  assert.equal(second.idTokenPayload.sub, first.idTokenPayload.sub);
  assert.notEqual(second.accessToken, first.accessToken);

  await page.evaluate((returnTo) => window.webAuth.logout({ returnTo }), `${app.origin}/bye`);
  await page.waitForURL(`${app.origin}/bye**`);
  await setUp(page);
  await assert.rejects(check(), /login_required/);
  await page.context().close();
});

test("signup, then a login with the new account", async () => {
  const person = { email: "grace@example.com", password: "another 9 fine pass phrase" };
  const page = await open();
  const created = await page.evaluate(
    (body) => window.promised(window.webAuth, "signup", body),
    { connection: CONNECTION, ...person },
  );
  assert.equal(created.email, person.email);
  await page.evaluate(() => window.webAuth.authorize());
  await logIn(page, person);
  const result = await finish(page);
  assert.equal(result.idTokenPayload.email, person.email);
  assert.equal(result.idTokenPayload.email_verified, false);
  await page.context().close();
});

test("changePassword answers the same for known and unknown addresses", async () => {
  const page = await open();
  const ask = (email) =>
    page.evaluate((body) => window.promised(window.webAuth, "changePassword", body), {
      connection: CONNECTION,
      email,
    });
  const known = await ask(USER.email);
  assert.match(known, /email/i);
  assert.equal(await ask("nobody@example.com"), known);
  await page.context().close();
});

test("cross-origin login: the form is the application's, the session the server's", async () => {
  const page = await open();
  await page.evaluate(
    ([realm, user]) => {
      window.webAuth.login({ realm, username: user.email, password: user.password }, () => {});
    },
    [CONNECTION, USER],
  );
  const result = await finish(page);
  assert.equal(result.idTokenPayload.email, USER.email);
  const again = await page.evaluate(() => window.promised(window.webAuth, "checkSession", {}));
  assert.equal(again.idTokenPayload.sub, result.idTokenPayload.sub);
  await page.context().close();
});

test("cross-origin login with a wrong password is an error, not a login", async () => {
  const page = await open();
  const attempt = page.evaluate(
    ([realm, username]) =>
      window.promised(window.webAuth, "login", { realm, username, password: "wrong 1 guess" }),
    [CONNECTION, USER.email],
  );
  await assert.rejects(attempt, /access_denied|invalid_user_password/);
  await page.context().close();
});

test("passwordless: a mailed code logs in across origins, once", async () => {
  const page = await open();
  const email = "grace@passwordless.example";
  const started = await page.evaluate(
    (email) =>
      window.promised(window.webAuth, "passwordlessStart", {
        connection: "email",
        send: "code",
        email,
      }),
    email,
  );
  assert.equal(started.email, email);
  const verificationCode = await server.mailedCode(email);
  const login = { connection: "email", email, verificationCode };
  await page.evaluate((login) => window.webAuth.passwordlessLogin(login, () => {}), login);
  const result = await finish(page);
  assert.equal(result.idTokenPayload.email, email);
  assert.equal(result.idTokenPayload.email_verified, true);
  assert.match(result.idTokenPayload.sub, /^email\|/);
  const again = page.evaluate(
    (login) => window.promised(window.webAuth, "passwordlessLogin", login),
    login,
  );
  await assert.rejects(again, /access_denied/);
  await page.context().close();
});

test("client.login: the password-realm grant of an application that lists it", async () => {
  const page = await open();
  const result = await page.evaluate(
    ([realm, username, password]) =>
      window.promised(window.webAuth.client, "login", { realm, username, password }),
    [CONNECTION, USER.email, USER.password],
  );
  assert.equal(decodeJwt(result.idToken).email, USER.email);
  await page.context().close();
});
