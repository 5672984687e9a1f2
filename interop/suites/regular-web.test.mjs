// Applications on a server: passport-auth0 and express-openid-connect, unmodified.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import express from "express";
import { auth } from "express-openid-connect";
import session from "express-session";
import passport from "passport";
import Auth0Strategy from "passport-auth0";

import { startApp } from "../support/app.mjs";
import { freshPage, logIn, startBrowser } from "../support/browser.mjs";
import { Server } from "../support/server.mjs";
import { USER, WEB, world } from "../support/world.mjs";

let server, browser;

before(async () => {
  server = await Server.start();
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

/** Serves `makeApp(origin)` and registers its address as the application's. */
async function serve(makeApp) {
  let app;
  const served = await startApp({ handler: (request, response) => app(request, response) });
  app = await makeApp(served.origin);
  await server.apply(world(served.origin));
  return served;
}

/** passport-auth0 takes https for granted; its own options name the addresses instead. */
function passportApp(origin) {
  const strategy = new Auth0Strategy(
    {
      domain: server.domain,
      clientID: WEB.id,
      clientSecret: WEB.secret,
      callbackURL: `${origin}/callback`,
      authorizationURL: `${server.issuer}authorize`,
      tokenURL: `${server.issuer}oauth/token`,
      userInfoURL: `${server.issuer}userinfo`,
      expectedIssuer: server.issuer,
    },
    (accessToken, refreshToken, extra, profile, done) => done(null, profile),
  );
  passport.use(strategy);
  passport.serializeUser((user, done) => done(null, user));
  passport.deserializeUser((user, done) => done(null, user));
  const app = express();
  app.use(session({ secret: "interop", resave: false, saveUninitialized: false }));
  app.use(passport.initialize(), passport.session());
  app.get("/login", passport.authenticate("auth0", { scope: "openid email profile" }));
  app.get("/callback", passport.authenticate("auth0"), (request, response) =>
    response.redirect("/me"),
  );
  app.get("/me", (request, response) => response.json(request.user));
  return app;
}

function openidConnectApp(origin) {
  const app = express();
  app.use(
    auth({
      issuerBaseURL: server.issuer,
      baseURL: origin,
      clientID: WEB.id,
      clientSecret: WEB.secret,
      clientAuthMethod: "client_secret_post",
      secret: "a long random string for the session cookie",
      authRequired: false,
      auth0Logout: true,
      routes: { postLogoutRedirect: `${origin}/bye` },
      authorizationParams: { response_type: "code", scope: "openid email profile" },
    }),
  );
  app.get("/bye", (request, response) => response.json({ bye: true }));
  app.get("/me", async (request, response) =>
    response.json(await request.oidc.fetchUserInfo()),
  );
  return app;
}

test("passport-auth0 logs in and reads the profile", async () => {
  const app = await serve(passportApp);
  const page = await freshPage(browser);
  await page.goto(`${app.origin}/login`);
  await logIn(page, USER);
  await page.waitForURL(`${app.origin}/me`);
  const profile = JSON.parse(await page.locator("body").innerText());
  assert.equal(profile.emails[0].value, USER.email);
  assert.equal(profile.displayName, "Maria Example");
  await page.context().close();
  await app.stop();
});

test("express-openid-connect logs in, asks userinfo and logs out", async () => {
  const app = await serve(openidConnectApp);
  const page = await freshPage(browser);
  await page.goto(`${app.origin}/login`);
  await logIn(page, USER);
  await page.waitForURL(`${app.origin}/`);
  await page.goto(`${app.origin}/me`);
  const info = JSON.parse(await page.locator("body").innerText());
  assert.equal(info.email, USER.email);
  await page.goto(`${app.origin}/logout`);
  await page.waitForURL(`${app.origin}/bye`);
  await page.goto(`${app.origin}/login`);
  await page.locator("input[name=password]").waitFor();
  await page.context().close();
  await app.stop();
});
