// The dashboard as administrators meet it: from the first application to the first login, and from
// a support code to what went wrong. Every page it leads to is looked at by axe-core.

import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import { after, before, test } from "node:test";

import { createRemoteJWKSet, jwtVerify } from "jose";

import { assertAccessible, assertFitsPhone } from "../support/accessibility.mjs";
import { startApp } from "../support/app.mjs";
import { freshPage, logIn, startBrowser } from "../support/browser.mjs";
import { Server } from "../support/server.mjs";

let server, app, browser, admin;

before(async () => {
  server = await Server.start();
  app = await startApp({ script: "spa.js" });
  browser = await startBrowser();
  admin = await freshPage(browser);
  admin.on("console", (message) => {
    if (/Content Security Policy/i.test(message.text())) admin.problems.push(message.text());
  });
  await admin.goto(`${server.issuer}dashboard/`);
  await logIn(admin, server.dev.admin);
  await admin.waitForURL(`${server.issuer}dashboard/`);
});

after(async () => {
  await browser?.close();
  await app?.stop();
  await server?.stop();
});

/** An API that checks tokens for an audience, and may be called from pages. */
async function startApi(audience) {
  const keys = createRemoteJWKSet(new URL(`${server.issuer}.well-known/jwks.json`));
  const headers = { "access-control-allow-origin": "*", "access-control-allow-headers": "authorization" };
  const api = http.createServer(async (request, answer) => {
    if (request.method === "OPTIONS") return answer.writeHead(204, headers).end();
    const token = request.headers.authorization?.replace(/^Bearer /, "") ?? "";
    const checked = jwtVerify(token, keys, { issuer: server.issuer, audience });
    const status = await checked.then(() => 200, () => 401);
    answer.writeHead(status, headers).end();
  });
  await once(api.listen(0, "127.0.0.1"), "listening");
  return { url: `http://127.0.0.1:${api.address().port}/orders`, stop: () => api.close() };
}

test("register an application and an API, log in, call it, see it live", async () => {
  await admin.getByRole("link", { name: "Getting started" }).first().click();
  await admin.getByLabel("Name", { exact: true }).fill("Browser shop");
  await admin.getByLabel("Where it runs").fill(`${app.origin}/`);
  await admin.getByLabel("Identifier").fill("https://shop.example/");
  await admin.getByRole("button", { name: "Create both" }).click();
  await admin.getByText("Waiting for the first login").waitFor();
  await assertAccessible(admin);
  const clientId = new URL(admin.url()).pathname.split("/").at(-2);
  const code = await admin.locator("#application ~ .snippet").last().innerText();
  assert.ok(code.includes(clientId) && code.includes("https://shop.example/"));

  const person = await freshPage(browser);
  await person.goto(`${app.origin}/`);
  const options = {
    domain: server.issuer.slice(0, -1),
    clientId,
    authorizationParams: { redirect_uri: `${app.origin}/`, audience: "https://shop.example/" },
  };
  const begin = (given) =>
    auth0.createAuth0Client(given).then((client) => client.loginWithRedirect());
  await Promise.all([person.waitForURL(/\/u\/login/), person.evaluate(begin, options)]);
  await logIn(person, server.dev.user);
  await person.waitForURL(/code=/);
  const token = await person.evaluate(async (given) => {
    const client = await auth0.createAuth0Client(given);
    await client.handleRedirectCallback();
    return client.getTokenSilently();
  }, options);
  const claims = JSON.parse(Buffer.from(token.split(".")[1], "base64url"));
  assert.ok([claims.aud].flat().includes("https://shop.example/"));
  // The application calls the API, with that token and with the wrong one.
  const api = await startApi("https://shop.example/");
  const call = async ([url, token]) => {
    const headers = { authorization: `Bearer ${token}` };
    return (await fetch(url, { headers })).status;
  };
  assert.equal(await person.evaluate(call, [api.url, token]), 200);
  const idToken = await person.evaluate(async (given) => {
    const client = await auth0.createAuth0Client(given);
    return (await client.getTokenSilently({ detailedResponse: true, cacheMode: "off" })).id_token;
  }, options);
  assert.equal(await person.evaluate(call, [api.url, idToken]), 401);
  api.stop();
  // The page turns green by itself.
  await admin.getByText("It works: an API that checks as above").waitFor();
  // And again, when the API says that it accepted one: here the test speaks for the API.
  const line = { code: "accepted", application: clientId, audience: "https://shop.example/", count: 1 };
  const { client_id, client_secret } = server.dev.m2m;
  const fields = { client_id, client_secret, report: JSON.stringify([line]) };
  const body = new URLSearchParams(fields);
  const told = await fetch(`${server.issuer}oauth/refusals`, { method: "POST", body });
  assert.equal(told.status, 202);
  await admin.getByText("The first accepted token").waitFor();
  await assertAccessible(admin);
  await person.context().close();
});

test("find a refused login by its support code", async () => {
  const person = await freshPage(browser);
  const client = server.dev.spa.client_id;
  const query = `client_id=${client}&response_type=code&redirect_uri=https://wrong.example/`;
  await person.goto(`${server.issuer}authorize?${query}`);
  const text = await person.locator("main").innerText();
  const [, code] = text.match(/Support code\s+(\S{6,})/);
  await person.context().close();

  await admin.goto(`${server.issuer}dashboard/logs`);
  await admin.getByLabel("Support code").fill(code);
  await admin.getByRole("button", { name: "Filter" }).click();
  await admin.locator("#events tbody a").first().click();
  await admin.getByText("https://wrong.example/").first().waitFor();
  await admin.getByText("not reached").first().waitFor();
  await assertAccessible(admin);
});

test("block a user: she is out at once, and back after a word", async () => {
  const person = await freshPage(browser);
  await person.goto(`${server.issuer}account`);
  await logIn(person, server.dev.user);
  await person.waitForURL(`${server.issuer}account`);

  await admin.goto(`${server.issuer}dashboard/users`);
  await admin.getByRole("searchbox").fill(server.dev.user.email.slice(0, 4));
  await admin.getByRole("button", { name: "Search" }).click();
  await admin.getByRole("row", { name: server.dev.user.email }).getByRole("link").click();
  await admin.getByRole("link", { name: "Block" }).click();
  await admin.getByText("She cannot log in until you unblock her.").waitFor();
  await assertAccessible(admin);
  await admin.getByRole("button", { name: /^Block / }).click();
  await admin.getByText("She is blocked").waitFor();
  await assertAccessible(admin);
  await person.reload();
  await person.waitForURL(/\/u\/login/);
  await admin.getByRole("button", { name: "Let her in again" }).click();
  await admin.getByText("may log in again").waitFor();
  await person.context().close();
});

test("give a role, all of it with JavaScript off", async () => {
  const plain = await freshPage(browser, { javaScriptEnabled: false });
  await plain.goto(`${server.issuer}dashboard/roles/new`);
  await logIn(plain, server.dev.admin);
  await plain.getByLabel("Name", { exact: true }).fill("Night watch");
  await plain.getByRole("button", { name: "Create" }).click();
  await plain.getByRole("link", { name: "Add permissions" }).click();
  await plain.locator(".picks a").last().click();
  await plain.locator("input[name=scope]:enabled").first().check();
  await plain.getByRole("button", { name: "Add" }).click();
  await plain.getByText("One permission was added.").waitFor();

  await plain.goto(`${server.issuer}dashboard/users`);
  await plain.getByRole("row", { name: server.dev.user.email }).getByRole("link").click();
  await plain.getByRole("navigation", { name: /./ }).getByRole("link", { name: "Roles" }).last().click();
  await plain.getByRole("checkbox", { name: "Night watch" }).check();
  await plain.getByRole("button", { name: "Give" }).click();
  await plain.getByText("The role was given.").waitFor();
  await plain.locator(".tabs").getByRole("link", { name: "Permissions" }).click();
  await plain.getByRole("link", { name: "Night watch" }).first().waitFor();
  await plain.context().close();
});

test("rotate keys, after the page has said what happens", async () => {
  const kids = async () => {
    const set = await (await fetch(`${server.issuer}.well-known/jwks.json`)).json();
    return set.keys.map((key) => key.kid);
  };
  const before = await kids();
  await admin.goto(`${server.issuer}dashboard/keys`);
  await admin.getByRole("link", { name: "Rotate" }).click();
  await admin.getByText("Nobody is logged out").waitFor();
  await assertAccessible(admin);
  await admin.getByRole("button", { name: "Rotate the keys" }).click();
  await admin.getByText("The keys were rotated").waitFor();
  const after = await kids();
  // What was published stays so, and there is a new key for the next time.
  assert.ok(before.every((kid) => after.includes(kid)) && after.length > before.length);
  await admin.getByText("You may rotate from").waitFor();
});

test("write an action, see its refused line, deploy it, order the flow", async () => {
  const create = async (name) => {
    await admin.goto(`${server.issuer}dashboard/actions/new`);
    await admin.getByLabel("Name", { exact: true }).fill(name);
    await admin.getByRole("button", { name: "Create" }).click();
    await admin.getByText("was created").waitFor();
  };
  const deploy = () => admin.getByRole("button", { name: "Save and deploy" }).click();
  const code = admin.getByLabel("Code", { exact: true });
  const good = await create("Browser first").then(() => code.inputValue());
  await code.fill("exports.onExecutePostLogin = async (event, api) => {");
  await code.press("End");
  await code.press("Enter");
  await code.pressSequentially("api.multifactor.enable('any');\n");
  await code.press("Shift+Tab");
  await code.pressSequentially("};");
  const typed = await code.inputValue();
  assert.ok(typed.includes("{\n  api.multifactor") && typed.endsWith("\n};"), typed);
  await deploy();
  await admin.getByText("These lines would not work").waitFor();
  assert.equal(await admin.locator(".editor-lines [data-tone=bad]").innerText(), "2");
  await assertAccessible(admin);
  await admin.getByRole("link", { name: "Line 2" }).click();
  await admin.keyboard.press("Escape");
  await admin.keyboard.press("Tab");
  const inField = await code.evaluate((field) => field === document.activeElement);
  assert.ok(!inField, "the keyboard leaves the field");
  await code.fill(good);
  await deploy();
  await admin.getByText("Version 1 is deployed").first().waitFor();
  await create("Browser second");
  await deploy();
  await admin.getByText("Version 1 is deployed").first().waitFor();
  await admin.goto(`${server.issuer}dashboard/actions/flow/post-login`);
  for (const name of ["Browser first", "Browser second"]) {
    await admin.getByLabel("Action to add").selectOption({ label: `${name}, version 1` });
    await admin.getByRole("button", { name: "Add at the end" }).click();
    await admin.getByText("It runs from now on").waitFor();
  }
  const order = () => admin.locator(".order-name a").allInnerTexts();
  await admin.getByRole("button", { name: "Move Browser second up" }).click();
  await admin.getByText("The order was saved").waitFor();
  assert.deepEqual(await order(), ["Browser second", "Browser first"]);
  await admin.locator(".order li").last().dragTo(admin.locator(".order li").first(), {
    targetPosition: { x: 40, y: 4 },
  });
  await admin.getByText("The order was saved").waitFor();
  assert.deepEqual(await order(), ["Browser first", "Browser second"]);
});

test("a look is seen while it is typed, and a mistake in a mail at its line", async () => {
  await admin.goto(`${server.issuer}dashboard/branding`);
  await admin.getByLabel("Primary").fill("#635dff");
  for (const scheme of ["light", "dark"]) {
    const frame = admin.frameLocator(`iframe[data-preview*="scheme=${scheme}"]`);
    const shown = frame.locator(`html[data-scheme="${scheme}"] link[href*="p635dff"]`);
    await shown.waitFor({ state: "attached" });
  }
  assert.equal(await admin.evaluate(() => document.activeElement.id), "colors-primary");
  await admin.goto(`${server.issuer}dashboard/email/templates/verify_email`);
  await admin.getByRole("textbox", { name: "Text" }).fill("one\n{% if x %}");
  await admin.getByRole("button", { name: "Preview" }).click();
  const mail = admin.frameLocator('iframe[name="mail-preview"]');
  await mail.getByText("The text has a mistake in line 2.").waitFor();
});

test("every page is accessible, fits a phone, and blocks nothing of its own", async () => {
  const kinds = new Map();
  let questions = 0;
  const waiting = [`${server.issuer}dashboard/`];
  // One of each: names and ids are left out of the address.
  const id = /\/(?=[^/]*[0-9|%])[^/]+|\/aldgate-dashboard|(?<=\/(new|templates))\/[^/]+/g;
  const kind = (url) => new URL(url).pathname.replace(id, "/…");
  while (waiting.length > 0) {
    const url = waiting.shift();
    if (kinds.has(kind(url))) continue;
    const answer = await admin.goto(url);
    assert.equal(answer.status(), 200, url);
    kinds.set(kind(url), url);
    const links = await admin.locator('a[href^="/dashboard"]').evaluateAll((all) =>
      all.map((one) => new URL(one.getAttribute("href"), location).href.split("#")[0]),
    );
    waiting.push(...links);
    // Questions before an act are one page in many words: looking at some of them is enough.
    if (await admin.locator("form.confirm").count()) {
      questions += 1;
      if (questions > 3) continue;
    }
    // Colours come from one place, so one scheme for each page is enough.
    await assertAccessible(admin, [kinds.size % 2 ? "light" : "dark"]);
    await assertFitsPhone(admin);
  }
  assert.ok(kinds.size > 20, [...kinds.keys()].join("\n"));
  assert.deepEqual(admin.problems, []);
});
