// Takes tokens apart and runs the checks of an API, as aldgate-verify does. It has no words of its
// own for refusals, only their names in the server's catalogue of texts.

const LEEWAY = 5;
const TEXT_MAX = 256 * 1024;
const TOKEN_MAX = 16 * 1024;

/** What the checks know of the issuer: its name, its keys, the names of other platforms. */
export const known = { issuer: "", keys: null, platforms: {} };

// ---- What was pasted ---------------------------------------------------------------------------

/** Finds the token in what was pasted: a token, a header, a token response, curl -v. */
export function find(pasted) {
  const text = pasted.slice(0, TEXT_MAX).trim();
  const input = { remarks: [] };
  const found = curl(text, input) ?? header(text, input) ?? response(text, input) ?? text;
  const token = found.trim().replace(/^["'`,]+|["'`,]+$/g, "");
  if (token.length !== found.trim().length)
    input.remarks.push("There were quotes or commas around the token.");
  if (/\s/.test(token)) input.remarks.push("There is white space within the token.");
  return { ...input, token };
}

function curl(text, input) {
  const lines = text.split(/\r?\n/);
  if (!lines.some((line) => line.startsWith("> ") || line.startsWith("< "))) return null;
  let token = "";
  let count = 0;
  for (const line of lines) {
    const field = /^[<>] ([\w-]+):\s*(.*)$/.exec(line);
    const name = field?.[1].toLowerCase();
    if (line.startsWith("> ") && name === "authorization") {
      count += 1;
      token = credentials(field[2], input);
    } else if (line.startsWith("< ") && name === "www-authenticate") {
      input.challenge = field[2];
    } else if (/^> \S+ \S+ HTTP\//.test(line)) {
      input.request = line.slice(2).split(" HTTP/")[0].split("?")[0];
    } else if (line.startsWith("< HTTP/")) {
      input.answer = line.slice(2).trim();
    }
  }
  if (count === 0) input.remarks.push("The request has no Authorization header.");
  if (count > 1) input.remarks.push(`The request has ${count} Authorization headers.`);
  return token;
}

function header(text, input) {
  const named = /^authorization\s*:/i.exec(text);
  const value = named ? text.slice(named[0].length).trim() : text;
  if (!named && !/^(bearer|dpop)( |$)/i.test(value)) return null;
  return credentials(value, input);
}

function credentials(value, input) {
  const space = value.indexOf(" ");
  if (space < 0) {
    input.remarks.push("The header has no scheme: write `Bearer ` before the token.");
    return value;
  }
  const scheme = value.slice(0, space);
  if (/^(bearer|dpop)$/i.test(scheme)) input.scheme = scheme.toLowerCase();
  else input.remarks.push(`The scheme is ${scheme}, not Bearer.`);
  return value.slice(space + 1);
}

function response(text, input) {
  let json = null;
  try {
    json = JSON.parse(text);
  } catch {
    return null;
  }
  const token = [json?.access_token, json?.id_token].find((it) => typeof it === "string");
  if (token !== undefined && token === json.access_token && json.id_token)
    input.remarks.push("The access token is explained; the ID token is not for APIs.");
  return token ?? null;
}

// ---- What it is --------------------------------------------------------------------------------

const bytes = (segment) => {
  const base64 = segment.replaceAll("-", "+").replaceAll("_", "/");
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
};
const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Whether an object in a JSON text that parses names a member twice, at any depth: other readers
 * would take the first, JSON.parse takes the last (RFC 7519 section 4). */
function namesTwice(text) {
  const objects = [];
  let string = "";
  for (const [part] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]:]/g)) {
    if (part === "{") objects.push(new Set());
    else if (part === "[") objects.push(null);
    else if (part === "}" || part === "]") objects.pop();
    else if (part === ":") {
      const names = objects.at(-1);
      if (names.has(string)) return true;
      names.add(string);
    } else string = JSON.parse(part);
  }
  return false;
}

const hasTwice = (segment) => namesTwice(utf8.decode(bytes(segment)));

function object(segment) {
  try {
    const value = JSON.parse(utf8.decode(bytes(segment)));
    return value && typeof value === "object" && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}

/** What a text looks like by its form. */
function look(token) {
  if (token.startsWith("alda_")) return "aldgate_access";
  if (token.startsWith("aldr_")) return "aldgate_refresh";
  if (token.length < 8 || !/^[A-Za-z0-9\-._~+/=]+$/.test(token)) return "garbage";
  const parts = token.split(".");
  if (parts.length === 3 && token.startsWith("eyJ")) return "jwt";
  if (parts.length === 5 && token.startsWith("eyJ"))
    return object(parts[0])?.alg === "dir" && parts[1] === "" ? "auth0_opaque" : "encrypted";
  if (parts.length === 2 && token.startsWith("v1.")) return "auth0_refresh";
  return token.length <= 2048 ? "opaque" : "garbage";
}

const KIND_OF_LOOK = {
  aldgate_access: "opaque",
  aldgate_refresh: "refresh_token",
  auth0_opaque: "opaque",
  auth0_refresh: "refresh_token",
  encrypted: "encrypted",
  garbage: "unknown",
  jwt: "jwt",
  opaque: "opaque",
};

const KIND_OF_TYP = {
  "at+jwt": "access_token",
  "logout+jwt": "logout_token",
  "dpop+jwt": "dpop_proof",
  "oauth-authz-req+jwt": "request_object",
  "client-authentication+jwt": "client_assertion",
};

const typ = (head) => String(head.typ ?? "").toLowerCase().replace(/^application\//, "");
export const audiences = (claims) =>
  [claims.aud].flat().filter((audience) => typeof audience === "string");
export const application = (claims) =>
  [claims.client_id, claims.azp, claims.cid].find((id) => typeof id === "string");
const hasIdTokenMarks = (claims) =>
  ["nonce", "at_hash", "c_hash", "s_hash"].some((name) => name in claims);

/** The kind of a JWT: by its typ, else by its claims. */
function kindOf(head, claims) {
  const byTyp = KIND_OF_TYP[typ(head)];
  if (byTyp) return byTyp;
  const has = (name) => name in claims;
  if (has("events")) return "logout_token";
  if (has("htm") && has("htu")) return "dpop_proof";
  if (has("response_type") || (has("redirect_uri") && has("client_id"))) return "request_object";
  const use = claims.token_use ?? claims.typ;
  if (["id", "ID"].includes(use)) return "id_token";
  if (["access", "Bearer"].includes(use)) return "access_token";
  if (["Refresh", "Offline"].includes(use)) return "refresh_token";
  if (hasIdTokenMarks(claims)) return "id_token";
  const grants = ["scope", "scp", "permissions", "gty", "roles", "realm_access"];
  if (grants.some(has)) return "access_token";
  if (claims.iss !== undefined && claims.iss === claims.sub) return "client_assertion";
  const [only, ...more] = audiences(claims);
  if (only !== undefined && more.length === 0 && claims.azp === only) return "id_token";
  const person = "auth_time sid email email_verified name nickname picture".split(" ");
  const namesAnApi = has("azp") || has("client_id") || has("cid");
  if (!namesAnApi && has("sub") && person.some(has)) return "id_token";
  if (namesAnApi) return "access_token";
  const clientId = /^(?=.*\d)[A-Za-z0-9]{20,64}$/;
  const bareIdToken = more.length === 0 && clientId.test(only ?? "") && has("sub") && !has("jti");
  return bareIdToken ? "id_token" : "jwt";
}

/** The platform that issued it, if it is a well-known other one. */
export function platformOf(issuer, claims = {}) {
  const [, address = issuer ?? ""] = /^[^:]*:\/\/(.*)$/.exec(issuer ?? "") ?? [];
  const [host, ...rest] = address.split("/");
  const path = rest.join("/");
  const on = (...domains) => domains.some((d) => host === d || host.endsWith(`.${d}`));
  if (on("auth0.com")) return "auth0";
  if (on("login.microsoftonline.com", "sts.windows.net", "ciamlogin.com", "b2clogin.com"))
    return "entra";
  if (host.startsWith("cognito-idp.") && on("amazonaws.com")) return "cognito";
  if (on("okta.com", "oktapreview.com", "okta-emea.com")) return "okta";
  if (on("securetoken.google.com")) return "firebase";
  if (on("accounts.google.com")) return "google";
  if (on("appleid.apple.com")) return "apple";
  if (on("token.actions.githubusercontent.com")) return "git_hub_actions";
  if (on("clerk.accounts.dev")) return "clerk";
  if (on("supabase.co")) return "supabase";
  if (/(^|\/)realms\//.test(path)) return "keycloak";
  if ((issuer ?? "").includes("kubernetes")) return "kubernetes";
  const has = (name) => name in claims;
  if (has("realm_access") || has("resource_access")) return "keycloak";
  if (has("cognito:username")) return "cognito";
  if (has("firebase")) return "firebase";
  if (has("kubernetes.io")) return "kubernetes";
  return has("tid") && (has("oid") || has("ver")) ? "entra" : null;
}

// ---- The checks of an API ----------------------------------------------------------------------

const pass = (expected, actual) => ({ outcome: "pass", expected, actual });
const skip = (actual) => ({ outcome: "skipped", expected: "not known here", actual });
const fail = (key, values = {}) => ({ outcome: "fail", key, values });
export const show = (value) =>
  value === undefined ? "(none)" : typeof value === "string" ? value : JSON.stringify(value);

function form(token, head, claims) {
  if (token === "") return fail("no_token");
  const shape = look(token);
  if (shape === "encrypted") return fail("wrong_kind.encrypted");
  if (!["jwt", "garbage"].includes(shape)) return fail(`opaque.${shape}`);
  const parts = token.split(".");
  if (token.length > TOKEN_MAX) return fail("malformed.too_large");
  if (parts.length !== 3) return fail("malformed.segments");
  if (!parts.every((part) => /^[A-Za-z0-9_-]*$/.test(part) && part.length % 4 !== 1))
    return fail("malformed.base64");
  if (!head) return fail("malformed.json");
  if (hasTwice(parts[0])) return fail("malformed.duplicate_member");
  if (["crit", "b64", "zip", "enc", "p2c"].some((name) => name in head))
    return fail("malformed.header_parameter");
  if (!claims) return fail("claims_malformed.json");
  if (hasTwice(parts[1])) return fail("claims_malformed.duplicate_member");
  if (["iss", "sub", "jti"].some((n) => n in claims && typeof claims[n] !== "string"))
    return fail("claims_malformed.claim_type");
  const isTime = (at) => typeof at === "number" && at >= 0 && at <= 2 ** 53;
  if (["exp", "nbf", "iat"].some((name) => name in claims && !isTime(claims[name])))
    return fail("claims_malformed.claim_time");
  const aud = [claims.aud].flat();
  if ("aud" in claims && !(aud.length && aud.every((it) => typeof it === "string")))
    return fail("claims_malformed.claim_audience");
  return pass("a JWT: three segments", "three segments");
}

const ALGS = ["RS", "PS", "ES"].flatMap((family) => [256, 384, 512].map((n) => `${family}${n}`));
ALGS.push("EdDSA", "Ed25519");

function algorithm({ alg }) {
  if (ALGS.includes(alg)) return pass(ALGS.join(" or "), alg);
  if (/^HS(256|384|512)$/.test(alg)) return fail("symmetric", { alg });
  const isNone = typeof alg === "string" && alg.toLowerCase() === "none";
  return fail(isNone ? "malformed.algorithm_none" : "malformed.algorithm_unknown");
}

const bare = (text) => text.replace(/\/+$/, "");

function issuer({ iss }, claims) {
  if (iss === known.issuer) return pass(known.issuer, iss);
  const values = { issuer: known.issuer, actual: show(iss) };
  if (iss === undefined) return fail("wrong_issuer", values);
  const address = (text) => text.split("://").slice(1).join("://");
  const host = (text) => address(text).split("/")[0];
  const platform = platformOf(iss);
  if (bare(iss) === bare(known.issuer)) return fail("wrong_issuer.slash", values);
  if (iss.toLowerCase() === known.issuer.toLowerCase()) return fail("wrong_issuer.case", values);
  if (address(iss) && address(iss) === address(known.issuer))
    return fail("wrong_issuer.scheme", values);
  if (host(iss) && host(iss) === host(known.issuer)) return fail("wrong_issuer.path", values);
  if (!platform) return fail("wrong_issuer", values);
  return fail("wrong_issuer.foreign", { ...values, platform: known.platforms[platform] });
}

/** WebCrypto's names for an algorithm: those of the key, and those of the check. */
function crypto_of(alg) {
  const hash = `SHA-${alg.slice(2)}`;
  if (alg.startsWith("RS")) return [{ name: "RSASSA-PKCS1-v1_5", hash }, "RSASSA-PKCS1-v1_5"];
  if (alg.startsWith("PS"))
    return [{ name: "RSA-PSS", hash }, { name: "RSA-PSS", saltLength: Number(alg.slice(2)) / 8 }];
  if (!alg.startsWith("ES")) return [{ name: "Ed25519" }, "Ed25519"];
  const namedCurve = { ES256: "P-256", ES384: "P-384", ES512: "P-521" }[alg];
  return [{ name: "ECDSA", namedCurve }, { name: "ECDSA", hash }];
}

async function signature(token, { kid, alg }) {
  if (!known.keys || !ALGS.includes(alg) || !crypto.subtle) return skip(`key ${show(kid)}`);
  const fits = known.keys.filter((key) => (kid === undefined ? key.alg === alg : key.kid === kid));
  if (fits.length > 1) return fail("key_ambiguous", { count: fits.length });
  if (fits.length === 0) {
    const names = known.keys.map((key) => key.kid).join(" or ");
    return fail("key_unknown", { kid: show(kid), issuer: known.issuer, known: names });
  }
  const [signed, sent] = [token.slice(0, token.lastIndexOf(".")), token.split(".")[2]];
  const [how, check] = crypto_of(alg);
  try {
    const { kty, n, e, crv, x, y } = fits[0];
    const key = await crypto.subtle.importKey("jwk", { kty, n, e, crv, x, y }, how, false, [
      "verify",
    ]);
    const text = new TextEncoder().encode(signed);
    if (await crypto.subtle.verify(check, key, bytes(sent), text))
      return pass("a signature by the issuer's key", `key ${show(kid)}`);
  } catch (error) {
    if (error.name === "NotSupportedError") return skip(`key ${show(kid)}`);
  }
  return fail("bad_signature", { kid: show(kid) });
}

function kind(head, claims) {
  const found = kindOf(head, claims);
  const usual = head.typ === undefined || ["jwt", "at+jwt"].includes(typ(head));
  if (usual || ["access_token", "jwt", "id_token"].includes(found))
    return pass("an access token", show(head.typ));
  return fail(`wrong_kind.${found}`);
}

function audience(head, claims, api) {
  const actual = audiences(claims);
  if (!api) return skip(actual.join(", "));
  if (actual.includes(api) && !hasIdTokenMarks(claims)) return pass(api, actual.join(", "));
  const found = kindOf(head, claims);
  const azp = application(claims);
  if (found === "id_token") return fail("id_token", { application: azp ?? actual[0] ?? "(none)" });
  if (!["access_token", "jwt"].includes(found)) return fail(`wrong_kind.${found}`);
  const values = { actual: actual.join(", ") || "no audience" };
  const some = (test) => actual.some(test);
  if (some((it) => it.trim() === api.trim())) return fail("wrong_audience.space", values);
  if (some((it) => bare(it) === bare(api))) return fail("wrong_audience.slash", values);
  if (some((it) => it.toLowerCase() === api.toLowerCase()))
    return fail("wrong_audience.case", values);
  if (azp && actual.includes(azp)) return fail("wrong_audience.application", values);
  if (some((it) => it.endsWith("/api/v2/"))) return fail("wrong_audience.management_api", values);
  if (actual.length && actual.every((it) => it.endsWith("/userinfo")))
    return fail("wrong_audience.user_info", values);
  return fail("wrong_audience", values);
}

function times(claims, now) {
  const { exp, nbf, iat } = claims;
  const ago = Math.floor(now) - Math.floor(exp);
  const expired = { span: span(ago), now: Math.floor(now), exp: Math.floor(exp) };
  const expiry = () => {
    if (exp === undefined) return fail("claim_missing", { claim: "exp" });
    if (now < exp + LEEWAY) return pass(`exp after ${Math.floor(now)}`, `exp ${exp}`);
    return fail(ago <= 120 ? "expired.recent" : "expired", expired);
  };
  const begun = (name, at, key) => {
    if (at === undefined || at - now <= LEEWAY)
      return pass(`${name} not after ${Math.floor(now)}`, `${name} ${show(at)}`);
    return fail(key, { span: span(Math.ceil(at - now)) });
  };
  return [
    ["expiry", expiry()],
    ["not before", begun("nbf", nbf, "not_yet_valid")],
    ["issued at", begun("iat", iat, "issued_in_future")],
  ];
}

function scopes(claims, required) {
  const claim = claims.scope ?? claims.scp ?? "";
  const granted = typeof claim === "string" ? claim.split(" ").filter(Boolean) : [claim].flat();
  if (required.every((scope) => granted.includes(scope)))
    return pass(required.join(" "), granted.join(" "));
  const values = { required: required.join(" "), granted: granted.join(" ") || "none" };
  return fail("scope_missing", values);
}

function binding(claims, scheme) {
  const bound = typeof claims.cnf?.jkt === "string";
  if (!scheme) return skip("the token alone");
  if (bound && scheme === "bearer") return fail("dpop_bound");
  if (!bound && scheme === "dpop") return fail("not_dpop_bound");
  return pass("a token that is sent as it is bound", "it is");
}

/** Runs every check, also those after the first failure. */
export async function examine({ token, scheme }, wanted, now) {
  const parts = token.split(".");
  const [head, read] = parts.length === 3 ? [object(parts[0]), object(parts[1])] : [null, null];
  const shape = look(token);
  const formed = form(token, head, read);
  // Claims of wrong types say nothing.
  const claims = formed.key?.startsWith("claims_malformed") ? null : read;
  const found = head && claims ? kindOf(head, claims) : KIND_OF_LOOK[shape];
  const rows = [["form", formed]];
  if (head && claims) {
    rows.push(["algorithm", algorithm(head)]);
    rows.push(["issuer", issuer(claims)]);
    // Nothing is signed that is not well-formed.
    const signed = formed.outcome === "pass" ? signature(token, head) : skip(`key ${show(head.kid)}`);
    rows.push(["signature", await signed]);
    rows.push(["kind", kind(head, claims)]);
    rows.push(["audience", audience(head, claims, wanted.api)]);
    rows.push(...times(claims, now));
    if (wanted.scopes.length) rows.push(["scopes", scopes(claims, wanted.scopes)]);
    rows.push(["binding", binding(claims, scheme)]);
  }
  return { head, claims, shape, kind: found, rows };
}

/** A length of time that people can read. */
export function span(seconds) {
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} days`;
}
