// Takes memory until none is left (SBX-02).
// One script under each heading; `tests/hostile.rs` says what must hold of all of them.

// ==== array [over]
const a = [];
for (;;) a.push(1);

// ==== array of arrays [over]
let a = [];
for (;;) a = [a, a.slice()];

// ==== typed arrays [over]
const a = [];
for (;;) a.push(new Uint8Array(1 << 20));

// ==== one huge buffer [fault]
new ArrayBuffer(2 ** 33);

// ==== resizable buffer [any]
try {
  new ArrayBuffer(8, { maxByteLength: 2 ** 33 }).resize(2 ** 32);
} catch {
  console.log("refused");
}

// ==== string doubling [over]
let s = "x";
for (;;) s += s;

// ==== repeat [any]
try {
  "x".repeat(2 ** 29).length;
} catch {
  console.log("refused");
}

// ==== padStart [any]
try {
  "x".padStart(2 ** 29);
} catch {
  console.log("refused");
}

// ==== template [over]
let s = "x";
for (;;) s = `${s}${s}`;

// ==== closures [over]
const a = [];
for (;;) a.push(() => a);

// ==== objects [over]
const o = {};
for (let i = 0; ; i++) o["k" + i] = { i };

// ==== map [over]
const m = new Map();
for (let i = 0; ; i++) m.set({}, i);

// ==== set of texts [over]
const s = new Set();
for (let i = 0; ; i++) s.add("key" + i);

// ==== symbols [over]
const a = [];
for (;;) a.push(Symbol("x"));

// ==== weak references [over]
const a = [];
for (;;) a.push(new WeakRef({}));

// ==== sparse array [any]
const a = [];
a[2 ** 32 - 2] = 1;
try {
  a.fill(0);
} catch {
  console.log("refused");
}

// ==== array length [any]
const a = [];
a.length = 2 ** 32 - 1;
try {
  a.join();
} catch {
  console.log("refused");
}

// ==== Array.from a length [any]
try {
  Array.from({ length: 2 ** 31 });
} catch {
  console.log("refused");
}

// ==== concat [over]
let a = [1];
for (;;) a = a.concat(a);

// ==== flat [over]
let a = [1];
for (;;) a = [a, a].flat();

// ==== split [any]
try {
  "x".repeat(1 << 24).split("");
} catch {
  console.log("refused");
}

// ==== BigInt shift [any]
try {
  1n << 1000000000n;
} catch {
  console.log("refused");
}

// ==== deep nesting [any]
let o = {};
for (let i = 0; i < 1e6; i++) o = { o };
try {
  JSON.stringify(o);
} catch {
  console.log("refused");
}

// ==== deep nesting as a claim [any]
let o = {};
for (let i = 0; i < 1e5; i++) o = { o };
api.idToken.setCustomClaim("https://a.test/x", o);

// ==== recursion [any]
const f = () => f() + 1;
try {
  f();
} catch {
  console.log("refused");
}

// ==== recursion through JSON [any]
const o = { toJSON: () => JSON.stringify(o) };
try {
  JSON.stringify(o);
} catch {
  console.log("refused");
}

// ==== recursion through sort [any]
const f = () => [2, 1].sort(f);
try {
  f();
} catch {
  console.log("refused");
}

// ==== pending promises [over]
for (;;) new Promise(() => {});

// ==== errors with stacks [over]
const a = [];
for (;;) a.push(new Error("x".repeat(1000)));

// ==== random bytes [any]
try {
  require("node:crypto").randomBytes(2 ** 30);
} catch {
  console.log("refused");
}

// ==== base64 [any]
try {
  btoa("x".repeat(1 << 24));
} catch {
  console.log("refused");
}
