// Reads tokens, and checks an ID token the way an SDK does.

const decoder = new TextDecoder();

const bytes = (base64url) => {
  const base64 = base64url.replaceAll("-", "+").replaceAll("_", "/");
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
};

/** The parts of a JWT, or null if the token is opaque. */
export function decode(token) {
  const parts = token.split(".");
  if (parts.length !== 3) return null;
  try {
    const [header, payload] = parts
      .slice(0, 2)
      .map((part) => JSON.parse(decoder.decode(bytes(part))));
    return { header, payload, parts };
  } catch {
    return null;
  }
}

/** Verifies signature, issuer, audience, nonce and expiry; throws what is wrong. */
export async function verifyIdToken(token, { issuer, clientId, nonce }) {
  const decoded = decode(token);
  if (!decoded) throw new Error("The ID token is not a JWT.");
  const { header, payload, parts } = decoded;
  const expect = (name, expected, actual) => {
    if (expected !== actual) {
      throw new Error(
        `The ID token has ${name} ${JSON.stringify(actual)}, expected ${JSON.stringify(expected)}.`,
      );
    }
  };
  expect("alg", "RS256", header.alg);
  expect("iss", issuer, payload.iss);
  expect("aud", clientId, [payload.aud].flat()[0]);
  expect("nonce", nonce, payload.nonce);
  if (payload.exp * 1000 < Date.now() - 60_000) throw new Error("The ID token has expired.");

  const { keys } = await (await fetch(new URL(".well-known/jwks.json", issuer))).json();
  const jwk = keys.find((key) => key.kid === header.kid);
  if (!jwk) throw new Error(`The server publishes no key ${header.kid}.`);
  const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("jwk", jwk, algorithm, false, ["verify"]);
  const signed = new TextEncoder().encode(`${parts[0]}.${parts[1]}`);
  if (!(await crypto.subtle.verify(algorithm, key, bytes(parts[2]), signed))) {
    throw new Error("The signature of the ID token is wrong.");
  }
  return payload;
}
