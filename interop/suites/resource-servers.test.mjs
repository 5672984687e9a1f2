// APIs on Node that verify tokens with the libraries people already use.

import { after, before, describe, test } from "node:test";

import express from "express";
import { expressjwt } from "express-jwt";
import { auth, requiredScopes } from "express-oauth2-jwt-bearer";
import { createRemoteJWKSet, jwtVerify } from "jose";
import jwksRsa from "jwks-rsa";

import { startApp } from "../support/app.mjs";
import { Server } from "../support/server.mjs";
import { allKinds, assertProtected } from "../support/tokens.mjs";
import { API, world } from "../support/world.mjs";

let server, tokens;

before(async () => {
  server = await Server.start();
  await server.apply(world("http://localhost:1"));
  tokens = await allKinds(server);
});

after(() => server?.stop());

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

    test("accepts access tokens for the API and refuses all others", async () => {
      await assertProtected(`${api.origin}/notes`, tokens);
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
