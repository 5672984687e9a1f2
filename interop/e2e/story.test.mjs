// The story that `aldgate dev` tells, walked through as a person would.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { assertAccessible, assertFitsPhone } from "../support/accessibility.mjs";
import { freshPage, logIn, startBrowser } from "../support/browser.mjs";
import { Server } from "../support/server.mjs";

let server, browser, page;

before(async () => {
  server = await Server.start({ demo: true });
  browser = await startBrowser();
  page = await freshPage(browser, { deviceScaleFactor: process.env.ALDGATE_PICTURE ? 1.5 : 1 });
  page.on("console", (message) => {
    if (/Content Security Policy/i.test(message.text())) page.problems.push(message.text());
  });
  await page.goto(server.dev.demo_spa_url);
  await page.locator("html[data-ready]").waitFor();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

/** Presses the button of a step by the keyboard and waits for what it shows. */
async function take(step) {
  await page.locator(`#${step} button`).press("Enter");
  return told(step);
}

async function told(step) {
  await page.locator(`#${step}[data-told]`).waitFor();
  return page.locator(`#${step} .outcome`).innerText();
}

test("each wrong token is refused with its reason, the right one is let in", async () => {
  assert.equal(await page.locator("#id-token button").isDisabled(), true);
  await page.locator("#plain button").click();
  await logIn(page, server.dev.user);
  const plain = await told("plain");
  assert.match(plain, /ID token\s+JWT/);
  assert.match(plain, /Access token\s+opaque/);

  const idToken = await take("id-token");
  assert.match(idToken, /401 refused/);
  assert.match(idToken, /This is an ID token of application/);
  assert.ok(idToken.includes(server.dev.api.identifier), "the remedy names the audience");
  assert.match(idToken, /WWW-Authenticate: Bearer/);

  const opaque = await take("opaque");
  assert.match(opaque, /401 refused/);
  assert.match(opaque, /opaque/);

  // Already logged in: the login page is not shown again.
  const audience = await take("audience");
  assert.match(audience, /Access token\s+JWT/);
  assert.ok(audience.includes(server.dev.api.identifier));
  assert.match(await take("accepted"), /200 accepted/);

  const second = await take("second");
  assert.ok(second.includes(server.dev.second_spa.client_id), "another application asked");
  assert.match(second, /200 accepted/);

  const email = await take("email");
  assert.match(email, /there is none/);
  assert.ok(email.includes(server.dev.user.email), "and /userinfo knows it");

  const claim = await take("claim");
  assert.match(claim, /https:\/\/demo\/email/);
  assert.match(claim, /200 accepted/);
  assert.ok(claim.includes(server.dev.user.email), "the API reads it from the token");
  assert.equal(await page.locator("#moral").isVisible(), true);
  assert.deepEqual(page.problems, []);
});

test("the tenant log counts the mistakes that the API reported", async () => {
  const told = await server.event((event) => event.detail?.mistake?.code === "id_token");
  assert.equal(told.description, "Application Demo SPA sent 1 ID token to Demo Orders API");
  assert.equal(told.client_id, server.dev.spa.client_id);
  const opaque = await server.event((event) => event.detail?.mistake?.code === "opaque");
  assert.equal(opaque.description, "1 opaque token was sent to Demo Orders API");
});

test("it makes the README's picture, if asked to", async (t) => {
  const path = process.env.ALDGATE_PICTURE;
  if (!path) return t.skip("ALDGATE_PICTURE is not set");
  await page.evaluate(() => {
    document.activeElement.blur();
    window.scrollTo(0, 0);
  });
  const box = async (selector) => page.locator(selector).boundingBox();
  const [tokens, reason] = [await box("#plain"), await box("#id-token .compare")];
  const [x, width] = [tokens.x - 32, tokens.width + 64];
  const clip = { x, y: tokens.y - 24, width, height: reason.y + reason.height + 48 - tokens.y };
  await page.screenshot({ path, clip, fullPage: true });
});

test("the told story is accessible and fits a phone", async () => {
  await assertAccessible(page);
  await assertFitsPhone(page);
});

test("starting over ends the session", async () => {
  const loaded = page.waitForEvent("load");
  await page.locator("#restart").click();
  await loaded;
  await page.locator("html[data-ready]").waitFor();
  assert.equal(await page.locator("[data-told]").count(), 0);
  await page.locator("#plain button").click();
  await page.locator("input[name=password]").waitFor();
});
