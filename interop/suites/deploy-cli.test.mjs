// auth0-deploy-cli, unmodified: what it exports it can import into an empty tenant, a second import
// changes nothing, and `aldgate apply` and `aldgate export` read and write the same files.
//
// An import keeps a core busy for twenty seconds, with compiling the tool's own schemas: two chains
// of tests go on side by side, each with servers of its own.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";

import { Server } from "../support/server.mjs";
import { API, world } from "../support/world.mjs";

const run = promisify(execFile);
const tool = createRequire(import.meta.url).resolve("auth0-deploy-cli/lib/index.js");
const binary = process.env.ALDGATE_BIN;

/** Applications that `aldgate dev` made for itself: each server has its own. */
const OWN = ["Demo management"];

const ACTION = `exports.onExecutePostLogin = async (event, api) => {
  api.accessToken.setCustomClaim("https://interop/email", event.user.email);
};
`;

let work, first, second, third;

before(async () => {
  work = await mkdtemp(path.join(tmpdir(), "aldgate-deploy-"));
  const start = () => Server.start({ tls: true });
  [first, second, third] = await Promise.all([start(), start(), start()]);
  const tenant = { ...world("https://app.example"), ...settings() };
  await Promise.all([first.apply(tenant), third.apply(tenant)]);
});

after(async () => {
  await Promise.all([first, second, third].map((server) => server?.stop()));
  await rm(work, { recursive: true, force: true });
});

/** Something in every section that there is. */
function settings() {
  return {
    tenant: { friendly_name: "Notes", support_email: "help@notes.example" },
    roles: [
      {
        name: "Reader",
        description: "Reads",
        permissions: [{ resource_server_identifier: API, permission_name: "read:notes" }],
      },
    ],
    // deploy-cli writes this option into every database that it changes.
    databases: [
      {
        name: "Username-Password-Authentication",
        strategy: "auth0",
        options: { disable_self_service_change_password: false },
      },
    ],
    connections: [
      {
        name: "corp",
        strategy: "oidc",
        display_name: "Corp",
        enabled_clients: ["Interop SPA"],
        options: {
          type: "back_channel",
          client_id: "notes-at-corp",
          client_secret: "kept by the server that it was given to",
          issuer: "https://idp.corp.example/",
          scope: "openid email",
          domain_aliases: ["corp.example"],
        },
      },
      {
        name: "google-oauth2",
        strategy: "google-oauth2",
        enabled_clients: ["Interop web"],
        options: { client_id: "1234.apps.googleusercontent.com", email: true, profile: true },
      },
    ],
    branding: { colors: { primary: "#0059d6" } },
    prompts: { customText: { en: { login: { login: { title: "Hello" } } } } },
    attackProtection: { bruteForceProtection: { enabled: true, max_attempts: 7 } },
    actions: [
      {
        name: "Tell the address",
        supported_triggers: [{ id: "post-login", version: "v3" }],
        code: ACTION,
        deployed: true,
      },
    ],
    triggers: {
      "post-login": [{ action_name: "Tell the address", display_name: "Address" }],
    },
  };
}

/** Runs deploy-cli against a server, for some sections only if they are named. */
async function deploy(server, args, only) {
  const { management } = server.dev;
  const env = {
    ...process.env,
    AUTH0_DOMAIN: server.domain,
    AUTH0_CLIENT_ID: management.client_id,
    AUTH0_CLIENT_SECRET: management.client_secret,
    AUTH0_EXCLUDED_CLIENTS: JSON.stringify(OWN),
    AUTH0_EXPORT_ORDERED: "true",
    NODE_EXTRA_CA_CERTS: server.dev.ca,
    ...(only ? { AUTH0_INCLUDED_ONLY: JSON.stringify(only) } : {}),
  };
  try {
    return await run(process.execPath, [tool, ...args], { env, cwd: work, maxBuffer: 64 << 20 });
  } catch (error) {
    throw new Error(`deploy-cli ${args.join(" ")} failed:\n${error.stdout}\n${error.stderr}`);
  }
}

/** Exports by deploy-cli, without the role of the administrators: each tenant has its own. */
async function exported(server, name) {
  await deploy(server, ["export", "--format", "directory", "--output_folder", at(name)]);
  await rm(path.join(at(name), "roles", "Administrator.json"));
}

/** Runs `aldgate` on a server's database; what it prints. */
async function aldgate(server, ...args) {
  try {
    return (await run(binary, [...args, "--data", server.dataDir])).stdout;
  } catch (error) {
    throw new Error(`aldgate ${args.join(" ")} failed:\n${error.stderr}\n${error.stdout}`);
  }
}

/** Every file below a directory with its content, the servers' own addresses made alike. */
async function files(directory, server) {
  const names = await readdir(directory, { recursive: true, withFileTypes: true });
  const found = {};
  for (const entry of names.filter((entry) => entry.isFile())) {
    const file = path.join(entry.parentPath ?? entry.path, entry.name);
    const text = await readFile(file, "utf8");
    found[path.relative(directory, file)] = text.replaceAll(server.domain, "DOMAIN");
  }
  return found;
}

const at = (name) => path.join(work, name);

describe("auth0-deploy-cli", { concurrency: 2 }, () => {
  describe("from tenant to tenant", { concurrency: 1 }, () => {
    test("an export goes into another tenant, whose export is the same", async () => {
      await exported(first, "first");
      await deploy(second, ["import", "--input_file", at("first")]);
      await exported(second, "second");
      const [before, after] = [await files(at("first"), first), await files(at("second"), second)];
      assert.ok(before["clients/Interop SPA.json"], Object.keys(before).join("\n"));
      assert.equal(before["actions/Tell the address/code.js"], ACTION);
      assert.equal(JSON.parse(after["actions/Tell the address.json"]).deployed, true);
      const corp = JSON.parse(after["connections/corp.json"]);
      assert.deepEqual(corp.options.domain_aliases, ["corp.example"]);
      assert.equal(corp.options.client_secret, undefined, "a secret is never shown again");
      assert.match(after["triggers/triggers.json"], /"display_name": "Address"/);
      assert.deepEqual(after, before);
    });

    test("a second import changes nothing", async () => {
      await aldgate(second, "export", at("before-again"), "--identifiers");
      await deploy(second, ["import", "--input_file", at("first")]);
      await aldgate(second, "export", at("after-again"), "--identifiers");
      const [before, after] = [at("before-again"), at("after-again")];
      assert.deepEqual(await files(after, second), await files(before, second));
    });

    test("aldgate apply reads deploy-cli's directory and finds nothing to change", async () => {
      const told = await aldgate(second, "apply", at("second"), "--dry-run");
      assert.match(told, /^0 changes to make, \d+ as they should be\.$/m, told);
    });

    test("aldgate apply reads deploy-cli's YAML and finds nothing to change", async () => {
      await deploy(second, ["export", "--format", "yaml", "--output_folder", at("yaml")]);
      const told = await aldgate(second, "apply", at("yaml"), "--dry-run");
      assert.match(told, /^0 changes to make, \d+ as they should be\.$/m, told);
    });
  });

  describe("beside aldgate apply and export", { concurrency: 1 }, () => {
    test("deploy-cli reads the directory that aldgate exports", async () => {
      await aldgate(third, "export", at("ours"));
      await deploy(third, ["import", "--input_file", at("ours")]);
      await aldgate(third, "export", at("ours-again"));
      assert.deepEqual(await files(at("ours-again"), third), await files(at("ours"), third));
    });

    test("and the YAML, in which keywords mean the same to both", async () => {
      const yaml = at("ours.yaml");
      await aldgate(third, "export", yaml);
      const text = (await readFile(yaml, "utf8"))
        .replace("friendly_name: Notes\n", 'friendly_name: "##TITLE##"\n')
        .replace(/web_origins:\n\s+- https:\/\/app\.example\n/, "web_origins: @@ORIGINS@@\n");
      assert.ok(text.includes("##TITLE##") && text.includes("@@ORIGINS@@"), text);
      await writeFile(yaml, text);
      const mappings = { TITLE: "Notes", ORIGINS: ["https://app.example"] };
      const config = at("keywords.json");
      await writeFile(config, JSON.stringify({ AUTH0_KEYWORD_REPLACE_MAPPINGS: mappings }));
      const other = '{"friendly_name":"Another"}';
      await aldgate(third, "api", "PATCH", "tenants/settings", other, "--local");
      const some = ["tenant", "clients", "roles", "databases", "prompts"];
      await deploy(third, ["import", "--input_file", yaml, "--config_file", config], some);
      await aldgate(third, "export", at("ours-at-last"));
      assert.deepEqual(await files(at("ours-at-last"), third), await files(at("ours"), third));
      const told = await aldgate(third, "apply", yaml, "--keywords", config);
      assert.match(told, /^0 changes made, \d+ as they should be\.$/m, told);
    });
  });
});
