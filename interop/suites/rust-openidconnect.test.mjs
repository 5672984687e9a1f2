// The openidconnect crate, in a package of its own under interop/openidconnect.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { promisify } from "node:util";

import { startApp } from "../support/app.mjs";
import { freshPage, logIn, startBrowser } from "../support/browser.mjs";
import { Server } from "../support/server.mjs";
import { USER, WEB, world } from "../support/world.mjs";

const manifest = new URL("../openidconnect/Cargo.toml", import.meta.url).pathname;
const target = new URL("../../target/interop-openidconnect", import.meta.url).pathname;

let server, app, browser;

before(async () => {
  const cargo = process.env.CARGO ?? "cargo";
  const build = ["build", "--quiet", "--locked", "--manifest-path", manifest];
  await promisify(execFile)(cargo, [...build, "--target-dir", target]);
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

test("discovery, code with PKCE, ID token, userinfo, refresh", async () => {
  const callback = `${app.origin}/callback`;
  const args = [server.issuer, WEB.id, WEB.secret, callback];
  const client = spawn(`${target}/debug/interop-openidconnect`, args, { stdio: "pipe" });
  let problems = "";
  client.stderr.on("data", (chunk) => (problems += chunk));
  const ended = new Promise((resolve) => client.once("exit", resolve));
  const lines = createInterface({ input: client.stdout })[Symbol.asyncIterator]();

  const address = await lines.next();
  assert.ok(!address.done, problems);
  const page = await freshPage(browser);
  await page.goto(address.value);
  await logIn(page, USER);
  await page.waitForURL(`${callback}**`);
  client.stdin.end(`${page.url()}\n`);
  const result = await lines.next();
  assert.equal(await ended, 0, problems);
  const learnt = JSON.parse(result.value);
  assert.equal(learnt.email, USER.email);
  assert.equal(learnt.renewed, true);
  await page.context().close();
});
