// Says or asks for more than may be said and asked (SBX-02, SBX-04).
// One script under each heading; `tests/hostile.rs` says what must hold of all of them.

// ==== ten megabytes of console [any]
for (let i = 0; i < 1e4; i++) console.log("x".repeat(1000));

// ==== one endless line [any]
console.log("x".repeat(1e6));

// ==== console of a cycle [any]
const o = {};
o.o = o;
console.log(o);

// ==== console of a getter that throws [any]
console.log({
  get a() {
    throw new Error("x");
  },
});

// ==== console of control characters [any]
console.log("\u001b[2J\r\n\u0000forged line");

// ==== a claim of a megabyte [fault]
api.idToken.setCustomClaim("https://a.test/x", "x".repeat(1e6));

// ==== a thousand commands [fault]
for (let i = 0; i < 1000; i++) api.accessToken.addScope("s" + i);

// ==== a cycle as a claim [fault]
const o = {};
o.o = o;
api.idToken.setCustomClaim("https://a.test/x", o);

// ==== a BigInt as a claim [fault]
api.idToken.setCustomClaim("https://a.test/x", 1n);

// ==== a function as a claim [fault]
api.idToken.setCustomClaim("https://a.test/x", () => 1);

// ==== a symbol as a claim [fault]
api.idToken.setCustomClaim("https://a.test/x", Symbol("x"));

// ==== a lone surrogate as a claim [any]
api.idToken.setCustomClaim("https://a.test/x", "\ud800");

// ==== NaN as a claim [any]
api.idToken.setCustomClaim("https://a.test/x", NaN);

// ==== __proto__ as a claim [any]
api.idToken.setCustomClaim("https://a.test/x", JSON.parse('{"__proto__":{"a":1}}'));

// ==== a name of a megabyte [fault]
api.idToken.setCustomClaim("x".repeat(1e6), 1);

// ==== an error of a megabyte [fault]
throw new Error("x".repeat(1e6));

// ==== throws a proxy [fault]
throw new Proxy(
  {},
  {
    get() {
      throw new Error("inner");
    },
  },
);

// ==== throws null [fault]
throw null;

// ==== rejects with a thenable [any]
return Promise.reject({ then: () => {} });

// ==== an error whose message throws [fault]
const e = new Error("x");
Object.defineProperty(e, "message", {
  get() {
    throw new Error("y");
  },
});
throw e;
