// Changes what the realm is made of: later runs and our own code must not notice (SBX-01).
// One script under each heading; `tests/hostile.rs` says what must hold of all of them.

// ==== Object.prototype of one's own [any]
Object.prototype.secrets = { x: 1 };
Object.prototype.kind = "deny";
api.accessToken.addScope("a");

// ==== Array.prototype of one's own [any]
Array.prototype.push = () => 0;
Array.prototype[Symbol.iterator] = function* () {
  yield "x";
};
api.accessToken.addScope("a");

// ==== Promise of one's own [any]
globalThis.Promise = class {
  then() {}
};
api.accessToken.addScope("a");

// ==== JSON of one's own [any]
globalThis.JSON = null;
api.accessToken.addScope("a");

// ==== Map of one's own [any]
Map.prototype.get = () => ({ value: "x" });
Map.prototype.set = () => {};
api.cache.set("a", "b");

// ==== Error of one's own [any]
globalThis.Error = class {
  constructor() {
    return {};
  }
};
try {
  api.access.deny(5);
} catch {}

// ==== String.prototype of one's own [any]
String.prototype.charCodeAt = () => 65;
String.prototype.toString = () => "x";
api.accessToken.addScope("a");

// ==== Symbol.iterator of texts of one's own [any]
String.prototype[Symbol.iterator] = function* () {};
api.accessToken.addScope("a");

// ==== Date of one's own [any]
Date.now = () => NaN;
api.cache.set("a", "b");

// ==== globalThis frozen of one's own [any]
Object.freeze(globalThis);
Object.freeze(Object.prototype);
api.accessToken.addScope("a");

// ==== setters on Object.prototype of one's own [any]
for (const key of ["kind", "scope", "token", "name", "value"])
  Object.defineProperty(Object.prototype, key, {
    set() {
      throw new Error("set");
    },
    configurable: true,
  });
api.accessToken.addScope("a");

// ==== leaves something behind of one's own [any]
globalThis.left = "ESCAPED";
Object.prototype.left = "ESCAPED";
Array.prototype.left = "ESCAPED";

// ==== finds what was left behind of one's own [any]
console.log(globalThis.left ?? "nothing", [].left ?? "nothing", {}.left ?? "nothing");
