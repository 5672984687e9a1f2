// Drives one version of npm's auth0 against the Management API; see suites/auth0-node.test.mjs.
//
// A process of its own, because Node reads NODE_EXTRA_CA_CERTS only when it starts.

import assert from "node:assert/strict";

import { sdk4 } from "./sdk4.mjs";
import { sdk6 } from "./sdk6.mjs";

const { SDK, DOMAIN, CLIENT_ID, CLIENT_SECRET } = process.env;
const { ManagementClient } = await import(SDK);
const client = new ManagementClient({
  domain: DOMAIN,
  clientId: CLIENT_ID,
  clientSecret: CLIENT_SECRET,
});
const sdk = SDK === "auth0-4" ? sdk4(client) : sdk6(client);

/** Creates, reads, lists, changes and deletes one of a kind. */
async function life(name, resource, { create, update, changed }) {
  const made = await resource.create(create);
  const id = made[resource.key];
  assert.ok(id, `${name}: created without ${resource.key}: ${JSON.stringify(made)}`);
  const shown = await resource.get(id);
  assert.equal(shown[resource.key], id, `${name}: read`);
  const first = await resource.list({ page: 0, per_page: 1 });
  assert.equal(first.length, 1, `${name}: one a page`);
  const all = await resource.all();
  assert.ok(
    all.some((one) => one[resource.key] === id),
    `${name}: listed`,
  );
  await resource.update(id, update);
  changed(await resource.get(id));
  await resource.remove(id);
  await assert.rejects(resource.get(id), (error) => error.statusCode === 404, `${name}: gone`);
  console.log(`${name}: created, read, listed, changed, deleted`);
}

await life("clients", sdk.clients, {
  create: { name: "Interop", app_type: "regular_web", callbacks: ["https://rp.example/cb"] },
  update: { name: "Interop 2", client_metadata: { a: "b" } },
  changed: (one) => assert.equal(one.client_metadata.a, "b"),
});
await life("resource servers", sdk.resourceServers, {
  create: { name: "Interop", identifier: "https://interop.example/", scopes: [{ value: "read:x" }] },
  update: { scopes: [{ value: "read:x" }, { value: "read:y" }], token_lifetime: 600 },
  changed: (one) => assert.equal(one.scopes.length, 2),
});
await life("roles", sdk.roles, {
  create: { name: "interop", description: "A role" },
  update: { description: "Another" },
  changed: (one) => assert.equal(one.description, "Another"),
});
await life("connections", sdk.connections, {
  create: { name: "Interop-Users", strategy: "auth0", options: {} },
  update: { options: { disable_signup: true } },
  changed: (one) => assert.equal(one.options.disable_signup, true),
});
await life("users", sdk.users, {
  create: {
    connection: "Username-Password-Authentication",
    email: "interop@example.com",
    password: "correct horse battery 7 staple",
    user_metadata: { color: "red", size: 1 },
  },
  update: { user_metadata: { color: "blue" }, blocked: false },
  changed: (one) => assert.deepEqual(one.user_metadata, { color: "blue", size: 1 }),
});
const action = {
  name: "Interop",
  supported_triggers: [{ id: "post-login", version: "v3" }],
  code: "exports.onExecutePostLogin = async (event, api) => { api.accessToken.addScope('a'); };",
};
await sdk.rest({ assert, life, action });
console.log("done");
