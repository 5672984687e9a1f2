// -- URL ------------------------------------------------------------------------------------------

class URLSearchParams {
  #pairs = [];
  #changed = () => {};
  constructor(init = "", changed = undefined) {
    if (changed) this.#changed = changed;
    if (typeof init === "string") this.#pairs = ask("query", { text: init });
    else if (isArray(init))
      for (const [name, value] of init) this.#pairs.push([`${name}`, `${value}`]);
    else for (const name of getOwnPropertyNames(init)) this.#pairs.push([name, `${init[name]}`]);
  }
  get(name) {
    return (this.#pairs.find(([own]) => own === name) ?? [])[1] ?? null;
  }
  getAll(name) {
    return this.#pairs.filter(([own]) => own === name).map(([, value]) => value);
  }
  has(name) {
    return this.#pairs.some(([own]) => own === name);
  }
  append(name, value) {
    this.#pairs.push([`${name}`, `${value}`]);
    this.#changed(`${this}`);
  }
  delete(name) {
    this.#pairs = this.#pairs.filter(([own]) => own !== name);
    this.#changed(`${this}`);
  }
  set(name, value) {
    this.#pairs = this.#pairs.filter(([own]) => own !== name);
    this.append(name, value);
  }
  entries() {
    return this.#pairs.map(([name, value]) => [name, value])[Symbol.iterator]();
  }
  keys() {
    return this.#pairs.map(([name]) => name)[Symbol.iterator]();
  }
  values() {
    return this.#pairs.map(([, value]) => value)[Symbol.iterator]();
  }
  forEach(run) {
    for (const [name, value] of this.#pairs) run(value, name, this);
  }
  [Symbol.iterator]() {
    return this.entries();
  }
  toString() {
    return ask("form", { pairs: this.#pairs });
  }
}

class URL {
  #parts;
  #params;
  constructor(url, base = undefined) {
    this.#read(`${url}`, base === undefined ? undefined : `${base}`);
  }
  #read(url, base) {
    this.#parts = ask("url", { url, base });
    this.#params = new URLSearchParams(this.#parts.search, (query) => {
      const { href } = this.#parts;
      const [head, hash] = href.split("#");
      const bare = head.split("?")[0];
      this.#parts = ask("url", {
        url: `${bare}${query ? `?${query}` : ""}${hash === undefined ? "" : `#${hash}`}`,
      });
    });
  }
  get href() {
    return this.#parts.href;
  }
  set href(url) {
    this.#read(`${url}`);
  }
  get origin() {
    return this.#parts.origin;
  }
  get protocol() {
    return this.#parts.protocol;
  }
  get host() {
    return this.#parts.host;
  }
  get hostname() {
    return this.#parts.hostname;
  }
  get port() {
    return this.#parts.port;
  }
  get username() {
    return this.#parts.username;
  }
  get password() {
    return this.#parts.password;
  }
  get pathname() {
    return this.#parts.pathname;
  }
  set pathname(path) {
    this.#read(`${this.origin}${path}${this.search}${this.hash}`);
  }
  get search() {
    return this.#parts.search;
  }
  get hash() {
    return this.#parts.hash;
  }
  get searchParams() {
    return this.#params;
  }
  toString() {
    return this.href;
  }
  toJSON() {
    return this.href;
  }
}

define("URL", URL);
define("URLSearchParams", URLSearchParams);

// -- crypto ---------------------------------------------------------------------------------------

const DIGESTS = {
  "SHA-1": "sha1",
  "SHA-256": "sha256",
  "SHA-384": "sha384",
  "SHA-512": "sha512",
};

const digest = (algorithm, data) =>
  fromBase64(ask("digest", { algorithm, data: toBase64(bytesOf(data)) }));

const hmac = (algorithm, key, data) =>
  fromBase64(
    ask("hmac", { algorithm, key: toBase64(bytesOf(key)), data: toBase64(bytesOf(data)) }),
  );

const same = (a, b) => {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a[i] ^ b[i];
  return difference === 0;
};

const randomUUID = () => {
  const bytes = fromBase64(ask("random", { bytes: 16 }));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = toHex(bytes);
  const ends = [0, 8, 12, 16, 20, 32];
  return [1, 2, 3, 4, 5].map((i) => hex.slice(ends[i - 1], ends[i])).join("-");
};

const toHex = (bytes) => {
  let text = "";
  for (let i = 0; i < bytes.length; i++)
    text += "0123456789abcdef"[bytes[i] >> 4] + "0123456789abcdef"[bytes[i] & 15];
  return text;
};

const named = (algorithm) => {
  const name = typeof algorithm === "string" ? algorithm : algorithm?.name;
  const found = DIGESTS[`${name}`.toUpperCase()];
  if (found === undefined)
    throw new NativeTypeError(`the digest ${name} is not offered; use SHA-256`);
  return found;
};

define("crypto", {
  getRandomValues(view) {
    const bytes = bytesOf(view);
    const fresh = fromBase64(ask("random", { bytes: bytes.length }));
    for (let i = 0; i < bytes.length; i++) bytes[i] = fresh[i];
    return view;
  },
  randomUUID,
  subtle: {
    async digest(algorithm, data) {
      return digest(named(algorithm), data).buffer;
    },
    async importKey(format, key, algorithm, _extractable, _usages) {
      if (format !== "raw" || algorithm?.name !== "HMAC") {
        throw new NativeTypeError("crypto.subtle.importKey takes raw HMAC keys only");
      }
      return freeze({
        type: "secret",
        algorithm: { name: "HMAC", hash: algorithm.hash },
        key: bytesOf(key).slice(),
      });
    },
    async sign(_algorithm, key, data) {
      return hmac(named(key.algorithm.hash), key.key, data).buffer;
    },
    async verify(_algorithm, key, signature, data) {
      return same(hmac(named(key.algorithm.hash), key.key, data), bytesOf(signature));
    },
  },
});

// -- fetch ----------------------------------------------------------------------------------------

class Headers {
  #all = {};
  constructor(init = {}) {
    const pairs =
      init instanceof Headers ? [...init] : isArray(init) ? init : Object.entries(init);
    for (const [name, value] of pairs) this.append(name, value);
  }
  append(name, value) {
    const key = `${name}`.toLowerCase();
    this.#all[key] = key in this.#all ? `${this.#all[key]}, ${value}` : `${value}`;
  }
  set(name, value) {
    this.#all[`${name}`.toLowerCase()] = `${value}`;
  }
  get(name) {
    return this.#all[`${name}`.toLowerCase()] ?? null;
  }
  has(name) {
    return `${name}`.toLowerCase() in this.#all;
  }
  delete(name) {
    delete this.#all[`${name}`.toLowerCase()];
  }
  forEach(run) {
    for (const [name, value] of this) run(value, name, this);
  }
  entries() {
    return Object.entries(this.#all)[Symbol.iterator]();
  }
  [Symbol.iterator]() {
    return this.entries();
  }
}

class Response {
  #body;
  constructor({ status, headers, body, url }) {
    this.status = status;
    this.ok = status >= 200 && status < 300;
    this.headers = new Headers(headers);
    this.url = url;
    this.#body = body;
  }
  async text() {
    return fromUtf8(fromBase64(this.#body));
  }
  async json() {
    return parse(await this.text());
  }
  async arrayBuffer() {
    return fromBase64(this.#body).buffer;
  }
}

const fetches = new NativeMap();
let lastFetch = 0;

const fetch = (resource, init = {}) =>
  new NativePromise((resolve, reject) => {
    const id = ++lastFetch;
    const headers = new Headers(init.headers ?? {});
    let body = init.body ?? null;
    if (body instanceof URLSearchParams) {
      if (!headers.has("content-type"))
        headers.set("content-type", "application/x-www-form-urlencoded");
      body = `${body}`;
    }
    apply(mapSet, fetches, [id, { resolve, reject }]);
    try {
      ask("fetch", {
        id,
        url: `${resource?.href ?? resource}`,
        method: `${init.method ?? "GET"}`.toUpperCase(),
        headers: [...headers],
        body: body === null ? null : toBase64(bytesOf(body)),
      });
    } catch (error) {
      apply(mapDelete, fetches, [id]);
      reject(error);
    }
  });

/** The host has the answer to a fetch. */
const settle = (id, text) => {
  const waiting = apply(mapGet, fetches, [id]);
  if (waiting === undefined) return;
  apply(mapDelete, fetches, [id]);
  const answer = parse(text);
  if (answer.error !== undefined)
    waiting.reject(new NativeTypeError(`fetch failed: ${answer.error}`));
  else waiting.resolve(new Response(answer));
};

define("fetch", fetch);
define("Headers", Headers);
