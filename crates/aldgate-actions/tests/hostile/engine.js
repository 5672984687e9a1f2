// Patterns of crashes that were reported of this and similar engines (SBX-08).
// One script under each heading; `tests/hostile.rs` says what must hold of all of them.

// ==== quickjs: array length in a species [any]
class A extends Array {
  static get [Symbol.species]() {
    return class {
      constructor() {
        return new Proxy([], { defineProperty: () => true });
      }
    };
  }
}
try {
  new A(1, 2, 3).splice(0, 3);
} catch {
  console.log("refused");
}

// ==== quickjs: sort that shrinks [any]
const a = Array.from({ length: 1000 }, (_, i) => i);
try {
  a.sort(() => {
    a.length = 0;
    return 1;
  });
} catch {
  console.log("refused");
}

// ==== quickjs: typed array sort that detaches [any]
const b = new ArrayBuffer(1024);
const t = new Uint8Array(b);
try {
  t.sort(() => {
    b.transfer?.();
    return 1;
  });
} catch {
  console.log("refused");
}

// ==== quickjs: iterator that shrinks [any]
const a = [1, 2, 3, 4];
try {
  for (const x of a) a.length = 0;
} catch {
  console.log("refused");
}

// ==== quickjs: replace with lastIndex [any]
const r = /a/y;
Object.defineProperty(r, "lastIndex", { get: () => 2 ** 31, set() {} });
try {
  "aaa".replace(r, "b");
} catch {
  console.log("refused");
}

// ==== quickjs: exec of one's own [any]
const r = /a/g;
r.exec = () => ({ index: 2 ** 53, length: 1, 0: "a" });
try {
  "aaa".replace(r, "b");
} catch {
  console.log("refused");
}

// ==== quickjs: copyWithin that detaches [any]
const b = new ArrayBuffer(4096);
const t = new Uint8Array(b);
try {
  t.copyWithin(
    {
      valueOf() {
        b.transfer?.();
        return 0;
      },
    },
    1,
  );
} catch {
  console.log("refused");
}

// ==== quickjs: subarray past the end [any]
const t = new Uint8Array(8);
try {
  t.subarray(2 ** 32, -(2 ** 32)).fill(1);
} catch {
  console.log("refused");
}

// ==== quickjs: DataView at the edge [any]
const d = new DataView(new ArrayBuffer(8));
for (const at of [8, 7, -1, 2 ** 53, NaN]) {
  try {
    d.getFloat64(at);
  } catch {
    console.log("refused");
  }
}

// ==== quickjs: BigInt64 at the edge [any]
try {
  BigInt.asUintN(2 ** 53 - 1, -1n);
} catch {
  console.log("refused");
}

// ==== quickjs: generator in its own return [any]
let g;
g = (function* () {
  try {
    yield 1;
  } finally {
    g.return(2);
  }
})();
g.next();
try {
  g.return(1);
} catch {
  console.log("refused");
}

// ==== quickjs: class fields with eval names [any]
class A {
  ["x".repeat(1e5)] = 1;
  static {
    this.y = 2;
  }
}
console.log(A.y);

// ==== quickjs: a thousand nested functions [any]
let f = (x) => x;
for (let i = 0; i < 1000; i++) {
  const g = f;
  f = (x) => g(x);
}
console.log(f(1));

// ==== quickjs: regular expression of a megabyte [any]
try {
  new RegExp("(?:a|b)".repeat(1e5)).test("ab");
} catch {
  console.log("refused");
}

// ==== quickjs: many groups [any]
try {
  new RegExp("(a)".repeat(300)).test("a");
} catch {
  console.log("refused");
}

// ==== quickjs: quantifier bomb [any]
try {
  new RegExp("(?:(?:(?:a{1000}){1000}){1000})").test("a");
} catch {
  console.log("refused");
}

// ==== quickjs: unicode sets [any]
try {
  new RegExp("[\\p{L}--[a-z]]", "v").test("é");
} catch {
  console.log("refused");
}

// ==== quickjs: WeakMap with itself [any]
const w = new WeakMap();
w.set(w, w);
const s = new WeakSet();
s.add(s);

// ==== quickjs: a getter on the array being joined [any]
const a = [1, 2, 3];
Object.defineProperty(a, 1, {
  get() {
    a.length = 0;
    return "x";
  },
});
try {
  a.join();
} catch {
  console.log("refused");
}

// ==== quickjs: proxies in the prototype chain [any]
const a = Object.create(new Proxy({}, { get: (t, k, r) => Reflect.get(r, k) }));
try {
  a.x;
} catch {
  console.log("refused");
}
