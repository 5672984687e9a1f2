// "Continue with Google" at the fake Google of `aldgate dev`, as a person does it; and a provider
// that gets everything wrong, one thing at a time.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { assertAccessible, assertFitsPhone } from "../support/accessibility.mjs";
import { startApp } from "../support/app.mjs";
import { freshPage, startBrowser } from "../support/browser.mjs";
import { CLIENT, FAULTS, startProvider } from "../support/faulty-provider.mjs";
import { Server } from "../support/server.mjs";
import { WEB, world } from "../support/world.mjs";

let server, app, browser;

before(async () => {
  server = await Server.start({ demo: true });
  app = await startApp();
  await server.apply(world(app.origin));
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
  await app?.stop();
  await server?.stop();
});

/** Logs in with a fresh browser and gives the claims of the ID token. */
async function logInAs(name) {
  const page = await freshPage(browser);
  page.on("console", (message) => {
    if (/Content Security Policy/i.test(message.text())) page.problems.push(message.text());
  });
  const query = new URLSearchParams({
    client_id: WEB.id,
    response_type: "code",
    redirect_uri: `${app.origin}/callback`,
    scope: "openid profile email",
    state: "google",
  });
  await page.goto(`${server.issuer}authorize?${query}`);
  await assertAccessible(page);
  await assertFitsPhone(page);
  await page.getByRole("link", { name: "Continue with Google (fake)" }).click();
  await page.getByRole("heading", { name: "Choose an account" }).waitFor();
  await assertAccessible(page);
  await page.getByRole("link", { name }).click();
  await page.waitForURL(`${app.origin}/callback?**`);
  const callback = new URL(page.url()).searchParams;
  assert.equal(callback.get("state"), "google");
  assert.deepEqual(page.problems, []);
  await page.context().close();
  return redeem(callback.get("code"));
}

async function redeem(code) {
  const body = new URLSearchParams({
    grant_type: "authorization_code",
    client_id: WEB.id,
    client_secret: WEB.secret,
    redirect_uri: `${app.origin}/callback`,
    code,
  });
  const answer = await fetch(`${server.issuer}oauth/token`, { method: "POST", body });
  const tokens = await answer.json();
  assert.equal(answer.status, 200, JSON.stringify(tokens));
  return JSON.parse(Buffer.from(tokens.id_token.split(".")[1], "base64url").toString());
}

test("a login with Google gives a token, and the second login finds the same user", async () => {
  const first = await logInAs(/Ada Example/);
  assert.match(first.sub, /^google-oauth2\|\d{21}$/);
  assert.equal(first.email, "ada@gmail.example");
  assert.equal(first.email_verified, true);
  const second = await logInAs(/Ada Example/);
  assert.equal(second.sub, first.sub);
  const other = await logInAs(/Edsger Example/);
  assert.notEqual(other.sub, first.sub);
  assert.equal(other.email_verified, false);
});

test("whoever cancels sees a page of this server and is not logged in", async () => {
  const page = await freshPage(browser);
  const query = new URLSearchParams({
    client_id: WEB.id,
    response_type: "code",
    redirect_uri: `${app.origin}/callback`,
    scope: "openid",
    connection: "google-oauth2",
  });
  await page.goto(`${server.issuer}authorize?${query}`);
  await page.getByRole("link", { name: "Cancel" }).click();
  assert.match(await page.locator("main").innerText(), /Support code\s+\S{6,}/);
  const cookies = await page.context().cookies(server.issuer);
  assert.ok(!cookies.some((cookie) => cookie.name === "aldgate"), "no session");
  await page.context().close();
});

test("whatever the provider gets wrong ends on a page of this server, with nobody logged in", async () => {
  const provider = await startProvider();
  const { id, secret } = CLIENT;
  const discovery_url = `${provider.origin}/.well-known/openid-configuration`;
  await server.apply({
    ...world(app.origin),
    connections: [
      {
        name: "faulty",
        strategy: "oidc",
        enabled_clients: ["Interop web"],
        options: { client_id: id, client_secret: secret, discovery_url },
      },
    ],
  });
  const page = await freshPage(browser);
  const query = new URLSearchParams({
    client_id: WEB.id,
    response_type: "code",
    redirect_uri: `${app.origin}/callback`,
    scope: "openid",
    connection: "faulty",
  });
  const session = async () => {
    const cookies = await page.context().cookies(server.issuer);
    return cookies.some((cookie) => cookie.name === "aldgate");
  };
  try {
    for (const [name, fault] of Object.entries(FAULTS)) {
      provider.fault = fault;
      await page.goto(`${server.issuer}authorize?${query}`, { waitUntil: "domcontentloaded" });
      assert.equal(new URL(page.url()).origin, new URL(server.issuer).origin, name);
      assert.match(await page.locator("main").innerText(), /Support code\s+\S{6,}/, name);
      assert.equal(await session(), false, `${name}: no session`);
    }
    const made = async () => {
      const search = encodeURIComponent('identities.connection:"faulty"');
      const { stdout } = await server.run("api", "GET", `users?q=${search}`);
      return JSON.parse(stdout).length;
    };
    assert.equal(await made(), 0, "no user");
    // The control: the same without a fault.
    provider.fault = undefined;
    await page.goto(`${server.issuer}authorize?${query}`);
    await page.waitForURL(`${app.origin}/callback?**`);
    assert.equal(await session(), true);
    assert.equal(await made(), 1);
    assert.deepEqual(page.problems, []);
  } finally {
    await page.context().close();
    await provider.stop();
  }
});
