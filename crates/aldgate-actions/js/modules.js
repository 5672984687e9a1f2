// -- require --------------------------------------------------------------------------------------

const encoded = (bytes, encoding) => {
  if (encoding === "hex") return toHex(bytes);
  if (encoding === "base64") return toBase64(bytes);
  if (encoding === "base64url") return base64url(bytes);
  if (encoding === undefined || encoding === "buffer") return bytes;
  throw new NativeTypeError(
    `the encoding ${encoding} is not offered; use hex, base64 or base64url`,
  );
};

const base64url = (bytes) =>
  toBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

const joined = (parts) => {
  let length = 0;
  for (const part of parts) length += part.length;
  const whole = new Bytes(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};

const builder = (finish) => {
  const parts = [];
  const self = {
    update(data) {
      parts.push(bytesOf(data));
      return self;
    },
    digest(encoding) {
      return encoded(finish(joined(parts)), encoding);
    },
  };
  return self;
};

const nodeDigest = (name) => {
  const known = { sha1: "sha1", sha256: "sha256", sha384: "sha384", sha512: "sha512" }[
    `${name}`.toLowerCase().replace("-", "")
  ];
  if (known === undefined)
    throw new NativeTypeError(`the digest ${name} is not offered; use sha256`);
  return known;
};

const nodeCrypto = () => ({
  createHash: (name) => builder((data) => digest(nodeDigest(name), data)),
  createHmac: (name, key) => builder((data) => hmac(nodeDigest(name), key, data)),
  randomBytes: (size) => {
    const bytes = fromBase64(ask("random", { bytes: size }));
    const asText = (encoding) => encoded(bytes, encoding ?? "hex");
    return defineProperty(bytes, "toString", { value: asText });
  },
  randomUUID,
  timingSafeEqual: (a, b) => same(bytesOf(a), bytesOf(b)),
  webcrypto: globalThis.crypto,
});

const HMACS = { HS256: "sha256", HS384: "sha384", HS512: "sha512" };

const seconds = () => Math.floor(Date.now() / 1000);

const span = (text) => {
  if (typeof text === "number") return text;
  const [, size, unit] = /^(\d+)\s*(s|m|h|d)?$/.exec(`${text}`) ?? [];
  if (size === undefined)
    throw new NativeTypeError(`${text} is no span; use seconds, "15m", "1h" or "2d"`);
  return +size * { s: 1, m: 60, h: 3600, d: 86400 }[unit ?? "s"];
};

const jsonwebtoken = () => {
  const algorithm = (name) => {
    if (HMACS[name] === undefined)
      throw new NativeError(`the algorithm ${name} is not offered; use HS256`);
    return HMACS[name];
  };
  const sign = (payload, secret, options = {}) => {
    const name = options.algorithm ?? "HS256";
    const claims = { ...payload, iat: payload.iat ?? seconds() };
    if (options.expiresIn !== undefined) claims.exp = claims.iat + span(options.expiresIn);
    for (const [option, claim] of [
      ["issuer", "iss"],
      ["audience", "aud"],
      ["subject", "sub"],
      ["jwtid", "jti"],
    ]) {
      if (options[option] !== undefined) claims[claim] = options[option];
    }
    const head = base64url(toUtf8(stringify({ alg: name, typ: "JWT", ...options.header })));
    const signed = `${head}.${base64url(toUtf8(stringify(claims)))}`;
    return `${signed}.${base64url(hmac(algorithm(name), secret, signed))}`;
  };
  const decode = (token, options = {}) => {
    const [head, body, signature] = `${token}`.split(".");
    const part = (text) => parse(fromUtf8(fromBase64(text)));
    try {
      const payload = part(body);
      return options.complete ? { header: part(head), payload, signature } : payload;
    } catch {
      return null;
    }
  };
  const verify = (token, secret, options = {}) => {
    const whole = decode(token, { complete: true });
    const fail = (message) =>
      Object.assign(new NativeError(message), { name: "JsonWebTokenError" });
    if (whole === null || `${token}`.split(".").length !== 3) throw fail("jwt malformed");
    const allowed = options.algorithms ?? ["HS256", "HS384", "HS512"];
    if (!allowed.includes(whole.header.alg)) throw fail("invalid algorithm");
    const [head, body] = `${token}`.split(".");
    const expected = hmac(algorithm(whole.header.alg), secret, `${head}.${body}`);
    if (!same(expected, fromBase64(whole.signature))) throw fail("invalid signature");
    const { exp, nbf, iss, aud } = whole.payload;
    if (exp !== undefined && exp <= seconds() && !options.ignoreExpiration) {
      throw Object.assign(fail("jwt expired"), { name: "TokenExpiredError" });
    }
    if (nbf !== undefined && nbf > seconds()) throw fail("jwt not active");
    if (options.issuer !== undefined && ![options.issuer].flat().includes(iss))
      throw fail("jwt issuer invalid");
    const wanted = options.audience === undefined ? [] : [options.audience].flat();
    if (wanted.length > 0 && ![aud].flat().some((one) => wanted.includes(one)))
      throw fail("jwt audience invalid");
    return options.complete ? whole : whole.payload;
  };
  return { sign, verify, decode };
};

const axios = () => {
  const request = async (config) => {
    const base = config.baseURL ?? "";
    const url = new URL(`${base}${config.url}`);
    for (const [name, value] of Object.entries(config.params ?? {}))
      url.searchParams.append(name, value);
    const headers = { ...config.headers };
    let body = config.data;
    if (body !== undefined && typeof body !== "string" && !(body instanceof URLSearchParams)) {
      body = stringify(body);
      headers["content-type"] ??= "application/json";
    }
    const answer = await fetch(url.href, { method: config.method ?? "GET", headers, body });
    const text = await answer.text();
    let data = text;
    try {
      data = parse(text);
    } catch {
      /* not JSON: as it came */
    }
    const response = {
      status: answer.status,
      data,
      headers: Object.fromEntries(answer.headers),
      config,
    };
    if (answer.ok) return response;
    const message = `Request failed with status code ${answer.status}`;
    throw Object.assign(new NativeError(message), {
      name: "AxiosError",
      isAxiosError: true,
      response,
    });
  };
  const make = (defaults) => {
    const call = (first, second = {}) =>
      request({
        ...defaults,
        ...(typeof first === "string" ? { ...second, url: first } : first),
      });
    for (const method of ["get", "delete"]) {
      call[method] = (url, config = {}) => call({ ...config, url, method });
    }
    for (const method of ["post", "put", "patch"]) {
      call[method] = (url, data, config = {}) => call({ ...config, url, data, method });
    }
    call.request = call;
    call.create = (more) => make({ ...defaults, ...more });
    return call;
  };
  const root = make({});
  root.default = root;
  return root;
};

/** A thin client of the Management API: `new ManagementClient({domain, clientId, …})`. */
const auth0 = () => {
  class ManagementClient {
    #options;
    #token;
    constructor(options) {
      this.#options = options;
      const on =
        (run) =>
        async (parameters = {}, body = undefined) => ({ data: await run(parameters, body) });
      const id = (parameters) => encodeURIComponent(parameters.id);
      const call = (method, path, body) => this.#call(method, path, body);
      this.users = {
        get: on((p) => call("GET", `users/${id(p)}`)),
        getAll: on((p) => call("GET", `users?${new URLSearchParams(p)}`)),
        update: on((p, body) => call("PATCH", `users/${id(p)}`, body)),
        getRoles: on((p) => call("GET", `users/${id(p)}/roles`)),
        assignRoles: on((p, body) => call("POST", `users/${id(p)}/roles`, body)),
        deleteRoles: on((p, body) => call("DELETE", `users/${id(p)}/roles`, body)),
        getPermissions: on((p) => call("GET", `users/${id(p)}/permissions`)),
        link: on((p, body) => call("POST", `users/${id(p)}/identities`, body)),
      };
      this.usersByEmail = {
        getByEmail: on((p) => call("GET", `users-by-email?email=${encodeURIComponent(p.email)}`)),
      };
      this.roles = { getAll: on((p) => call("GET", `roles?${new URLSearchParams(p)}`)) };
      this.clients = {
        get: on((p) => call("GET", `clients/${encodeURIComponent(p.client_id)}`)),
      };
    }
    async #call(method, path, body) {
      const { domain, clientId, clientSecret, token } = this.#options;
      const origin = domain.includes("://") ? domain.replace(/\/$/, "") : `https://${domain}`;
      this.#token ??= token;
      if (this.#token === undefined) {
        const grant = await fetch(`${origin}/oauth/token`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: stringify({
            grant_type: "client_credentials",
            client_id: clientId,
            client_secret: clientSecret,
            audience: this.#options.audience ?? `${origin}/api/v2/`,
          }),
        });
        const answer = await grant.json();
        if (!grant.ok)
          throw new NativeError(`no token: ${answer.error_description ?? answer.error}`);
        this.#token = answer.access_token;
      }
      const headers = { authorization: `Bearer ${this.#token}` };
      if (body !== undefined) headers["content-type"] = "application/json";
      const answer = await fetch(`${origin}/api/v2/${path}`, {
        method,
        headers,
        body: body === undefined ? null : stringify(body),
      });
      const text = await answer.text();
      const value = text === "" ? undefined : parse(text);
      if (answer.ok) return value;
      throw Object.assign(new NativeError(value?.message ?? `status ${answer.status}`), {
        statusCode: answer.status,
      });
    }
  }
  return { ManagementClient };
};

/** The part of Node's Buffer that actions use: text to bytes and back. */
class Buffer extends Bytes {
  static from(data, encoding = "utf8") {
    if (typeof data !== "string")
      return joinedInto(bytesOf(isArray(data) ? new Bytes(data) : data));
    if (encoding === "utf8" || encoding === "utf-8") return joinedInto(toUtf8(data));
    if (encoding === "base64" || encoding === "base64url") return joinedInto(fromBase64(data));
    if (encoding === "hex")
      return joinedInto(
        new Bytes((data.match(/[0-9a-f]{2}/gi) ?? []).map((pair) => parseInt(pair, 16))),
      );
    throw new NativeTypeError(`the encoding ${encoding} is not offered`);
  }
  static concat(list) {
    return joinedInto(joined(list));
  }
  static isBuffer(value) {
    return value instanceof Buffer;
  }
  static byteLength(text) {
    return bytesOf(text).length;
  }
  toString(encoding = "utf8") {
    return encoding === "utf8" || encoding === "utf-8" ? fromUtf8(this) : encoded(this, encoding);
  }
}

const joinedInto = (bytes) => {
  const buffer = new Buffer(bytes.length);
  buffer.set(bytes);
  return buffer;
};

define("Buffer", Buffer);

const MODULES = {
  buffer: () => ({ Buffer }),
  "node:buffer": () => ({ Buffer }),
  crypto: nodeCrypto,
  "node:crypto": nodeCrypto,
  jsonwebtoken,
  axios,
  auth0,
};
const loaded = new NativeMap();

const require = (name) => {
  const make = Object.hasOwn(MODULES, name) ? MODULES[name] : undefined;
  if (make === undefined) {
    const offered = getOwnPropertyNames(MODULES).join(", ");
    throw new NativeError(`Cannot find module '${name}'. Actions can require: ${offered}`);
  }
  if (apply(mapGet, loaded, [name]) === undefined) apply(mapSet, loaded, [name, make()]);
  return apply(mapGet, loaded, [name]);
};
