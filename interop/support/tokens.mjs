// Tokens of every kind that ends up in an Authorization header somewhere.

import assert from "node:assert/strict";

import { API, CONNECTION, M2M, SPA, USER } from "./world.mjs";

const PASSWORD_REALM = "http://auth0.com/oauth/grant-type/password-realm";

/** One token of each kind: of a machine and a person for the API, an ID token, an opaque one. */
export async function allKinds(server) {
  const secret = { client_id: M2M.id, client_secret: M2M.secret };
  const machine = { grant_type: "client_credentials", audience: API, ...secret };
  const person = {
    grant_type: PASSWORD_REALM,
    realm: CONNECTION,
    client_id: SPA,
    username: USER.email,
    password: USER.password,
  };
  const forApi = await ask(server, { ...person, audience: API, scope: "openid read:notes" });
  const forNobody = await ask(server, { ...person, scope: "openid" });
  return {
    machine: (await ask(server, machine)).access_token,
    person: forApi.access_token,
    id: forApi.id_token,
    opaque: forNobody.access_token,
  };
}

/** Asks the token endpoint; fails on anything but 200. */
async function ask(server, fields) {
  const body = new URLSearchParams(fields);
  const answer = await fetch(`${server.issuer}oauth/token`, { method: "POST", body });
  const json = await answer.json();
  assert.equal(answer.status, 200, JSON.stringify(json));
  return json;
}

/** The API at `url` accepts the right tokens and refuses the others. */
export async function assertProtected(url, tokens) {
  const call = async (token) => {
    const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
    return answer.status;
  };
  assert.equal(await call(tokens.machine), 200, "a machine's token for the API");
  assert.equal(await call(tokens.person), 200, "a person's token for the API");
  assert.equal(await call(tokens.id), 401, "an ID token");
  assert.equal(await call(tokens.opaque), 401, "an opaque token");
  assert.equal(await call(`${tokens.machine.slice(0, -6)}AAAAAA`), 401, "a damaged token");
}
