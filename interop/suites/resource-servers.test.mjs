// APIs on Node that verify tokens with the libraries people already use.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import express from "express";
import { expressjwt } from "express-jwt";
import { auth, requiredScopes } from "express-oauth2-jwt-bearer";
import { createRemoteJWKSet, jwtVerify } from "jose";
import jwksRsa from "jwks-rsa";

import { startApp } from "../support/app.mjs";
import { Server } from "../support/server.mjs";
import { API, CONNECTION, M2M, SPA, USER, world } from "../support/world.mjs";

const PASSWORD_REALM = "http://auth0.com/oauth/grant-type/password-realm";

let server, tokens;

before(async () => {
  server = await Server.start();
  await server.apply(world("http://localhost:1"));
  tokens = await allKinds();
});

after(() => server?.stop());

/** Asks the token endpoint; fails on anything but 200. */
async function ask(fields) {
  const body = new URLSearchParams(fields);
  const answer = await fetch(`${server.issuer}oauth/token`, { method: "POST", body });
  const json = await answer.json();
  assert.equal(answer.status, 200, JSON.stringify(json));
  return json;
}

/** One token of each kind that ends up in an Authorization header somewhere. */
async function allKinds() {
  const secret = { client_id: M2M.id, client_secret: M2M.secret };
  const machine = { grant_type: "client_credentials", audience: API, ...secret };
  const person = {
    grant_type: PASSWORD_REALM,
    realm: CONNECTION,
    client_id: SPA,
    username: USER.email,
    password: USER.password,
  };
  const withAudience = { ...person, audience: API, scope: "openid read:notes" };
  const forApi = await ask(withAudience);
  const forNobody = await ask({ ...person, scope: "openid" });
  return {
    machine: (await ask(machine)).access_token,
    person: forApi.access_token,
    id: forApi.id_token,
    opaque: forNobody.access_token,
  };
}

/** Runs one API and calls it with each kind of token. */
function check(name, middleware) {
  describe(name, () => {
    let api;
    before(async () => {
      const app = express();
      app.use(...(await middleware()));
      app.get("/notes", (request, response) => response.json({ sub: request.auth.payload?.sub }));
      app.use((error, request, response, next) => {
        if (response.headersSent) next(error);
        response.status(error.status ?? 500).json({ error: error.message });
      });
      api = await startApp({ handler: app });
    });
    after(() => api?.stop());

    const call = (token) =>
      fetch(`${api.origin}/notes`, { headers: { authorization: `Bearer ${token}` } });

    test("accepts access tokens for the API, of people and machines", async () => {
      assert.equal((await call(tokens.machine)).status, 200);
      assert.equal((await call(tokens.person)).status, 200);
    });

    test("refuses ID tokens, opaque tokens and damaged ones", async () => {
      assert.equal((await call(tokens.id)).status, 401);
      assert.equal((await call(tokens.opaque)).status, 401);
      assert.equal((await call(`${tokens.machine.slice(0, -6)}AAAAAA`)).status, 401);
    });
  });
}

check("express-oauth2-jwt-bearer", () => [
  auth({ issuerBaseURL: server.issuer, audience: API, tokenSigningAlg: "RS256" }),
  requiredScopes("read:notes"),
]);

check("express-jwt with jwks-rsa", () => [
  expressjwt({
    secret: jwksRsa.expressJwtSecret({
      jwksUri: `${server.issuer}.well-known/jwks.json`,
      cache: true,
      rateLimit: true,
      jwksRequestsPerMinute: 10,
    }),
    audience: API,
    issuer: server.issuer,
    algorithms: ["RS256"],
  }),
]);

check("jose", async () => {
  const keys = createRemoteJWKSet(new URL(`${server.issuer}.well-known/jwks.json`));
  const verify = async (request, response, next) => {
    const token = request.headers.authorization?.replace(/^Bearer /, "") ?? "";
    try {
      const options = { issuer: server.issuer, audience: API };
      request.auth = await jwtVerify(token, keys, options);
      next();
    } catch (error) {
      response.status(401).json({ error: error.message });
    }
  };
  return [verify];
});
