// oidc-client-ts 3, a generic client for the browser, unmodified.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { startApp } from "../support/app.mjs";
import { freshPage, logIn, startBrowser } from "../support/browser.mjs";
import { Server } from "../support/server.mjs";
import { SPA, USER, world } from "../support/world.mjs";

let server, app, browser;

before(async () => {
  server = await Server.start();
  app = await startApp({ script: "oidc.js" });
  await server.apply(world(app.origin));
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
  await app?.stop();
  await server?.stop();
});

async function setUp(page) {
  await page.evaluate(
    ([authority, client_id, origin]) => {
      const redirect_uri = `${origin}/callback`;
      const scope = "openid profile email";
      const settings = { authority, client_id, redirect_uri, scope, loadUserInfo: true };
      window.manager = new window.oidc.UserManager({ ...settings, revokeTokensOnSignout: true });
    },
    [server.issuer, SPA, app.origin],
  );
}

test("login, userinfo and revocation by CORS", async () => {
  const page = await freshPage(browser);
  await page.goto(`${app.origin}/`);
  await setUp(page);
  // Not awaited: the page goes away.
  await page.evaluate(() => void window.manager.signinRedirect());
  await logIn(page, USER);
  await page.waitForURL(`${app.origin}/callback**`);
  await setUp(page);
  const profile = await page.evaluate(async () => {
    const user = await window.manager.signinRedirectCallback();
    return user.profile;
  });
  assert.equal(profile.iss, server.issuer);
  assert.equal(profile.email, USER.email);
  await page.evaluate(() => window.manager.revokeTokens(["access_token"]));
  assert.deepEqual(page.problems, []);
  await page.context().close();
});
