// The Ktor example with JwkProviderBuilder, built by Maven where there is one.

import { execFile, spawn } from "node:child_process";
import { after, before, test } from "node:test";
import { promisify } from "node:util";

import { freePort, listening, Server } from "../support/server.mjs";
import { allKinds, assertProtected } from "../support/tokens.mjs";
import { API, world } from "../support/world.mjs";

const sources = new URL("../../examples/ktor/", import.meta.url).pathname;
const output = new URL("../../target/interop-ktor", import.meta.url).pathname;
const maven = ["--batch-mode", "--quiet", `-Doutput=${output}`, "compile"];
const run = promisify(execFile);

let server, tokens;
const toolchain = await run("mvn", ["--version"]).then(
  () => true,
  () => false,
);
const skip = toolchain ? false : "Maven with a JDK is not on PATH";

before(async () => {
  if (skip) return;
  await run("mvn", maven, { cwd: sources });
  server = await Server.start();
  await server.apply(world("http://localhost:1"));
  tokens = await allKinds(server);
});

after(() => server?.stop());

test("accepts access tokens for the API and refuses all others", { skip }, async () => {
  const port = await freePort();
  const env = { ...process.env, ISSUER: server.issuer, AUDIENCE: API, PORT: String(port) };
  const api = spawn("mvn", [...maven, "exec:java"], { cwd: sources, env, stdio: "ignore" });
  try {
    await listening(`http://127.0.0.1:${port}/`);
    await assertProtected(`http://127.0.0.1:${port}/orders`, tokens);
  } finally {
    api.kill();
  }
});
