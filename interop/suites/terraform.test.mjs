// Auth0's Terraform provider, unmodified: a plan is applied, the next plan finds nothing to change,
// and everything can be destroyed. Skipped where terraform or the built provider is missing; see
// README.md for how to build it.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { access, copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";

import { Server } from "../support/server.mjs";

const run = promisify(execFile);
const provider = process.env.ALDGATE_TERRAFORM_PROVIDER ?? here("../../target/terraform-provider");
const source = here("../terraform/main.tf");
const skip = await missing();

let work, server;

function here(relative) {
  return new URL(relative, import.meta.url).pathname;
}

/** Why there is nothing to run, if so. */
async function missing() {
  try {
    await access(path.join(provider, "terraform-provider-auth0"));
    await run("terraform", ["version"]);
    return false;
  } catch (error) {
    return `terraform and its Auth0 provider are not here: ${error.message}`;
  }
}

before(async () => {
  if (skip) return;
  work = await mkdtemp(path.join(tmpdir(), "aldgate-terraform-"));
  const overrides = `dev_overrides {\n    "auth0/auth0" = ${JSON.stringify(provider)}\n  }`;
  await writeFile(path.join(work, "terraformrc"), `provider_installation {\n  ${overrides}\n}\n`);
  await copyFile(source, path.join(work, "main.tf"));
  server = await Server.start({ tls: true });
});

after(async () => {
  await server?.stop();
  if (work) await rm(work, { recursive: true, force: true });
});

/** Runs terraform against the server: `{code, text}`. */
async function terraform(...args) {
  const { client_id, client_secret } = server.dev.management;
  const env = {
    ...process.env,
    AUTH0_DOMAIN: server.domain,
    AUTH0_CLIENT_ID: client_id,
    AUTH0_CLIENT_SECRET: client_secret,
    SSL_CERT_FILE: server.dev.ca,
    TF_CLI_CONFIG_FILE: path.join(work, "terraformrc"),
    CHECKPOINT_DISABLE: "1",
  };
  const options = { env, cwd: work, maxBuffer: 16 << 20 };
  try {
    const { stdout } = await run("terraform", [...args, "-no-color"], options);
    return { code: 0, text: stdout };
  } catch (error) {
    return { code: error.code, text: `${error.stdout}\n${error.stderr}` };
  }
}

test("a plan is applied", { skip }, async () => {
  const { code, text } = await terraform("apply", "-auto-approve");
  assert.equal(code, 0, text);
  assert.match(text, /Apply complete! Resources: 19 added, 0 changed, 0 destroyed/, text);
});

test("the next plan finds nothing to change", { skip }, async () => {
  // 0: nothing to do; 2: something.
  const { code, text } = await terraform("plan", "-detailed-exitcode");
  assert.equal(code, 0, text);
});

test("everything can be destroyed", { skip }, async () => {
  const { code, text } = await terraform("destroy", "-auto-approve");
  assert.equal(code, 0, text);
  const left = await server.run("api", "GET", "clients?fields=name", "--local");
  assert.ok(!left.stdout.includes("Orchard"), left.stdout);
});
