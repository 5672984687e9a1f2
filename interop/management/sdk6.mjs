// npm's auth0, versions 6 and 7: answers are the bodies, lists are pages that read on.

import { jobs, tickets } from "./jobs.mjs";

/** The resources by the names that node.mjs uses. */
export function sdk6(client) {
  const resource = (api, key) => ({
    key,
    create: (body) => api.create(body),
    get: (id) => api.get(id),
    // Some lists know pages by number, some by key: each takes the one that it knows.
    list: async ({ per_page }) => (await api.list({ per_page, take: per_page })).data.slice(0, 1),
    all: () => everything(api.list()),
    update: (id, body) => api.update(id, body),
    remove: (id) => api.delete(id),
  });
  return {
    clients: resource(client.clients, "client_id"),
    resourceServers: resource(client.resourceServers, "id"),
    roles: resource(client.roles, "id"),
    connections: resource(client.connections, "id"),
    users: resource(client.users, "user_id"),
    rest: (tools) => rest(client, tools),
  };
}

/** Reads a list to its end, page by page. */
async function everything(list) {
  const all = [];
  for await (const one of await list) all.push(one);
  return all;
}

async function rest(client, tools) {
  const { assert } = tools;
  const settings = await client.tenants.settings.update({ friendly_name: "Interop" });
  assert.equal(settings.friendly_name, "Interop");
  assert.equal((await client.tenants.settings.get()).friendly_name, "Interop");
  console.log("tenant settings: read, changed");

  const keys = await client.keys.signing.list();
  assert.ok(keys.some((key) => key.current && key.cert.includes("BEGIN CERTIFICATE")));
  assert.equal((await client.keys.signing.get(keys[0].kid)).kid, keys[0].kid);
  console.log("signing keys: listed, read");

  const { bruteForceProtection, suspiciousIpThrottling } = client.attackProtection;
  assert.equal((await bruteForceProtection.update({ max_attempts: 5 })).max_attempts, 5);
  assert.equal((await bruteForceProtection.get()).max_attempts, 5);
  await suspiciousIpThrottling.get();
  await client.attackProtection.breachedPasswordDetection.get();
  await client.attackProtection.botDetection.get();
  await client.attackProtection.captcha.get();
  console.log("attack protection: read, changed");

  const look = { colors: { primary: "#112233", page_background: "#ffffff" } };
  assert.deepEqual((await client.branding.update(look)).colors, look.colors);
  const texts = { login: { title: "Hi" } };
  await client.prompts.customText.set("login", "en", texts);
  assert.deepEqual(await client.prompts.customText.get("login", "en"), texts);
  await client.prompts.updateSettings({ identifier_first: false });
  console.log("branding, prompts: read, changed");

  const provider = {
    name: "smtp",
    default_from_address: "us@example.com",
    credentials: { smtp_host: "smtp.example.com", smtp_port: 587, smtp_user: "u", smtp_pass: "p" },
  };
  const made = await client.emails.provider.create(provider);
  assert.equal(made.name, "smtp");
  assert.equal(made.credentials?.smtp_pass, undefined);
  await client.emails.provider.update({ enabled: false });
  assert.equal((await client.emails.provider.get()).enabled, false);
  const template = {
    template: "verify_email",
    from: "us@example.com",
    subject: "Hi {{ user.name }}",
    body: "<a href='{{ url }}'>Go</a>",
    syntax: "liquid",
    enabled: true,
  };
  await client.emailTemplates.create(template);
  await client.emailTemplates.update("verify_email", { subject: "Hello" });
  assert.equal((await client.emailTemplates.get("verify_email")).subject, "Hello");
  console.log("mail provider, mail templates: created, read, changed");

  assert.ok((await everything(client.clientGrants.list())).length > 0);
  const factors = await client.guardian.factors.list();
  assert.ok(factors.some((factor) => factor.name === "otp"));
  assert.equal((await client.actions.triggers.list()).triggers.length, 13);
  assert.deepEqual(await everything(client.organizations.list()), []);
  console.log("grants, factors, and what is empty: listed");

  const action = await client.actions.create(tools.action);
  assert.equal((await client.actions.deploy(action.id)).deployed, true);
  const before = await everything(client.actions.triggers.bindings.list("post-login"));
  const ref = (value) => ({ ref: { type: "action_id", value } });
  const bindings = [...before.map((binding) => ref(binding.action.id)), ref(action.id)];
  const bound = await client.actions.triggers.bindings.updateMany("post-login", { bindings });
  assert.equal(bound.bindings.at(-1).action.name, tools.action.name);
  const payload = { user: { user_id: "auth0|1", email: "ada@example.com" } };
  const tried = await client.actions.test(action.id, { payload });
  assert.equal(tried.payload.commands.length, 1);
  assert.equal((await everything(client.actions.versions.list(action.id)))[0].number, 1);
  const listed = await everything(client.actions.list({ actionName: tools.action.name }));
  assert.equal(listed[0].all_changes_deployed, true);
  await client.actions.delete(action.id, { force: true });
  console.log("actions: created, deployed, bound, tried, deleted");

  const logs = await client.logs.list({ per_page: 5 });
  assert.ok(logs.data.length > 0 && logs.data[0].log_id);
  const found = await client.users.listUsersByEmail({ email: "ada@example.com" });
  assert.equal(found.length, 1);
  const who = found[0].user_id;
  const role = await client.roles.create({ name: "reader" });
  await client.users.roles.assign(who, { roles: [role.id] });
  assert.equal((await everything(client.users.roles.list(who))).length, 1);
  await client.users.roles.delete(who, { roles: [role.id] });
  console.log("logs, users by address, roles of users");

  const work = {
    changePassword: (body) => client.tickets.changePassword(body),
    verifyEmail: (body) => client.tickets.verifyEmail(body),
    verificationMail: (body) => client.jobs.verificationEmail.create(body),
    importUsers: (users, options) => client.jobs.usersImports.create({ users, ...options }),
    exportUsers: (body) => client.jobs.usersExports.create(body),
    get: (id) => client.jobs.get(id),
    errors: (id) => client.jobs.errors.get(id),
  };
  await tickets(work, who);
  const [connection] = await everything(client.connections.list({ strategy: "auth0" }));
  await jobs(work, connection.id);
}
