// `aldgate api` by real HTTPS and on the database itself, and `aldgate users import` that is killed
// again and again: nobody is imported twice, nobody is left out.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";

import { Server } from "../support/server.mjs";

/** Users of the file; every hundredth is refused. */
const USERS = 5_000;

let server;

before(async () => {
  server = await Server.start({ tls: true });
});

after(() => server?.stop());

/** Runs `aldgate api`; the answer, which must be a good one. */
async function api(...args) {
  const { code, stdout, stderr } = await server.run("api", ...args);
  assert.equal(code, 0, stderr);
  return stdout.trim() === "" ? null : JSON.parse(stdout);
}

test("aldgate api calls a running server", async () => {
  const made = await api("POST", "roles", '{"name":"By hand"}');
  assert.match(made.id, /^rol_/);
  const listed = await api("GET", "roles?name_filter=By");
  assert.deepEqual(
    listed.map((role) => role.name),
    ["By hand"],
  );
  const changed = await api("PATCH", `roles/${made.id}`, '{"description":"x"}');
  assert.equal(changed.description, "x");
  await api("DELETE", `/api/v2/roles/${made.id}`);
});

test("a refusal is told in words, and by the exit code", async () => {
  const { code, stderr } = await server.run("api", "POST", "roles", '{"name":"x","descriptio":"y"}');
  assert.equal(code, 1);
  assert.match(stderr, /400 Bad Request: .*descriptio /);
  assert.match(stderr, /remedy .*Did you mean description\?/);
  const usage = await server.run("api", "FETCH", "roles");
  assert.equal(usage.code, 1);
});

test("aldgate api --local works on the database", async () => {
  const made = await api("POST", "roles", '{"name":"Local"}', "--local");
  const seen = await api("GET", `roles/${made.id}`);
  assert.equal(seen.name, "Local");
});

test("an administrator's password is piped in, or made up", async () => {
  const admin = (email, input) => {
    const args = ["admin", "create", "--email", email, "--data", server.dataDir, "--json"];
    const running = spawn(process.env.ALDGATE_BIN, args, { stdio: ["pipe", "pipe", "inherit"] });
    if (input) running.stdin.end(input);
    return new Promise((resolve) => {
      let told = "";
      running.stdout.on("data", (part) => (told += part));
      running.once("close", () => resolve(JSON.parse(told)));
    });
  };
  const made = { email: "grace@example.com", created: true, password: null };
  assert.deepEqual(await admin("grace@example.com", "correct horse battery staple 7\n"), made);
  // A pipe that brings nothing does not keep it waiting.
  assert.match((await admin("joan@example.com")).password, /^\w{24}$/);
});

test("an import that is killed goes on, and counts everybody once", async () => {
  const file = path.join(server.dataDir, "users.ndjson");
  const lines = Array.from({ length: USERS }, (_, n) =>
    JSON.stringify({ email: n % 100 === 7 ? `bad ${n}` : `u${n}@example.com`, user_id: `u${n}` }),
  );
  await writeFile(file, `${lines.join("\n")}\n`);
  const before = await everybody();
  const runs = [];
  // A quick machine is done before the last kill is due.
  while (runs.at(-1)?.code !== 0 && runs.length < 7) {
    runs.push(await importing(file, runs.length < 6 ? 150 + 130 * runs.length : undefined));
  }
  const last = runs.pop();
  assert.equal(last.code, 0, last.stderr);
  assert.ok(runs.length > 0, "nothing was killed: more users are needed");
  const told = JSON.parse(last.stdout);
  assert.deepEqual([told.inserted, told.failed], [USERS - USERS / 100, USERS / 100]);
  assert.equal((await everybody()) - before, USERS - USERS / 100);
  const refused = (await readFile(`${file}.errors.ndjson`, "utf8")).trim().split("\n");
  assert.equal(refused.length, USERS / 100);
  assert.equal(new Set(refused).size, USERS / 100);
});

/** How many users there are. */
async function everybody() {
  return (await api("GET", "users?per_page=1&include_totals=true")).total;
}

/** An import, killed after some milliseconds if they are given. */
function importing(file, after) {
  const args = ["users", "import", file, "--data", server.dataDir, "--json"];
  const running = spawn(process.env.ALDGATE_BIN, args, { stdio: ["ignore", "pipe", "pipe"] });
  const told = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"]) running[name].on("data", (part) => (told[name] += part));
  const due = after && setTimeout(() => running.kill("SIGKILL"), after);
  return new Promise((resolve) => {
    running.once("close", (code) => {
      clearTimeout(due);
      resolve({ code, ...told });
    });
  });
}
