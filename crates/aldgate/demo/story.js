// The story: eight steps, each a real request. What happened is kept for this tab, so that the
// story survives the journeys to the login page.

import { arrive, call, leave, logout } from "./flow.js";
import { decode } from "./token.js";
import { authorizeRequest, el, exchange, token } from "./view.js";

const STORE = "aldgate.demo.story";
const STEPS = ["plain", "id-token", "opaque", "audience", "accepted", "second", "email", "claim"];

const told = JSON.parse(sessionStorage.getItem(STORE) ?? "{}");
const $ = (id) => document.getElementById(id);

const remember = (step, event) => {
  told[step] = event;
  sessionStorage.setItem(STORE, JSON.stringify(told));
};

/** What each button does. */
const acts = (config) => ({
  plain: () => leave(config, { clientId: config.applications[0].client_id, memo: "plain" }),
  "id-token": async () => remember("id-token", await call(config.api_url, told.plain.idToken)),
  opaque: async () => remember("opaque", await call(config.api_url, told.plain.accessToken)),
  audience: () =>
    leave(config, {
      clientId: config.applications[0].client_id,
      audience: config.audience,
      memo: "audience",
    }),
  accepted: async () =>
    remember("accepted", await call(config.api_url, told.audience.accessToken)),
  second: () =>
    leave(config, {
      clientId: config.applications[1].client_id,
      audience: config.audience,
      memo: "second",
    }),
  email: async () => {
    const userinfo = new URL("userinfo", config.issuer).href;
    remember("email", await call(userinfo, told.audience.accessToken));
  },
  claim: async () => {
    const bound = await fetch("/action", { method: "PUT" });
    if (!bound.ok) throw new Error(await bound.text());
    leave(config, {
      clientId: config.applications[0].client_id,
      audience: config.audience,
      memo: "claim",
    });
  },
});

/** What each step shows once it has happened. */
const scenes = (config) => ({
  plain: (event) => [
    authorizeRequest(config.issuer, event.parameters, ["response_type", "scope"]),
    el(
      "div",
      { class: "pair" },
      token("ID token", event.idToken, {
        key: ["aud", "email"],
        note: "Its audience is the client id: it is for this application.",
      }),
      token("Access token", event.accessToken, {
        note: "No audience was asked for: a reference for /userinfo, with nothing in it to read.",
      }),
    ),
  ],
  "id-token": (event) => [exchange(event)],
  opaque: (event) => [exchange(event)],
  audience: (event) => [
    authorizeRequest(config.issuer, event.parameters, ["audience"]),
    el(
      "div",
      { class: "pair" },
      token("ID token", event.idToken, { key: ["aud"], note: "As before: for the application." }),
      token("Access token", event.accessToken, {
        key: ["aud", "azp", "scope"],
        note: "Now a JWT, and its audience is the API.",
      }),
    ),
  ],
  accepted: (event) => [exchange(event)],
  second: (event) => [
    token(`Access token of ${config.applications[1].name}`, event.accessToken, {
      key: ["aud", "azp", "client_id"],
      note: "Another application asked (azp), the audience is the same API.",
    }),
    exchange(event.call),
  ],
  email: (event) => {
    const claims = decode(told.audience.accessToken)?.payload ?? {};
    const found = "email" in claims ? "there is one" : "there is none";
    return [
      el(
        "p",
        {},
        `Looked for "email" in the access token: ${found}. Its claims are `,
        el("code", {}, Object.keys(claims).join(", ")),
        ". Asked /userinfo with the same token:",
      ),
      exchange(event, "There it is."),
    ];
  },
  claim: (event) => [
    token("Access token", event.accessToken, {
      key: ["aud", config.action.claim],
      note: "The action ran at this login, and the claim is there.",
    }),
    exchange(event.call, "Let in, and the API reads the address from the token."),
  ],
});

/** A step may be taken when the tokens it needs are there. */
const needs = {
  "id-token": "plain",
  opaque: "plain",
  accepted: "audience",
  email: "audience",
  claim: "audience",
};

function show(config, focusOn) {
  const scene = scenes(config);
  const next = STEPS.find((step) => !told[step]);
  for (const step of STEPS) {
    const chapter = $(step);
    const event = told[step];
    chapter.toggleAttribute("data-told", Boolean(event));
    chapter.toggleAttribute("data-next", step === next);
    const button = chapter.querySelector("button");
    const waitsFor = needs[step] && !told[needs[step]];
    button.disabled = Boolean(waitsFor);
    button.dataset.style = step === next ? "primary" : "quiet";
    chapter.querySelector(".outcome").replaceChildren(...(event ? scene[step](event) : []));
  }
  $("moral").hidden = Boolean(next);
  if (focusOn) {
    const outcome = $(focusOn).querySelector(".outcome");
    outcome.focus({ preventScroll: true });
    $(focusOn).scrollIntoView({ block: "start" });
    const verdict = outcome.querySelector(".verdict");
    $("announce").textContent = verdict?.textContent ?? "Logged in. The tokens are shown below.";
  }
}

function trouble(error) {
  const box = $("trouble");
  box.hidden = false;
  box.replaceChildren(el("p", {}, error.message));
  box.scrollIntoView({ block: "center" });
}

function connect(config) {
  const act = acts(config);
  for (const step of STEPS) {
    const button = $(step).querySelector("button");
    button.addEventListener("click", async () => {
      $("trouble").hidden = true;
      button.setAttribute("aria-busy", "true");
      try {
        await act[step]();
        if (told[step]) show(config, step);
      } catch (error) {
        trouble(error);
      } finally {
        button.removeAttribute("aria-busy");
      }
    });
  }
  $("restart").addEventListener("click", async () => {
    sessionStorage.clear();
    await fetch("/action", { method: "DELETE" });
    logout(config);
  });
}

function fill(config) {
  if (config.user) {
    $("user-email").textContent = config.user.email;
    $("user-password").textContent = config.user.password;
    $("login-as").hidden = false;
  }
  if (config.doctor_url) {
    $("doctor").querySelector("a").href = config.doctor_url;
    $("doctor").hidden = false;
  }
  if (config.outbox_url) {
    $("outbox").querySelector("a").href = config.outbox_url;
    $("outbox").hidden = false;
  }
  $("action-code").textContent = config.action.code;
  $("snippet").textContent = [
    "new auth0.WebAuth({",
    `  domain: "${new URL(config.issuer).host}",`,
    `  clientID: "${config.applications[0].client_id}",`,
    '  responseType: "token id_token",',
    '  scope: "openid email profile",',
    `  audience: "${config.audience}", // the one line`,
    `  redirectUri: "${config.redirect_uri}",`,
    "});",
  ].join("\n");
}

async function begin() {
  const config = await (await fetch("/config.json")).json();
  fill(config);
  connect(config);
  let arrived = null;
  try {
    arrived = await arrive(config);
    if (arrived?.memo === "second" || arrived?.memo === "claim")
      arrived.call = await call(config.api_url, arrived.accessToken);
    if (arrived) remember(arrived.memo, arrived);
  } catch (error) {
    trouble(error);
  }
  show(config, arrived?.memo);
  document.documentElement.dataset.ready = "";
}

begin().catch(trouble);
