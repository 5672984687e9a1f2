// The token doctor in the browser: shows what a token is, what the checks of an API say, and what
// to change. Its words come from the server's catalogue of texts; the token never goes there.

import {
  application,
  audiences,
  examine,
  find,
  known,
  platformOf,
  show,
  span,
} from "./current-token-checks.js";

const page = document.getElementById("doctor");
const $ = (id) => document.getElementById(id);
const { issuer: ISSUER, texts, keys, lookup, dashboard } = page.dataset;
let TEXTS = null;

/** Makes an element; values only ever become text. */
function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

const fill = (text, values, escape = (value) => value) =>
  text.replace(/\{(\w+)\}/g, (whole, name) =>
    values[name] === undefined ? whole : escape(String(values[name])),
  );

const ESCAPES = {
  js: (value) => value.replace(/[\\']/g, "\\$&").replace(/[\r\n]/g, " "),
  sh: (value) => value.replaceAll("'", "'\\''"),
  rust: (value) => value.replace(/[\\"]/g, "\\$&"),
};

/** The words of a refusal. */
function words(failed, values) {
  const entry = TEXTS.reasons[failed.key] ?? TEXTS.reasons[failed.key.split(".")[0]];
  const all = { ...values, ...failed.values };
  const text = (name) => fill(entry[name], all);
  const snippets = entry.snippets.map(({ title, language, code }) => ({
    title,
    code: fill(code, all, ESCAPES[language]),
  }));
  return {
    page: entry.page,
    code: entry.code,
    documentation: entry.documentation,
    snippets,
    summary: text("summary"),
    expected: text("expected"),
    actual: text("actual"),
    remedy: text("remedy"),
  };
}

function facts(list, rows) {
  const shown = rows.filter(([, value]) => value !== undefined && value !== null && value !== "");
  list.replaceChildren(
    ...shown.map(([name, value]) =>
      el("div", {}, el("dt", {}, name), el("dd", {}, el("code", {}, String(value)))),
    ),
  );
}

function grant({ kind, claims }) {
  if (!claims || !["access_token", "id_token"].includes(kind)) return null;
  if (claims.gty) return [claims.gty].flat().join(", ");
  if (String(claims.sub ?? "").endsWith("@clients")) return "client-credentials";
  return "a user's login (authorization code or implicit)";
}

function claimRow([name, value], kind, now) {
  const [meaning, from] = TEXTS.claims[name] ?? ["", TEXTS.custom];
  const custom = from.startsWith("scope ") && kind === "access_token";
  const cell = el("td", {}, el("code", {}, show(value)));
  if (["exp", "nbf", "iat", "auth_time"].includes(name) && Number.isFinite(value)) {
    const ahead = Math.floor(value - now);
    cell.append(" ", el("small", {}, ahead > 0 ? `in ${span(ahead)}` : `${span(-ahead)} ago`));
  }
  const source = el("td", {}, custom ? TEXTS.custom : from);
  if (meaning) source.append(" ", el("small", {}, `(${meaning})`));
  return el("tr", { "data-claim": name }, el("th", { scope: "row" }, name), cell, source);
}

const TONES = { pass: "good", fail: "bad", skipped: "warn" };

function checkRow([name, result], values) {
  const said = result.outcome === "fail" ? words(result, values) : result;
  const badge = el("span", { class: "badge", "data-tone": TONES[result.outcome] }, result.outcome);
  return el(
    "tr",
    { "data-check": name, "data-outcome": result.outcome },
    el("th", { scope: "row" }, name),
    el("td", {}, badge),
    el("td", {}, said.expected),
    el("td", {}, said.actual),
  );
}

/** The page of the dashboard, of the application itself where it is one of this tenant. */
function dashboardPage(name, app) {
  const isPlain = /^[\w.~-]+$/.test(app ?? "");
  return `${dashboard}/${name}${name === "applications" && isPlain ? `/${app}` : ""}`;
}

function showVerdict(reason, isComplete, app) {
  const verdict = $("verdict");
  verdict.dataset.code = reason?.code ?? (isComplete ? "accepted" : "incomplete");
  verdict.dataset.tone = reason ? "bad" : isComplete ? "good" : "warn";
  const rest = isComplete
    ? "The API accepts this token."
    : "Nothing is wrong so far, but not everything could be checked.";
  verdict.textContent = reason?.summary ?? rest;
  $("change").hidden = !reason;
  if (!reason) return;
  $("remedy").textContent = reason.remedy;
  $("documentation").href = reason.documentation;
  $("dashboard-part").hidden = !reason.page;
  if (reason.page) $("dashboard").href = here(dashboardPage(reason.page, app));
  const snippet = ({ title, code }) =>
    el("div", {}, el("h3", {}, title), el("pre", { class: "code", tabindex: "0" }, code));
  $("snippets").replaceChildren(...reason.snippets.map(snippet));
}

async function diagnose() {
  const input = find($("pasted").value);
  const wanted = {
    api: $("api").value.trim(),
    scopes: $("scopes").value.split(/\s+/).filter(Boolean),
  };
  const now = Date.now() / 1000;
  const found = await examine(input, wanted, now);
  const claims = found.claims ?? {};
  const byKind = { id_token: audiences(claims)[0], client_assertion: claims.sub };
  const app = application(claims) ?? byKind[found.kind];
  const values = {
    audience: wanted.api || "YOUR_API_IDENTIFIER",
    client: app ?? "YOUR_CLIENT_ID",
    domain: new URL(ISSUER).host,
    issuer: ISSUER,
    scope: ["openid profile email", ...wanted.scopes].join(" "),
  };
  $("kind").textContent =
    TEXTS.kinds[`${found.kind}.${found.shape}`] ?? TEXTS.kinds[found.kind];
  $("diagnosis").dataset.kind = found.kind;
  const failed = found.rows.find(([, row]) => row.outcome === "fail")?.[1];
  const open = found.rows.some(([name, row]) => name !== "binding" && row.outcome === "skipped");
  showVerdict(failed && words(failed, values), !open, app);
  const remarks = input.remarks.map((remark) => el("li", {}, remark));
  $("remarks").replaceChildren(...remarks);
  const opaque = found.shape.startsWith("auth0") ? "auth0" : null;
  const platform = platformOf(claims.iss, claims) ?? opaque;
  facts($("facts"), [
    ["issuer", claims.iss],
    ["platform", TEXTS.platforms[platform]],
    ["audience", audiences(claims).join(", ")],
    ["application", app],
    ["grant", grant(found)],
    ["request", input.request],
    ["answer", input.answer],
    ["challenge", input.challenge],
  ]);
  $("checks").replaceChildren(...found.rows.map((row) => checkRow(row, values)));
  const rows = Object.entries(claims).map((claim) => claimRow(claim, found.kind, now));
  $("claims").replaceChildren(...rows);
  $("claims-part").hidden = rows.length === 0;
  $("lookup-part").hidden = typeof claims.jti !== "string" || claims.iss !== ISSUER;
  const isMachine = String(claims.sub ?? "").endsWith("@clients");
  $("lookup-machine").hidden = !isMachine;
  for (const part of document.querySelectorAll("[data-person]")) part.hidden = isMachine;
  $("lookup").dataset.jti = String(claims.jti ?? "");
  $("lookup-answer").replaceChildren();
  $("diagnosis").hidden = false;
  $("kind").focus();
}

async function ask() {
  const body = new URLSearchParams({ jti: $("lookup").dataset.jti });
  const answer = await fetch(here(lookup), { method: "POST", body, credentials: "omit" });
  const told = await answer.json();
  const rows = told.found
    ? [
        ["application", told.application ?? told.client_id],
        ["API", told.api ?? "none: good for /userinfo"],
        ["granted", told.granted_at],
        ["revoked", told.revoked_at ?? "no"],
      ]
    : [["answer", told.error_description ?? "This server keeps nothing under this id."]];
  facts($("lookup-answer"), rows);
  nameActions(told.actions ?? {});
}

/** Which action set a claim: the token does not say, but the grant knows. */
function nameActions(actions) {
  for (const row of document.querySelectorAll("#claims [data-claim]")) {
    const action = actions[row.dataset.claim];
    if (action === undefined) continue;
    const link = el("a", { href: here(`${dashboard}/actions`) }, action);
    row.lastElementChild.replaceChildren("the action ", link);
  }
}

/** The server may be reached by another name than its issuer: ask where the page came from. */
const here = (url) => new URL(new URL(url, location.href).pathname, location.origin);

async function begin() {
  const get = async (url) => (await fetch(here(url), { credentials: "omit" })).json();
  const [catalogue, set] = await Promise.all([get(texts), get(keys)]);
  TEXTS = catalogue;
  Object.assign(known, { issuer: ISSUER, keys: set.keys, platforms: TEXTS.platforms });
  $("explain").addEventListener("click", diagnose);
  $("pasted").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) diagnose();
  });
  $("lookup").addEventListener("click", ask);
  $("patient").hidden = false;
  page.dataset.ready = "";
}

begin();
