// Reaches for more authority than an action has (SBX-01).
// One script under each heading; `tests/hostile.rs` says what must hold of all of them.

// ==== constructor of the constructor of event [any]
try {
  const f = event.constructor.constructor;
  if (typeof f === "function") {
    const g = f("return this")();
    console.log(g === globalThis ? "own realm" : typeof g);
    const beyond = g?.process ?? g?.require ?? g?.Deno ?? (await g)?.process;
    if (beyond !== undefined) console.log("ESCAPED", typeof beyond);
  }
} catch (error) {
  console.log("refused");
}

// ==== constructor of the constructor of api [any]
try {
  const f = api.constructor.constructor;
  if (typeof f === "function") {
    const g = f("return this")();
    console.log(g === globalThis ? "own realm" : typeof g);
    const beyond = g?.process ?? g?.require ?? g?.Deno ?? (await g)?.process;
    if (beyond !== undefined) console.log("ESCAPED", typeof beyond);
  }
} catch (error) {
  console.log("refused");
}

// ==== constructor of the constructor of api method [any]
try {
  const f = api.access.deny.constructor.constructor;
  if (typeof f === "function") {
    const g = f("return this")();
    console.log(g === globalThis ? "own realm" : typeof g);
    const beyond = g?.process ?? g?.require ?? g?.Deno ?? (await g)?.process;
    if (beyond !== undefined) console.log("ESCAPED", typeof beyond);
  }
} catch (error) {
  console.log("refused");
}

// ==== constructor of the constructor of chained api [any]
try {
  const f = api.idToken.setCustomClaim("https://a.test/x", 1).constructor.constructor;
  if (typeof f === "function") {
    const g = f("return this")();
    console.log(g === globalThis ? "own realm" : typeof g);
    const beyond = g?.process ?? g?.require ?? g?.Deno ?? (await g)?.process;
    if (beyond !== undefined) console.log("ESCAPED", typeof beyond);
  }
} catch (error) {
  console.log("refused");
}

// ==== constructor of the constructor of console [any]
try {
  const f = console.constructor.constructor;
  if (typeof f === "function") {
    const g = f("return this")();
    console.log(g === globalThis ? "own realm" : typeof g);
    const beyond = g?.process ?? g?.require ?? g?.Deno ?? (await g)?.process;
    if (beyond !== undefined) console.log("ESCAPED", typeof beyond);
  }
} catch (error) {
  console.log("refused");
}

// ==== constructor of the constructor of console method [any]
try {
  const f = console.log.constructor.constructor;
  if (typeof f === "function") {
    const g = f("return this")();
    console.log(g === globalThis ? "own realm" : typeof g);
    const beyond = g?.process ?? g?.require ?? g?.Deno ?? (await g)?.process;
    if (beyond !== undefined) console.log("ESCAPED", typeof beyond);
  }
} catch (error) {
  console.log("refused");
}

// ==== constructor of the constructor of fetch [any]
try {
  const f = fetch.constructor.constructor;
  if (typeof f === "function") {
    const g = f("return this")();
    console.log(g === globalThis ? "own realm" : typeof g);
    const beyond = g?.process ?? g?.require ?? g?.Deno ?? (await g)?.process;
    if (beyond !== undefined) console.log("ESCAPED", typeof beyond);
  }
} catch (error) {
  console.log("refused");
}

// ==== constructor of the constructor of setTimeout [any]
try {
  const f = setTimeout.constructor.constructor;
  if (typeof f === "function") {
    const g = f("return this")();
    console.log(g === globalThis ? "own realm" : typeof g);
    const beyond = g?.process ?? g?.require ?? g?.Deno ?? (await g)?.process;
    if (beyond !== undefined) console.log("ESCAPED", typeof beyond);
  }
} catch (error) {
  console.log("refused");
}

// ==== constructor of the constructor of require [any]
try {
  const f = require.constructor.constructor;
  if (typeof f === "function") {
    const g = f("return this")();
    console.log(g === globalThis ? "own realm" : typeof g);
    const beyond = g?.process ?? g?.require ?? g?.Deno ?? (await g)?.process;
    if (beyond !== undefined) console.log("ESCAPED", typeof beyond);
  }
} catch (error) {
  console.log("refused");
}

// ==== constructor of the constructor of required module [any]
try {
  const f = require("node:crypto").constructor.constructor;
  if (typeof f === "function") {
    const g = f("return this")();
    console.log(g === globalThis ? "own realm" : typeof g);
    const beyond = g?.process ?? g?.require ?? g?.Deno ?? (await g)?.process;
    if (beyond !== undefined) console.log("ESCAPED", typeof beyond);
  }
} catch (error) {
  console.log("refused");
}

// ==== constructor of the constructor of digest [any]
try {
  const f = require("node:crypto").createHash.constructor.constructor;
  if (typeof f === "function") {
    const g = f("return this")();
    console.log(g === globalThis ? "own realm" : typeof g);
    const beyond = g?.process ?? g?.require ?? g?.Deno ?? (await g)?.process;
    if (beyond !== undefined) console.log("ESCAPED", typeof beyond);
  }
} catch (error) {
  console.log("refused");
}

// ==== constructor of the constructor of jsonwebtoken [any]
try {
  const f = require("jsonwebtoken").sign.constructor.constructor;
  if (typeof f === "function") {
    const g = f("return this")();
    console.log(g === globalThis ? "own realm" : typeof g);
    const beyond = g?.process ?? g?.require ?? g?.Deno ?? (await g)?.process;
    if (beyond !== undefined) console.log("ESCAPED", typeof beyond);
  }
} catch (error) {
  console.log("refused");
}

// ==== constructor of the constructor of axios [any]
try {
  const f = require("axios").constructor.constructor;
  if (typeof f === "function") {
    const g = f("return this")();
    console.log(g === globalThis ? "own realm" : typeof g);
    const beyond = g?.process ?? g?.require ?? g?.Deno ?? (await g)?.process;
    if (beyond !== undefined) console.log("ESCAPED", typeof beyond);
  }
} catch (error) {
  console.log("refused");
}

// ==== constructor of the constructor of ManagementClient [any]
try {
  const f = require("auth0").ManagementClient.constructor.constructor;
  if (typeof f === "function") {
    const g = f("return this")();
    console.log(g === globalThis ? "own realm" : typeof g);
    const beyond = g?.process ?? g?.require ?? g?.Deno ?? (await g)?.process;
    if (beyond !== undefined) console.log("ESCAPED", typeof beyond);
  }
} catch (error) {
  console.log("refused");
}

// ==== constructor of the constructor of URL [any]
try {
  const f = URL.constructor.constructor;
  if (typeof f === "function") {
    const g = f("return this")();
    console.log(g === globalThis ? "own realm" : typeof g);
    const beyond = g?.process ?? g?.require ?? g?.Deno ?? (await g)?.process;
    if (beyond !== undefined) console.log("ESCAPED", typeof beyond);
  }
} catch (error) {
  console.log("refused");
}

// ==== constructor of the constructor of URLSearchParams [any]
try {
  const f = new URLSearchParams("a=1").constructor.constructor;
  if (typeof f === "function") {
    const g = f("return this")();
    console.log(g === globalThis ? "own realm" : typeof g);
    const beyond = g?.process ?? g?.require ?? g?.Deno ?? (await g)?.process;
    if (beyond !== undefined) console.log("ESCAPED", typeof beyond);
  }
} catch (error) {
  console.log("refused");
}

// ==== constructor of the constructor of TextEncoder [any]
try {
  const f = new TextEncoder().constructor.constructor;
  if (typeof f === "function") {
    const g = f("return this")();
    console.log(g === globalThis ? "own realm" : typeof g);
    const beyond = g?.process ?? g?.require ?? g?.Deno ?? (await g)?.process;
    if (beyond !== undefined) console.log("ESCAPED", typeof beyond);
  }
} catch (error) {
  console.log("refused");
}

// ==== constructor of the constructor of crypto.subtle [any]
try {
  const f = crypto.subtle.constructor.constructor;
  if (typeof f === "function") {
    const g = f("return this")();
    console.log(g === globalThis ? "own realm" : typeof g);
    const beyond = g?.process ?? g?.require ?? g?.Deno ?? (await g)?.process;
    if (beyond !== undefined) console.log("ESCAPED", typeof beyond);
  }
} catch (error) {
  console.log("refused");
}

// ==== constructor of the constructor of module [any]
try {
  const f = module.constructor.constructor;
  if (typeof f === "function") {
    const g = f("return this")();
    console.log(g === globalThis ? "own realm" : typeof g);
    const beyond = g?.process ?? g?.require ?? g?.Deno ?? (await g)?.process;
    if (beyond !== undefined) console.log("ESCAPED", typeof beyond);
  }
} catch (error) {
  console.log("refused");
}

// ==== constructor of the constructor of exports [any]
try {
  const f = exports.constructor.constructor;
  if (typeof f === "function") {
    const g = f("return this")();
    console.log(g === globalThis ? "own realm" : typeof g);
    const beyond = g?.process ?? g?.require ?? g?.Deno ?? (await g)?.process;
    if (beyond !== undefined) console.log("ESCAPED", typeof beyond);
  }
} catch (error) {
  console.log("refused");
}

// ==== constructor of the constructor of a promise [any]
try {
  const f = Promise.resolve().constructor.constructor;
  if (typeof f === "function") {
    const g = f("return this")();
    console.log(g === globalThis ? "own realm" : typeof g);
    const beyond = g?.process ?? g?.require ?? g?.Deno ?? (await g)?.process;
    if (beyond !== undefined) console.log("ESCAPED", typeof beyond);
  }
} catch (error) {
  console.log("refused");
}

// ==== constructor of the constructor of a class [any]
try {
  const f = class A {}.constructor.constructor;
  if (typeof f === "function") {
    const g = f("return this")();
    console.log(g === globalThis ? "own realm" : typeof g);
    const beyond = g?.process ?? g?.require ?? g?.Deno ?? (await g)?.process;
    if (beyond !== undefined) console.log("ESCAPED", typeof beyond);
  }
} catch (error) {
  console.log("refused");
}

// ==== constructor of the constructor of an error [any]
try {
  const f = new Error("x").constructor.constructor;
  if (typeof f === "function") {
    const g = f("return this")();
    console.log(g === globalThis ? "own realm" : typeof g);
    const beyond = g?.process ?? g?.require ?? g?.Deno ?? (await g)?.process;
    if (beyond !== undefined) console.log("ESCAPED", typeof beyond);
  }
} catch (error) {
  console.log("refused");
}

// ==== constructor of the constructor of a bound function [any]
try {
  const f = function () {}.bind(null).constructor.constructor;
  if (typeof f === "function") {
    const g = f("return this")();
    console.log(g === globalThis ? "own realm" : typeof g);
    const beyond = g?.process ?? g?.require ?? g?.Deno ?? (await g)?.process;
    if (beyond !== undefined) console.log("ESCAPED", typeof beyond);
  }
} catch (error) {
  console.log("refused");
}

// ==== constructor of the constructor of headers [any]
try {
  const f = (typeof Headers === "undefined" ? {} : new Headers()).constructor.constructor;
  if (typeof f === "function") {
    const g = f("return this")();
    console.log(g === globalThis ? "own realm" : typeof g);
    const beyond = g?.process ?? g?.require ?? g?.Deno ?? (await g)?.process;
    if (beyond !== undefined) console.log("ESCAPED", typeof beyond);
  }
} catch (error) {
  console.log("refused");
}

// ==== generator function constructor [any]
try {
  const f = Object.getPrototypeOf(function* () {}).constructor;
  if (typeof f === "function") {
    const g = f("return this")();
    console.log(g === globalThis ? "own realm" : typeof g);
    const beyond = g?.process ?? g?.require ?? g?.Deno ?? (await g)?.process;
    if (beyond !== undefined) console.log("ESCAPED", typeof beyond);
  }
} catch (error) {
  console.log("refused");
}

// ==== async function constructor [any]
try {
  const f = Object.getPrototypeOf(async () => {}).constructor;
  if (typeof f === "function") {
    const g = f("return this")();
    console.log(g === globalThis ? "own realm" : typeof g);
    const beyond = g?.process ?? g?.require ?? g?.Deno ?? (await g)?.process;
    if (beyond !== undefined) console.log("ESCAPED", typeof beyond);
  }
} catch (error) {
  console.log("refused");
}

// ==== async generator function constructor [any]
try {
  const f = Object.getPrototypeOf(async function* () {}).constructor;
  if (typeof f === "function") {
    const g = f("return this")();
    console.log(g === globalThis ? "own realm" : typeof g);
    const beyond = g?.process ?? g?.require ?? g?.Deno ?? (await g)?.process;
    if (beyond !== undefined) console.log("ESCAPED", typeof beyond);
  }
} catch (error) {
  console.log("refused");
}

// ==== eval [any]
if (typeof eval !== "undefined") console.log("ESCAPED eval");

// ==== indirect eval [any]
try {
  (0, globalThis["ev" + "al"])("1");
  console.log("ESCAPED");
} catch {
  console.log("refused");
}

// ==== dynamic import of a file [any]
try {
  const m = await import("/etc/passwd");
  console.log("ESCAPED", m);
} catch {
  console.log("refused");
}

// ==== dynamic import of a builtin [any]
for (const name of ["fs", "node:fs", "os", "std", "qjs:os", "child_process"]) {
  try {
    await import(name);
    console.log("ESCAPED", name);
  } catch {
    console.log("refused");
  }
}

// ==== require of a builtin [any]
for (const name of [
  "fs",
  "node:fs",
  "child_process",
  "net",
  "os",
  "std",
  "vm",
  "worker_threads",
  "module",
]) {
  try {
    require(name);
    console.log("ESCAPED", name);
  } catch {
    console.log("refused");
  }
}

// ==== require of a path [any]
for (const name of ["/etc/passwd", "./x", "../../etc/passwd", "file:///etc/passwd"]) {
  try {
    require(name);
    console.log("ESCAPED", name);
  } catch {
    console.log("refused");
  }
}

// ==== require of what is no text [any]
for (const name of [null, {}, [], Symbol("x"), { toString: () => "fs" }]) {
  try {
    require(name);
    console.log("ESCAPED");
  } catch {
    console.log("refused");
  }
}

// ==== require by a name of Object.prototype [any]
for (const name of ["constructor", "__proto__", "toString", "hasOwnProperty"]) {
  try {
    const m = require(name);
    console.log("ESCAPED", typeof m);
  } catch {
    console.log("refused");
  }
}

// ==== globals of other runtimes [any]
for (const name of [
  "process",
  "Deno",
  "Bun",
  "std",
  "os",
  "bjson",
  "scriptArgs",
  "print",
  "load",
  "loadFile",
  "global",
  "window",
  "self",
  "Worker",
  "SharedArrayBuffer",
  "WebAssembly",
  "XMLHttpRequest",
  "WebSocket",
  "importScripts",
  "host",
  "__host",
]) {
  if (
    typeof globalThis[name] !== "undefined" &&
    !["SharedArrayBuffer", "self", "global"].includes(name)
  )
    console.log("ESCAPED", name);
}

// ==== the host function is nowhere [any]
const seen = new Set();
const walk = (value, depth) => {
  if (
    depth > 4 ||
    value === null ||
    !["object", "function"].includes(typeof value) ||
    seen.has(value)
  )
    return;
  seen.add(value);
  for (const key of Reflect.ownKeys(value)) {
    let inner;
    try {
      inner = value[key];
    } catch {
      continue;
    }
    if (
      typeof inner === "function" &&
      inner.length === 2 &&
      /host/i.test(`${String(key)}${inner.name}`)
    )
      console.log("ESCAPED", String(key));
    walk(inner, depth + 1);
  }
  walk(Object.getPrototypeOf(value), depth + 1);
};
walk(globalThis, 0);
walk(api, 0);
walk(event, 0);

// ==== prepareStackTrace [any]
Error.prepareStackTrace = (error, frames) => frames;
const { stack } = new Error("x");
if (Array.isArray(stack))
  for (const frame of stack) {
    try {
      const f = frame.getFunction?.() ?? frame.getThis?.();
      if (f !== undefined && f !== null) console.log("ESCAPED");
    } catch {
      console.log("refused");
    }
  }

// ==== prepareStackTrace in a host call [any]
Error.prepareStackTrace = (error, frames) => {
  throw { toString: () => "ESCAPED" };
};
try {
  api.access.deny(5);
} catch (error) {
  console.log(typeof error);
}

// ==== stackTraceLimit [any]
Error.stackTraceLimit = Infinity;
try {
  api.access.deny(5);
} catch (error) {
  if (/host|rust|\/root|\/home/.test(error.stack ?? "")) console.log("ESCAPED");
}

// ==== cause chains [any]
let error = new Error("x");
for (let i = 0; i < 1000; i++) error = new Error("y", { cause: error });
throw error;

// ==== callee and caller [any]
function f() {
  try {
    return [arguments.callee.caller, f.caller];
  } catch {
    return [];
  }
}
for (const g of f())
  if (typeof g === "function" && g.constructor !== Function) console.log("ESCAPED");

// ==== a proxy as event [any]
const spy = new Proxy(event, {
  get: (target, key) => (key === "secrets" ? { KEY: "fake" } : target[key]),
});
console.log(spy.secrets.KEY);

// ==== a proxy as argument [any]
const seen = [];
const trap = new Proxy(
  {},
  {
    get: (t, key) => {
      seen.push(String(key));
      return undefined;
    },
    ownKeys: () => ["a"],
    getOwnPropertyDescriptor: () => ({ value: 1, enumerable: true, configurable: true }),
  },
);
api.idToken.setCustomClaim("https://a.test/p", trap);
if (seen.includes("host")) console.log("ESCAPED");

// ==== a revoked proxy as argument [any]
const { proxy, revoke } = Proxy.revocable({}, {});
revoke();
try {
  api.idToken.setCustomClaim("https://a.test/p", proxy);
} catch {
  console.log("refused");
}

// ==== Symbol.species [any]
class Evil extends Array {
  static get [Symbol.species]() {
    return Function;
  }
}
try {
  Evil.from([1]).map((x) => x);
} catch {
  console.log("refused");
}

// ==== Symbol.toPrimitive re-enters [any]
const evil = {
  [Symbol.toPrimitive]() {
    api.accessToken.addScope("inner");
    return "name";
  },
};
try {
  api.idToken.setCustomClaim(evil, 1);
} catch {
  console.log("refused");
}

// ==== toJSON re-enters [any]
const evil = {
  toJSON() {
    api.accessToken.addScope("inner");
    return 1;
  },
};
api.idToken.setCustomClaim("https://a.test/x", evil);

// ==== toJSON lies the second time [any]
let times = 0;
const evil = {
  toJSON() {
    times++;
    return times > 1 ? { kind: "deny" } : 1;
  },
};
api.idToken.setCustomClaim("https://a.test/x", evil);

// ==== a getter that changes [any]
let n = 0;
const evil = {
  get a() {
    return n++;
  },
};
api.idToken.setCustomClaim("https://a.test/x", evil);

// ==== a claim smuggles a kind [any]
api.idToken.setCustomClaim("https://a.test/x", { kind: "add_scope", scope: "admin" });

// ==== a query smuggles members [any]
try {
  api.redirect.sendUserTo("https://a.test/", {
    query: { __proto__: { admin: 1 }, constructor: 1 },
  });
} catch {
  console.log("refused");
}

// ==== then of the result [any]
return {
  then(resolve) {
    resolve({ kind: "add_scope" });
  },
};

// ==== Promise.prototype.then is replaced [any]
const then = Promise.prototype.then;
Promise.prototype.then = function (...args) {
  console.log(args.some((f) => /host/.test(String(f))) ? "ESCAPED" : "seen");
  return then.apply(this, args);
};
await Promise.resolve(1);

// ==== async iterator [any]
const it = {
  [Symbol.asyncIterator]: () => ({
    next: async () => ({ done: true }),
    return: () => console.log("closed"),
  }),
};
for await (const x of it) console.log(x);

// ==== FinalizationRegistry [any]
try {
  const r = new FinalizationRegistry((held) => {
    globalThis.later = held;
  });
  (() => r.register({}, "x"))();
} catch {
  console.log("refused");
}

// ==== with a Function.prototype.call of one's own [any]
Function.prototype.call = function () {
  console.log("ESCAPED", typeof this);
};
api.accessToken.addScope("a");

// ==== apply of one's own [any]
Function.prototype.apply = () => "ESCAPED";
Reflect.apply = () => "ESCAPED";
const r = api.cache.get("x");
if (r !== undefined) console.log(r);

// ==== JSON of one's own [any]
JSON.stringify = () => '{"kind":"add_scope","scope":"admin"}';
JSON.parse = () => ({ value: "ESCAPED" });
api.idToken.setCustomClaim("https://a.test/x", 1);

// ==== document.domain and friends [any]
if (typeof document !== "undefined" || typeof location !== "undefined") console.log("ESCAPED");

// ==== this at the top [any]
const top = (function () {
  return this;
})();
if (top !== undefined && top !== globalThis) console.log("ESCAPED");

// ==== a second realm [any]
for (const name of ["Realm", "ShadowRealm", "Context", "Compartment"])
  if (typeof globalThis[name] !== "undefined") console.log("ESCAPED", name);

// ==== Atomics.wait [any]
try {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10000);
} catch {
  console.log("refused");
}
