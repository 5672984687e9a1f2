// Plays with clocks and timers (SBX-02).
// One script under each heading; `tests/hostile.rs` says what must hold of all of them.

// ==== a clock that is too fine [any]
const a = performance?.now?.() ?? 0;
console.log(typeof a);

// ==== waits for longer than there is [over]
await new Promise((resolve) => setTimeout(resolve, 60000));

// ==== a thousand timers [any]
try {
  for (let i = 0; i < 1000; i++) setTimeout(() => {}, 1);
} catch {
  console.log("refused");
}

// ==== timers of odd lengths [any]
for (const ms of [NaN, -1, Infinity, "5", null, {}, 1e300]) {
  try {
    clearTimeout(setTimeout(() => {}, ms));
  } catch {
    console.log("refused");
  }
}

// ==== a timer after the end [any]
setTimeout(() => {
  globalThis.late = 1;
  api.accessToken.addScope("late");
}, 5);

// ==== dates out of range [any]
console.log(String(new Date(8.64e15 + 1)), new Date(NaN).getTime());

// ==== busy until the limit [over]
const end = Date.now() + 60000;
while (Date.now() < end) {}
