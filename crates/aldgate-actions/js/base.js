// What every action finds in its realm, before its own code runs. `host` is the only way out, and
// the action never sees it. Everything that is needed later is kept here first, because an action
// may change any built-in object.
const { parse, stringify } = JSON;
const { defineProperty, freeze, getOwnPropertyNames } = Object;
const isArray = Array.isArray;
const NativePromise = Promise;
const then = Promise.prototype.then;
const apply = Reflect.apply;
const charCodeAt = String.prototype.charCodeAt;
const fromCharCode = String.fromCharCode;
const slice = String.prototype.slice;
const Bytes = Uint8Array;
const NativeError = Error;
const NativeTypeError = TypeError;
const NativeMap = Map;
const mapGet = Map.prototype.get;
const mapSet = Map.prototype.set;
const mapDelete = Map.prototype.delete;

// Frames of a stack would hand out our own functions: stacks stay texts.
defineProperty(Error, "prepareStackTrace", {
  get: () => undefined,
  set: () => {},
  configurable: false,
});

/** Asks the host; what it refuses is thrown. */
const ask = (op, payload) => {
  const text = host(op, payload === undefined ? "" : stringify({ __proto__: null, ...payload }));
  const answer = parse(text);
  if (answer.error !== undefined) throw new NativeError(answer.error);
  return answer.value;
};

const define = (name, value) =>
  defineProperty(globalThis, name, {
    value,
    writable: true,
    configurable: true,
    enumerable: false,
  });

// -- console --------------------------------------------------------------------------------------

const shown = (value) => {
  if (typeof value === "string") return value;
  if (typeof value === "bigint") return `${value}n`;
  if (value instanceof NativeError) return value.stack ? `${value}\n${value.stack}` : `${value}`;
  if (typeof value === "function") return "[function]";
  try {
    const text = stringify(value, (_, inner) =>
      typeof inner === "bigint" ? `${inner}n` : inner,
    );
    return text === undefined ? `${value}` : text;
  } catch (error) {
    return `[${error.message}]`;
  }
};

const log =
  (level) =>
  (...values) => {
    let text = "";
    for (let i = 0; i < values.length; i++) text += (i ? " " : "") + shown(values[i]);
    host("log", stringify({ level, text: apply(slice, text, [0, 4096]) }));
  };

define("console", {
  log: log("info"),
  info: log("info"),
  debug: log("debug"),
  warn: log("warning"),
  error: log("error"),
});

// -- timers ---------------------------------------------------------------------------------------

const timers = new NativeMap();
let lastTimer = 0;

const schedule =
  (repeats) =>
  (run, delay, ...values) => {
    if (typeof run !== "function") throw new NativeTypeError("a timer needs a function");
    const id = ++lastTimer;
    const ms = +delay > 0 ? +delay : 0;
    apply(mapSet, timers, [id, { run, values, ms, repeats }]);
    ask("timer", { id, ms });
    return id;
  };

const cancel = (id) => {
  apply(mapDelete, timers, [id]);
};

/** The host says that a timer is due. */
const fire = (id) => {
  const timer = apply(mapGet, timers, [id]);
  if (timer === undefined) return;
  if (timer.repeats) ask("timer", { id, ms: timer.ms });
  else cancel(id);
  apply(timer.run, undefined, timer.values);
};

define("setTimeout", schedule(false));
define("setInterval", schedule(true));
define("clearTimeout", cancel);
define("clearInterval", cancel);

// -- text and bytes -------------------------------------------------------------------------------

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

const toBase64 = (bytes) => {
  let text = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const [a, b, c] = [bytes[i], bytes[i + 1], bytes[i + 2]];
    text += ALPHABET[a >> 2] + ALPHABET[((a & 3) << 4) | (b >> 4)];
    text += b === undefined ? "=" : ALPHABET[((b & 15) << 2) | (c >> 6)];
    text += c === undefined ? "=" : ALPHABET[c & 63];
  }
  return text;
};

const fromBase64 = (text) => {
  const values = [];
  let [bits, held] = [0, 0];
  for (let i = 0; i < text.length; i++) {
    let char = text[i];
    if (char === "-") char = "+";
    if (char === "_") char = "/";
    if (char === "=" || char === "\n" || char === " ") continue;
    const value = ALPHABET.indexOf(char);
    if (value < 0) throw new NativeTypeError("not base64");
    held = (held << 6) | value;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      values[values.length] = (held >> bits) & 255;
    }
  }
  return new Bytes(values);
};

const toUtf8 = (text) => {
  const bytes = [];
  const push = (byte) =>
    defineProperty(bytes, bytes.length, {
      value: byte,
      writable: true,
      configurable: true,
      enumerable: true,
    });
  for (let i = 0; i < text.length; i++) {
    let code = apply(charCodeAt, text, [i]);
    if (code >= 0xd800 && code < 0xe000) {
      const low = i + 1 < text.length ? apply(charCodeAt, text, [i + 1]) : 0;
      if (code < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        i++;
      } else code = 0xfffd;
    }
    if (code < 0x80) push(code);
    else if (code < 0x800) {
      push(0xc0 | (code >> 6));
      push(0x80 | (code & 63));
    } else if (code < 0x10000) {
      push(0xe0 | (code >> 12));
      push(0x80 | ((code >> 6) & 63));
      push(0x80 | (code & 63));
    } else {
      push(0xf0 | (code >> 18));
      push(0x80 | ((code >> 12) & 63));
      push(0x80 | ((code >> 6) & 63));
      push(0x80 | (code & 63));
    }
  }
  return new Bytes(bytes);
};

const fromUtf8 = (bytes) => {
  let text = "";
  for (let i = 0; i < bytes.length;) {
    const first = bytes[i++];
    let [more, code] =
      first < 0x80
        ? [0, first]
        : first < 0xe0
          ? [1, first & 31]
          : first < 0xf0
            ? [2, first & 15]
            : [3, first & 7];
    let good = first < 0x80 || (first >= 0xc2 && first < 0xf5);
    for (; more > 0 && good; more--) {
      if ((bytes[i] & 0xc0) !== 0x80) good = false;
      else code = (code << 6) | (bytes[i++] & 63);
    }
    if (!good) text += "\ufffd";
    else if (code < 0x10000) text += fromCharCode(code);
    else
      text += fromCharCode(0xd800 + ((code - 0x10000) >> 10), 0xdc00 + ((code - 0x10000) & 1023));
  }
  return text;
};

/** Text or bytes as bytes. */
const bytesOf = (data) => {
  if (typeof data === "string") return toUtf8(data);
  if (data instanceof ArrayBuffer) return new Bytes(data);
  if (ArrayBuffer.isView(data)) return new Bytes(data.buffer, data.byteOffset, data.byteLength);
  throw new NativeTypeError("expected text or bytes");
};

define(
  "TextEncoder",
  class TextEncoder {
    get encoding() {
      return "utf-8";
    }
    encode(text = "") {
      return toUtf8(`${text}`);
    }
  },
);
define(
  "TextDecoder",
  class TextDecoder {
    get encoding() {
      return "utf-8";
    }
    decode(bytes = new Bytes()) {
      return fromUtf8(bytesOf(bytes));
    }
  },
);
define("btoa", (text) => {
  const bytes = new Bytes(`${text}`.length);
  for (let i = 0; i < bytes.length; i++) {
    const code = apply(charCodeAt, `${text}`, [i]);
    if (code > 255) throw new NativeTypeError("btoa takes characters up to U+00FF");
    bytes[i] = code;
  }
  return toBase64(bytes);
});
define("atob", (text) => {
  let out = "";
  for (const byte of fromBase64(`${text}`)) out += fromCharCode(byte);
  return out;
});
define("structuredClone", (value) => (value === undefined ? undefined : parse(stringify(value))));

// Nothing here compiles text into code.
delete globalThis.eval;
