// Tickets and jobs by any version of npm's auth0: an import, its refusals, an export and its file.

import assert from "node:assert/strict";
import { gunzipSync } from "node:zlib";

/** Waits until a job is over. */
async function over(sdk, job) {
  for (let tries = 0; tries < 100; tries += 1) {
    const seen = await sdk.get(job.id);
    if (["completed", "failed"].includes(seen.status)) return seen;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`job ${job.id} is not over`);
}

/** Two links for a user, and a mail. */
export async function tickets(sdk, user_id) {
  const reset = await sdk.changePassword({ user_id, ttl_sec: 600 });
  assert.match(reset.ticket, /\/u\/reset-verify\?ticket=/);
  const verify = await sdk.verifyEmail({ user_id });
  assert.match(verify.ticket, /\/u\/email-verification\?ticket=/);
  const mail = await over(sdk, await sdk.verificationMail({ user_id }));
  assert.equal(mail.status, "completed");
  console.log("tickets, verification mail");
}

/** Users in, and out again. */
export async function jobs(sdk, connection_id) {
  const users = [
    { email: "imported@example.com", user_metadata: { color: "red" } },
    { email: "no address" },
  ];
  const file = new Blob([JSON.stringify(users)], { type: "application/json" });
  const options = { connection_id, upsert: true, send_completion_email: false };
  const taken = await over(sdk, await sdk.importUsers(file, options));
  assert.deepEqual(taken.summary, { failed: 1, updated: 0, inserted: 1, total: 2 });
  const [refused] = await sdk.errors(taken.id);
  assert.equal(refused.user.email, "no address");
  assert.equal(refused.errors[0].path, "email");

  const wanted = { connection_id, format: "json", fields: [{ name: "email" }] };
  const made = await over(sdk, await sdk.exportUsers(wanted));
  const answer = await fetch(made.location);
  assert.equal(answer.status, 200);
  const text = gunzipSync(Buffer.from(await answer.arrayBuffer())).toString();
  const emails = text.split("\n").filter(Boolean).map((line) => JSON.parse(line).email);
  assert.ok(emails.includes("imported@example.com"), text);
  assert.equal((await fetch(made.location)).status, 404, "an address works once");
  console.log("jobs: import, refusals, export, file");
}
