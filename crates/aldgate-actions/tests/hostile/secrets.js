// Tells the action's own secret to a log (SBX-03): the value never appears there.
// One script under each heading; `tests/hostile.rs` says what must hold of all of them.

// ==== prints it [any]
console.log(event.secrets.KEY);

// ==== prints all [any]
console.log(event.secrets, event);

// ==== throws it [fault]
throw new Error(`key ${event.secrets.KEY}`);

// ==== throws it bare [fault]
throw event.secrets.KEY;

// ==== as the error's name [fault]
const e = new Error("x");
e.name = event.secrets.KEY;
throw e;

// ==== in the stack [fault]
const f = {
  [event.secrets.KEY]() {
    throw new Error("x");
  },
};
f[event.secrets.KEY]();

// ==== as a rejected promise [fault]
return Promise.reject(event.secrets.KEY);

// ==== through toString [any]
console.log({ toString: () => event.secrets.KEY });

// ==== in a deny [any]
console.log(`denied because of ${event.secrets.KEY}`);

// ==== as JSON [any]
console.log(JSON.stringify({ a: { b: [event.secrets.KEY] } }));
