// @auth0/auth0-spa-js 2, unmodified, in Chromium against http and https.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { decodeJwt } from "jose";

import { startApp } from "../support/app.mjs";
import { freshPage, logIn, startBrowser } from "../support/browser.mjs";
import { Server } from "../support/server.mjs";
import { API, SECOND_SPA, SPA, USER, world } from "../support/world.mjs";

for (const tls of [false, true]) {
  describe(tls ? "https" : "http", () => suite(tls));
}

function suite(tls) {
  let server, app, browser;

  before(async () => {
    server = await Server.start({ tls });
    app = await startApp({ script: "spa.js", tls });
    await server.apply(world(app.origin));
    browser = await startBrowser();
  });

  after(async () => {
    await browser?.close();
    await app?.stop();
    await server?.stop();
  });

  async function setUp(page, { clientId = SPA, ...options } = {}) {
    const settings = {
      domain: tls ? server.domain : server.issuer.slice(0, -1),
      clientId,
      ...options,
      authorizationParams: {
        redirect_uri: `${app.origin}/callback`,
        audience: API,
        scope: "openid profile email read:notes",
        ...options.authorizationParams,
      },
    };
    await page.evaluate((settings) => {
      window.client = new window.auth0.Auth0Client(settings);
    }, settings);
  }

  async function open(options, path = "/") {
    const page = await freshPage(browser);
    await page.goto(app.origin + path);
    await setUp(page, options);
    return page;
  }

  async function logInByRedirect(page, options) {
    await page.evaluate(() => window.client.loginWithRedirect());
    await logIn(page, USER);
    await page.waitForURL(`${app.origin}/callback**`);
    await setUp(page, options);
    await page.evaluate(() => window.client.handleRedirectCallback());
  }

  const silently = (page, options = {}) =>
    page.evaluate((options) => window.client.getTokenSilently(options), options);

  test("login with redirect: user and a JWT for the API", async () => {
    const page = await open();
    await logInByRedirect(page);
    const user = await page.evaluate(() => window.client.getUser());
    assert.equal(user.email, USER.email);
    assert.equal(user.name, "Maria Example");
    const token = decodeJwt(await silently(page));
    assert.deepEqual(token.aud, [API, `${server.issuer}userinfo`]);
    assert.equal(token.azp, SPA);
    assert.match(token.scope, /openid/);
    assert.deepEqual(page.problems, []);
    await page.context().close();
  });

  test("login with popup", async () => {
    const page = await open();
    const popup = page.waitForEvent("popup");
    const done = page.evaluate(() => window.client.loginWithPopup());
    await logIn(await popup, USER);
    await done;
    const user = await page.evaluate(() => window.client.getUser());
    assert.equal(user.email, USER.email);
    await page.context().close();
  });

  test("silent authentication in an iframe survives a reload", async () => {
    const page = await open();
    await logInByRedirect(page);
    // Tokens live in memory only: after the reload the session alone can bring new ones.
    await page.goto(`${app.origin}/`);
    await setUp(page);
    assert.equal(await page.evaluate(() => window.client.isAuthenticated()), false);
    await page.evaluate(() => window.client.checkSession());
    const token = decodeJwt(await silently(page, { cacheMode: "off" }));
    assert.equal(token.azp, SPA);
    await page.context().close();
  });

  test("single sign-on: the second application gets in without a form", async () => {
    const page = await open();
    await logInByRedirect(page);
    await page.goto(`${app.origin}/`);
    await setUp(page, { clientId: SECOND_SPA });
    await page.evaluate(() => window.client.loginWithRedirect());
    await page.waitForURL(`${app.origin}/callback**`);
    await setUp(page, { clientId: SECOND_SPA });
    await page.evaluate(() => window.client.handleRedirectCallback());
    const token = decodeJwt(await silently(page));
    assert.equal(token.azp, SECOND_SPA);
    assert.deepEqual(token.aud, [API, `${server.issuer}userinfo`], "the API stays the same");
    await page.context().close();
  });

  test("refresh tokens rotate, and a spent one ends the family", async () => {
    const options = { useRefreshTokens: true, cacheLocation: "localstorage" };
    const page = await open(options);
    await logInByRedirect(page, options);
    const refreshToken = () =>
      page.evaluate(() => {
        const values = Object.values(localStorage).map((value) => JSON.parse(value));
        const entry = values.find((value) => value.body?.refresh_token);
        return entry.body.refresh_token;
      });
    const first = await refreshToken();
    const before = await silently(page);
    const renewed = await silently(page, { cacheMode: "off" });
    assert.notEqual(renewed, before);
    const second = await refreshToken();
    assert.notEqual(second, first);

    const redeem = (token) =>
      page.evaluate(
        async ([url, clientId, token]) => {
          const fields = { grant_type: "refresh_token", client_id: clientId, refresh_token: token };
          const body = new URLSearchParams(fields);
          const answer = await fetch(url, { method: "POST", body });
          return { status: answer.status, body: await answer.json() };
        },
        [`${server.issuer}oauth/token`, SPA, token],
      );
    const replayed = await redeem(first);
    assert.equal(replayed.status, 400);
    assert.equal(replayed.body.error, "invalid_grant");
    const successor = await redeem(second);
    assert.equal(successor.body.error, "invalid_grant", "the replay ended the whole family");
    await page.context().close();
  });

  test("logout ends the session", async () => {
    const page = await open();
    await logInByRedirect(page);
    const returnTo = `${app.origin}/bye`;
    const parameters = { logoutParams: { returnTo } };
    await page.evaluate((parameters) => window.client.logout(parameters), parameters);
    await page.waitForURL(`${returnTo}**`);
    await setUp(page);
    await assert.rejects(silently(page, { cacheMode: "off" }), /login_required|Login required/i);
    await page.context().close();
  });
}
