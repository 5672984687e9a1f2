// The login pages as people meet them: with a keyboard, on a phone, without JavaScript.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { assertAccessible, assertFitsPhone } from "../support/accessibility.mjs";
import { startApp } from "../support/app.mjs";
import { freshPage, logIn, startBrowser } from "../support/browser.mjs";
import { Server } from "../support/server.mjs";
import { USER, WEB, world } from "../support/world.mjs";

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

/** The address at which a login begins. */
function authorize(parameters = {}) {
  const query = new URLSearchParams({
    client_id: WEB.id,
    response_type: "code",
    redirect_uri: `${app.origin}/callback`,
    scope: "openid email",
    state: "e2e",
    ...parameters,
  });
  return `${server.issuer}authorize?${query}`;
}

/** A page that fails the test when the Content-Security-Policy blocks anything of its own. */
async function strictPage(options) {
  const page = await freshPage(browser, options);
  page.on("console", (message) => {
    if (/Content Security Policy/i.test(message.text())) page.problems.push(message.text());
  });
  return page;
}

const pages = {
  login: {},
  "sign up": { screen_hint: "signup" },
  "login in German": { ui_locales: "de" },
  "login from right to left": { ui_locales: "ar" },
  "refused request": { redirect_uri: "https://not-registered.example/" },
};

for (const [name, parameters] of Object.entries(pages)) {
  test(`${name}: accessible, fits a phone, nothing blocked`, async () => {
    const page = await strictPage();
    await page.goto(authorize(parameters));
    await assertAccessible(page);
    await assertFitsPhone(page);
    assert.equal(await page.locator("h1").count(), 1);
    assert.notEqual(await page.title(), "");
    assert.deepEqual(page.problems, []);
    await page.context().close();
  });
}

test("login by keyboard alone", async () => {
  const page = await strictPage();
  await page.goto(authorize());
  const focused = () => page.evaluate(() => document.activeElement.getAttribute("name"));
  for (let presses = 0; (await focused()) !== "username"; presses += 1) {
    assert.ok(presses < 10, "the first field is within ten tabs");
    await page.keyboard.press("Tab");
  }
  await page.keyboard.type(USER.email);
  for (let presses = 0; (await focused()) !== "password"; presses += 1) {
    assert.ok(presses < 5, "the password is within five tabs of the identifier");
    await page.keyboard.press("Tab");
  }
  await page.keyboard.type(USER.password);
  await page.keyboard.press("Enter");
  await page.waitForURL(`${app.origin}/callback?**`);
  assert.equal(new URL(page.url()).searchParams.get("state"), "e2e");
  await page.context().close();
});

test("my account: accessible, fits a phone, in the language that was chosen", async () => {
  const page = await strictPage();
  await page.goto(`${server.issuer}account`);
  await logIn(page, USER);
  await page.waitForURL(`${server.issuer}account`);
  await assertAccessible(page);
  await assertFitsPhone(page);
  await page.locator(".languages a[lang=ar]").click();
  assert.equal(await page.locator("html").getAttribute("dir"), "rtl");
  await assertFitsPhone(page);
  await page.goto(`${server.issuer}account/delete`);
  assert.equal(await page.locator("html").getAttribute("lang"), "ar");
  await assertAccessible(page);
  assert.deepEqual(page.problems, []);
  await page.context().close();
});

test("login without JavaScript", async () => {
  const page = await strictPage({ javaScriptEnabled: false });
  await page.goto(authorize());
  await logIn(page, USER);
  await page.waitForURL(`${app.origin}/callback?**`);
  await page.context().close();
});

test("a wrong password says so and keeps the identifier", async () => {
  const page = await strictPage();
  await page.goto(authorize());
  await logIn(page, { ...USER, password: "wrong 1 guess" });
  await page.locator("[role=alert]").waitFor();
  assert.equal(await page.locator("input[name=username]").inputValue(), USER.email);
  assert.equal(await page.locator("input[name=password]").inputValue(), "");
  await assertAccessible(page);
  await page.context().close();
});

test("a refused request shows a support code and does not redirect", async () => {
  const page = await strictPage();
  const answer = await page.goto(authorize({ redirect_uri: "https://not-registered.example/" }));
  assert.equal(answer.status(), 400);
  assert.equal(new URL(page.url()).origin + "/", server.issuer);
  assert.match(await page.locator("main").innerText(), /Support code\s+\S{6,}/, "a support code");
  await page.context().close();
});
