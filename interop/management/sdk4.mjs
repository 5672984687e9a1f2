// npm's auth0, version 4: answers are `{data}`, ids come in an object.

import { jobs, tickets } from "./jobs.mjs";

/** The resources by the names that node.mjs uses. */
export function sdk4(client) {
  const data = (answer) => answer.then(({ data }) => data);
  const resource = (manager, key, parameter = key) => ({
    key,
    create: (body) => data(manager.create(body)),
    get: (id) => data(manager.get({ [parameter]: id })),
    list: (page) => data(manager.getAll(page)),
    all: () => data(manager.getAll({ per_page: 100 })),
    update: (id, body) => data(manager.update({ [parameter]: id }, body)),
    remove: (id) => manager.delete({ [parameter]: id }),
  });
  return {
    clients: resource(client.clients, "client_id"),
    resourceServers: resource(client.resourceServers, "id"),
    roles: resource(client.roles, "id"),
    connections: resource(client.connections, "id"),
    users: resource(client.users, "user_id", "id"),
    rest: (tools) => rest(client, data, tools),
  };
}

async function rest(client, data, tools) {
  const { assert } = tools;
  const settings = await data(client.tenants.updateSettings({ friendly_name: "Interop" }));
  assert.equal(settings.friendly_name, "Interop");
  assert.equal((await data(client.tenants.getSettings())).friendly_name, "Interop");
  console.log("tenant settings: read, changed");

  const keys = await data(client.keys.getAll());
  assert.ok(keys.some((key) => key.current && key.cert.includes("BEGIN CERTIFICATE")));
  const one = await data(client.keys.get({ kid: keys[0].kid }));
  assert.equal(one.kid, keys[0].kid);
  console.log("signing keys: listed, read");

  const brakes = await data(client.attackProtection.updateBruteForceConfig({ max_attempts: 5 }));
  assert.equal(brakes.max_attempts, 5);
  assert.equal((await data(client.attackProtection.getBruteForceConfig())).max_attempts, 5);
  await data(client.attackProtection.getSuspiciousIpThrottlingConfig());
  await data(client.attackProtection.getBreachedPasswordDetectionConfig());
  console.log("attack protection: read, changed");

  const look = { colors: { primary: "#112233", page_background: "#ffffff" } };
  assert.deepEqual((await data(client.branding.updateSettings(look))).colors, look.colors);
  const texts = { login: { title: "Hi" } };
  const place = { prompt: "login", language: "en" };
  await client.prompts.updateCustomTextByLanguage(place, texts);
  assert.deepEqual(await data(client.prompts.getCustomTextByLanguage(place)), texts);
  console.log("branding, prompts: read, changed");

  const provider = {
    name: "smtp",
    default_from_address: "us@example.com",
    credentials: { smtp_host: "smtp.example.com", smtp_port: 587, smtp_user: "u", smtp_pass: "p" },
  };
  const made = await data(client.emails.configure(provider));
  assert.equal(made.name, "smtp");
  assert.equal(made.credentials?.smtp_pass, undefined);
  await client.emails.update({ enabled: false });
  assert.equal((await data(client.emails.get())).enabled, false);
  const template = {
    template: "verify_email",
    from: "us@example.com",
    subject: "Hi {{ user.name }}",
    body: "<a href='{{ url }}'>Go</a>",
    syntax: "liquid",
    enabled: true,
  };
  await client.emailTemplates.create(template);
  const named = { templateName: "verify_email" };
  await client.emailTemplates.update(named, { subject: "Hello" });
  assert.equal((await data(client.emailTemplates.get(named))).subject, "Hello");
  console.log("mail provider, mail templates: created, read, changed");

  const grants = await data(client.clientGrants.getAll({ include_totals: true, per_page: 1 }));
  assert.equal(grants.client_grants.length, 1);
  const factors = await data(client.guardian.getFactors());
  assert.ok(factors.some((factor) => factor.name === "otp"));
  assert.deepEqual(await data(client.rules.getAll()), []);
  assert.equal((await data(client.actions.getAllTriggers())).triggers.length, 13);
  console.log("grants, factors, and what is empty: listed");

  const action = await data(client.actions.create(tools.action));
  const which = { id: action.id };
  assert.equal((await data(client.actions.deploy(which))).deployed, true);
  const trigger = { triggerId: "post-login" };
  const before = await data(client.actions.getTriggerBindings(trigger));
  const ref = (value) => ({ ref: { type: "action_id", value } });
  const others = before.bindings.map((binding) => ref(binding.action.id));
  const bindings = [...others, ref(action.id)];
  const bound = await data(client.actions.updateTriggerBindings(trigger, { bindings }));
  assert.equal(bound.bindings.at(-1).action.name, tools.action.name);
  const payload = { user: { user_id: "auth0|1", email: "ada@example.com" } };
  const tried = await data(client.actions.test(which, { payload }));
  assert.equal(tried.payload.commands.length, 1);
  const kept = await data(client.actions.getVersions({ actionId: action.id }));
  assert.equal(kept.versions[0].number, 1);
  const listed = await data(client.actions.getAll({ actionName: tools.action.name }));
  assert.equal(listed.actions[0].all_changes_deployed, true);
  await client.actions.delete({ ...which, force: true });
  console.log("actions: created, deployed, bound, tried, deleted");

  const logs = await data(client.logs.getAll({ per_page: 5 }));
  assert.ok(logs.length > 0 && logs[0].log_id);
  const found = await data(client.usersByEmail.getByEmail({ email: "ada@example.com" }));
  assert.equal(found.length, 1);
  const who = { id: found[0].user_id };
  const role = await data(client.roles.create({ name: "reader" }));
  await client.users.assignRoles(who, { roles: [role.id] });
  assert.equal((await data(client.users.getRoles(who))).length, 1);
  await client.users.deleteRoles(who, { roles: [role.id] });
  console.log("logs, users by address, roles of users");

  const work = {
    changePassword: (body) => data(client.tickets.changePassword(body)),
    verifyEmail: (body) => data(client.tickets.verifyEmail(body)),
    verificationMail: (body) => data(client.jobs.verifyEmail(body)),
    importUsers: (users, options) => data(client.jobs.importUsers({ users, ...options })),
    exportUsers: (body) => data(client.jobs.exportUsers(body)),
    get: (id) => data(client.jobs.get({ id })),
    errors: (id) => data(client.jobs.getErrors({ id })),
  };
  await tickets(work, who.id);
  const [connection] = await data(client.connections.getAll({ strategy: "auth0" }));
  await jobs(work, connection.id);
}
