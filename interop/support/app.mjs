// The application's side: a page that loads an unmodified SDK, over http or https.

import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import http from "node:http";
import https from "node:https";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const modules = path.dirname(createRequire(import.meta.url).resolve("../package.json"));

/** The SDK files a page may load, by the name it uses. */
const scripts = {
  "auth0.js": "node_modules/auth0-js/dist/auth0.min.js",
  "spa.js": "node_modules/@auth0/auth0-spa-js/dist/auth0-spa-js.production.js",
  "oidc.js": "node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js",
};

/**
 * Serves the page at every path of a fresh `origin`; resolves to `{origin, stop}`.
 *
 * Without a `script` the page is empty.
 * `handler` answers instead of the page, for applications and APIs that run on Node.
 */
export async function startApp({ script, tls = false, handler } = {}) {
  const answer = handler ?? ((request, response) => page(script, request, response));
  const server = tls
    ? https.createServer(await certificate(), answer)
    : http.createServer(answer);
  await new Promise((resolve) => server.listen(0, "localhost", resolve));
  const origin = `${tls ? "https" : "http"}://localhost:${server.address().port}`;
  return {
    origin,
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

async function page(script, request, response) {
  const name = new URL(request.url, "http://app.invalid").pathname.replace(/^\/sdk\//, "");
  if (script && name === script) {
    response.setHeader("content-type", "text/javascript");
    response.end(await readFile(path.join(modules, scripts[script])));
  } else if (name === "/favicon.ico") {
    response.writeHead(204).end();
  } else {
    response.setHeader("content-type", "text/html; charset=utf-8");
    const tag = script ? `<script src="/sdk/${script}"></script>` : "";
    response.end(`<!doctype html><title>Application</title>${tag}`);
  }
}

/** A self-signed certificate for localhost, for the application only; the browser is told so. */
async function certificate() {
  const dir = await mkdtemp(path.join(tmpdir(), "aldgate-interop-app-"));
  const [key, cert] = [path.join(dir, "key.pem"), path.join(dir, "cert.pem")];
  await promisify(execFile)("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"],
    ...["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2"],
    ...["-keyout", key, "-out", cert],
  ]);
  const pair = { key: await readFile(key), cert: await readFile(cert) };
  await rm(dir, { recursive: true });
  return pair;
}
