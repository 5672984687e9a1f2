// The token doctor's page: the same words as on the command line, in the browser alone.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, before, test } from "node:test";

import { assertAccessible, assertFitsPhone } from "../support/accessibility.mjs";
import { freshPage, startBrowser } from "../support/browser.mjs";
import { Server } from "../support/server.mjs";
import { allKinds } from "../support/tokens.mjs";
import { API, M2M, world } from "../support/world.mjs";

let server, browser, page, tokens;
const sent = [];

before(async () => {
  server = await Server.start();
  await server.apply(world("http://localhost:1"));
  tokens = await allKinds(server);
  browser = await startBrowser();
  page = await freshPage(browser);
  page.on("console", (message) => {
    if (/Content Security Policy/i.test(message.text())) page.problems.push(message.text());
  });
  page.on("request", (request) => sent.push(`${request.url()} ${request.postData() ?? ""}`));
  await page.goto(`${server.issuer}token-doctor`);
  await page.locator("#doctor[data-ready]").waitFor();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

const encode = (json) => Buffer.from(JSON.stringify(json)).toString("base64url");

/** A JWT that nobody signed properly. */
function jwt(claims, head = { typ: "JWT", alg: "RS256", kid: "nobody" }) {
  return `${encode(head)}.${encode(claims)}.${Buffer.from("no signature").toString("base64url")}`;
}

/** The same of JSON texts that no writer makes. */
function raw(claims, head = '{"typ":"JWT","alg":"RS256","kid":"nobody"}') {
  const part = (text) => Buffer.from(text).toString("base64url");
  return `${part(head)}.${part(claims)}.${part("no signature")}`;
}

/** Everything that is pasted into doctors, by name. */
function patients() {
  const now = Math.floor(Date.now() / 1000);
  const iss = server.issuer;
  const good = { iss, sub: "u", aud: API, azp: "app", iat: now, exp: now + 600, scope: "a" };
  const text = `${encode({ typ: "JWT", alg: "HS256" })}.${encode(good)}`;
  const mac = createHmac("sha256", "secret").update(text).digest("base64url");
  return {
    "access token of a machine": tokens.machine,
    "access token of a person": tokens.person,
    "as a header": `Authorization: Bearer ${tokens.person}`,
    "in curl -v": [
      "* Trying",
      "> GET /notes?x=1 HTTP/1.1",
      `> authorization: Bearer ${tokens.id}`,
      "< HTTP/1.1 401 Unauthorized",
      "< www-authenticate: Bearer",
    ].join("\n"),
    "curl without a header": "> GET /notes HTTP/1.1\n>\n< HTTP/1.1 401 Unauthorized\n",
    "in a token response": JSON.stringify({ access_token: tokens.opaque, id_token: tokens.id }),
    "sent as DPoP": `DPoP ${tokens.person}`,
    "ID token": tokens.id,
    "opaque": tokens.opaque,
    "refresh token": "aldr_0123456789abcdefghijklmnop",
    "Auth0's opaque": `${encode({ alg: "dir", enc: "A256GCM" })}..iv.text.tag`,
    "Auth0's refresh token": "v1.MkxYzAbC_0123456789",
    "encrypted": `${encode({ alg: "RSA-OAEP" })}.key.iv.text.tag`,
    "damaged": `${tokens.person.slice(0, -8)}AAAAAAAA`,
    "garbage": "not a token at all",
    "nothing": "",
    "logout token": jwt({ iss, aud: "app", events: {} }, { typ: "logout+jwt", alg: "RS256" }),
    "client assertion": jwt({ iss: "app", sub: "app", aud: iss, jti: "1", exp: now + 60 }),
    "DPoP proof": jwt({ htm: "GET", htu: "https://x/" }, { typ: "dpop+jwt", alg: "ES256" }),
    "request object": jwt({ client_id: "app", response_type: "code" }),
    "signed with a secret": `${text}.${mac}`,
    "unsigned": `${encode({ alg: "none" })}.${encode(good)}.`,
    "a slash too few": jwt({ ...good, iss: iss.slice(0, -1) }),
    "Keycloak's": jwt({ ...good, iss: "https://sso.example/realms/main" }),
    "unknown key": jwt(good),
    "expired": jwt({ ...good, exp: now - 3600 }),
    "exp is text": jwt({ ...good, exp: "soon" }),
    "a claim twice": raw(`{"iss":"${iss}","aud":"x","aud":"${API}","exp":${now + 600}}`),
    "a member twice, escaped and deep": raw('{"a":[{"b":1,"\\u0062":2}],"c":"{\\"c\\":1,"}'),
    "a header member twice": raw(JSON.stringify(good), '{"alg":"RS256","alg":"RS256"}'),
    "names that only look alike": raw(JSON.stringify({ ...good, x: { iss: "{\"iss\":" } })),
  };
}

async function explain(text, api = API) {
  await page.locator("#pasted").fill(text);
  await page.locator("#api").fill(api);
  await page.locator("#diagnosis").evaluate((it) => it.removeAttribute("data-kind"));
  await page.locator("#explain").click();
  await page.locator("#diagnosis[data-kind]").waitFor();
  return page.evaluate(() => {
    const text = (id) => document.getElementById(id).textContent;
    const rows = [...document.querySelectorAll("#checks tr")];
    return {
      kind: document.getElementById("diagnosis").dataset.kind,
      code: document.getElementById("verdict").dataset.code,
      summary: text("verdict"),
      remedy: document.getElementById("change").hidden ? undefined : text("remedy"),
      checks: rows.map((row) => `${row.dataset.check}: ${row.dataset.outcome}`),
    };
  });
}

test("the page and the command line say the same", async () => {
  for (const [name, text] of Object.entries(patients())) {
    const onPage = await explain(text);
    const command = ["token", "explain", text || " ", "--api", API, "--json"];
    const { code, stdout } = await server.run(...command);
    const told = JSON.parse(stdout);
    const expected = {
      kind: told.kind,
      code: told.verdict.reason?.code ?? (told.verdict.accepted ? "accepted" : "incomplete"),
      summary: told.verdict.summary,
      remedy: told.change?.text,
      checks: told.checks.map((row) => `${row.name}: ${row.outcome}`),
    };
    assert.deepEqual(onPage, expected, name);
    assert.equal(code, told.verdict.accepted ? 0 : 1, name);
  }
  assert.deepEqual(page.problems, []);
});

test("nothing that was pasted left the browser", () => {
  const signature = tokens.person.split(".")[2].slice(0, 30);
  const left = sent.filter((it) => it.includes(signature) || it.includes(tokens.opaque));
  assert.deepEqual(left, []);
  assert.ok(sent.every((it) => it.startsWith("http") && !it.includes("lookup")));
});

test("it gives the change as code with the names filled in", async () => {
  await explain(tokens.id);
  const code = await page.locator("#snippets").innerText();
  assert.match(code, new RegExp(`audience: '${API}'`));
  assert.match(code, /createAuth0Client/);
  assert.match(code, /curl --request POST/);
  const link = await page.locator("#dashboard").getAttribute("href");
  assert.equal(link, `${server.issuer}dashboard/apis`);
  assert.ok(!/[{]\w+[}]/.test(code.replaceAll("${accessToken}", "")), code);
});

test("the jti is looked up only on request, and alone", async () => {
  await explain(tokens.person);
  await page.locator("#lookup").click();
  await page.locator("#lookup-answer dd").first().waitFor();
  const answer = await page.locator("#lookup-answer").innerText();
  assert.match(answer, /Interop SPA/);
  assert.ok(answer.includes(API));
  const asked = sent.filter((it) => it.includes("/token-doctor/lookup"));
  assert.equal(asked.length, 1);
  assert.ok(!asked[0].includes(tokens.person.split(".")[2].slice(0, 30)));
  await explain(tokens.machine);
  assert.equal(await page.locator("#lookup").isVisible(), false, "nobody to ask");
  assert.match(await page.locator("#lookup-machine").innerText(), /Nothing is kept/);
});

test("it works with the keyboard", async () => {
  await page.locator("#pasted").fill(tokens.opaque);
  await page.locator("#pasted").press("Control+Enter");
  await page.locator('#verdict[data-code="opaque"]').waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.id), "kind");
});

test("it is accessible and fits a phone", async () => {
  await explain(tokens.id);
  await assertAccessible(page);
  await assertFitsPhone(page);
  const path = process.env.ALDGATE_PICTURE;
  if (path) await page.screenshot({ path, fullPage: true });
});

test("without JavaScript it takes no token and says what to do instead", async () => {
  const plain = await freshPage(browser, { javaScriptEnabled: false });
  await plain.goto(`${server.issuer}token-doctor`);
  assert.equal(await plain.locator("#pasted").isVisible(), false);
  assert.match(await plain.locator("noscript").innerText(), /aldgate token explain/);
  await plain.context().close();
});

test("an API that is known reports refusals, others may not", async () => {
  const line = { code: "id_token", application: "nobody", audience: API, count: 3 };
  const report = JSON.stringify([line]);
  const post = async (secret) => {
    const body = new URLSearchParams({ client_id: M2M.id, client_secret: secret, report });
    return (await fetch(`${server.issuer}oauth/refusals`, { method: "POST", body })).status;
  };
  assert.equal(await post("wrong"), 401);
  assert.equal(await post(M2M.secret), 202);
  const told = await server.event((event) => event.detail?.mistake);
  assert.equal(told.description, "3 ID tokens were sent to Notes");
});
