// Never ends by itself, in script or inside the engine (SBX-02).
// One script under each heading; `tests/hostile.rs` says what must hold of all of them.

// ==== while [over]
while (true) {}

// ==== for [over]
for (;;) {}

// ==== do [over]
do {} while (true);

// ==== labels [over]
a: for (;;) {
  for (;;) continue a;
}

// ==== generator [over]
function* g() {
  for (;;) yield 1;
}
for (const x of g()) {
}

// ==== finally [over]
for (;;) {
  try {
    throw 1;
  } catch {
  } finally {
    continue;
  }
}

// ==== getter [over]
const o = {
  get a() {
    for (;;) {}
  },
};
o.a;

// ==== proxy trap [over]
const p = new Proxy(
  {},
  {
    get() {
      for (;;) {}
    },
  },
);
p.x;

// ==== toString [over]
`${{
  toString() {
    for (;;) {}
  },
}}`;

// ==== valueOf [over]
+{
  valueOf() {
    for (;;) {}
  },
};

// ==== toJSON [over]
api.idToken.setCustomClaim("https://a.test/x", {
  toJSON() {
    for (;;) {}
  },
});

// ==== catastrophic expression [over]
/(a+)+$/.test("a".repeat(60) + "!");

// ==== alternatives [over]
/^(([a-z])+.)+[A-Z]([a-z])+$/.test("a".repeat(80));

// ==== look behind [any]
/(?<=(a+)+)b/.test("a".repeat(80) + "c");

// ==== back references [over]
/(.*)\1\1\1\1\1\1\1x/.test("a".repeat(3000));

// ==== replace by a loop [over]
"a".repeat(1000).replace(/a/g, () => {
  for (;;) {}
});

// ==== sort by a loop [over]
[2, 1].sort(() => {
  for (;;) {}
});

// ==== sort without order [over]
for (;;) Array.from({ length: 1e4 }, (_, i) => i).sort(() => Math.random() - 0.5);

// ==== reduce [over]
for (;;) [1, 2].reduce((a, b) => a + b);

// ==== microtasks [over]
const spin = () => Promise.resolve().then(spin);
await spin();

// ==== microtasks with await [over]
for (;;) await null;

// ==== timers of zero [over]
const spin = () => setTimeout(spin, 0);
await new Promise(() => spin());

// ==== intervals [over]
await new Promise(() => setInterval(() => {}, 0));

// ==== never settles, with a timer [over]
await new Promise(() => setTimeout(() => {}, 1e9));

// ==== async generator [over]
async function* g() {
  for (;;) yield 1;
}
for await (const x of g()) {
}

// ==== recursion that catches [over]
const f = () => {
  try {
    f();
  } finally {
    f();
  }
};
f();

// ==== mutual recursion [over]
const a = (n) => {
  try {
    b(n);
  } catch {
    for (;;) {}
  }
};
const b = (n) => a(n + 1);
a(0);

// ==== JSON.parse with a reviver [over]
JSON.parse("[1]", () => {
  for (;;) {}
});

// ==== structuredClone in a loop [over]
for (;;) structuredClone({ a: [1, 2, 3] });

// ==== digests in a loop [over]
const { createHash } = require("node:crypto");
for (;;) createHash("sha512").update("x".repeat(1e5)).digest("hex");

// ==== random in a loop [over]
for (;;) crypto.getRandomValues(new Uint8Array(4096));

// ==== BigInt power [over]
let b = 3n;
for (;;) b = b * b;

// ==== BigInt division [over]
const b = 7n ** 20000n;
for (;;) (b * b) / (b + 1n);

// ==== BigInt as text [over]
for (;;) (7n ** 30000n).toString();

// ==== string joins [over]
for (;;) "x".repeat(1e5).split("").join("y");

// ==== normalize [over]
for (;;) "ﬃ".repeat(1e5).normalize("NFKD");

// ==== localeCompare [over]
const a = "é".repeat(1e5);
for (;;) a.localeCompare(a + "x");

// ==== array includes [over]
const a = Array(1e6).fill(0);
for (;;) a.includes(1);

// ==== URL in a loop [over]
for (;;) new URL("https://a.test/" + "x/".repeat(1000));

// ==== jsonwebtoken in a loop [over]
const jwt = require("jsonwebtoken");
for (;;) jwt.sign({ a: 1 }, "secret");
