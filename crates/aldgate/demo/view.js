// Shows tokens, requests and responses. Values only ever become text.

import { decode } from "./token.js";

/** Makes an element: el("p", { class: "x" }, "text", child). */
export function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes))
    element.setAttribute(attribute, value);
  element.append(...children);
  return element;
}

const short = (text, length = 88) => (text.length > length ? `${text.slice(0, length)}…` : text);

/** What a claim is about, for those that the story is about. */
const MEANING = {
  aud: "for whom this token is",
  iss: "who issued it",
  sub: "the user",
  azp: "the application that asked",
  client_id: "the application that asked",
  scope: "what may be done",
  email: "who logged in",
  "https://demo/email": "what the action added",
  typ: "what kind of token this is",
  exp: "until when",
};

/** A token: the raw form with its parts coloured, then what it says. */
export function token(title, raw, { key = [], note } = {}) {
  const decoded = decode(raw);
  const card = el("article", { class: "token card" });
  card.append(
    el("h3", {}, title, " ", badge(decoded ? "JWT" : "opaque", decoded ? "good" : "warn")),
  );
  const code = el("code", { class: "raw" });
  if (decoded) {
    decoded.parts.forEach((part, index) => {
      if (index) code.append(".");
      code.append(el("span", { "data-part": ["header", "payload", "signature"][index] }, part));
    });
  } else {
    code.append(raw);
  }
  card.append(
    el(
      "div",
      { class: "raw-frame", tabindex: "0", role: "group", "aria-label": `${title}, encoded` },
      code,
    ),
  );
  if (decoded) {
    const claims = [
      ["typ", decoded.header.typ],
      ["alg", decoded.header.alg],
      ...Object.entries(decoded.payload),
    ];
    card.append(
      el(
        "dl",
        { class: "claims" },
        ...claims.filter(([, value]) => value !== undefined).map((c) => claim(c, key)),
      ),
    );
  }
  if (note) card.append(el("p", { class: "note" }, note));
  return card;
}

function claim([name, value], key) {
  const row = el("div", key.includes(name) ? { "data-key": "" } : {});
  let text = typeof value === "string" ? value : JSON.stringify(value);
  if (["iat", "exp", "auth_time", "nbf"].includes(name))
    text = `${text} · ${new Date(value * 1000).toLocaleTimeString()}`;
  row.append(el("dt", {}, name), el("dd", {}, el("code", {}, text)));
  if (key.includes(name) && MEANING[name]) row.lastChild.append(el("small", {}, MEANING[name]));
  return row;
}

export function badge(text, tone) {
  return el("span", { class: "badge", "data-tone": tone }, text);
}

/** The parameters of a request to /authorize. */
export function authorizeRequest(issuer, parameters, key = []) {
  const list = Object.entries(parameters)
    .filter(([name]) => name !== "auth0Client")
    .map((c) => claim(c, key));
  return el(
    "details",
    { class: "exchange" },
    el(
      "summary",
      {},
      el("code", {}, `GET ${new URL("authorize", issuer).pathname}`),
      " what the application asked",
    ),
    el("dl", { class: "claims" }, ...list),
  );
}

/** A request with its response, and the reason if it was refused. */
export function exchange(
  { request, status, statusText, challenge, body },
  praise = "The API let you in.",
) {
  const good = status < 400;
  const url = new URL(request.url);
  const sent = [
    `${request.method} ${url.pathname} HTTP/1.1`,
    `Host: ${url.host}`,
    `Authorization: ${short(request.authorization, 64)}`,
  ].join("\n");
  const shown = typeof body === "string" ? body : JSON.stringify(body, null, 2);
  const head =
    `HTTP/1.1 ${status} ${statusText}`.trim() +
    (challenge ? `\nWWW-Authenticate: ${challenge}` : "");
  const parts = [];
  parts.push(
    el(
      "p",
      { class: "verdict" },
      badge(`${status}${good ? " accepted" : " refused"}`, good ? "good" : "bad"),
      ` ${body?.error_description ?? (good ? praise : statusText)}`,
    ),
  );
  if (!good && body?.expected) parts.push(why(body));
  parts.push(
    el(
      "div",
      { class: "pair" },
      el(
        "figure",
        {},
        el("figcaption", {}, "Request"),
        el("pre", { class: "code", tabindex: "0" }, sent),
      ),
      el(
        "figure",
        {},
        el("figcaption", {}, "Response"),
        el("pre", { class: "code", tabindex: "0" }, `${head}\n\n${shown}`),
      ),
    ),
  );
  return el("div", { class: "exchange" }, ...parts);
}

function why({ expected, actual, remedy, documentation }) {
  const side = (name, label, text) =>
    el("div", { "data-side": name }, el("dt", {}, label), el("dd", {}, text));
  const box = el(
    "div",
    { class: "compare" },
    el(
      "dl",
      {},
      side("actual", "You sent", actual),
      side("expected", "The API expects", expected),
    ),
  );
  const link = /^https?:/.test(documentation ?? "")
    ? [" ", el("a", { href: documentation }, "Read more")]
    : [];
  if (remedy)
    box.append(el("p", { class: "remedy" }, el("strong", {}, "What to do: "), remedy, ...link));
  return box;
}
