// Runs a program that manages a fresh server, and tells how far it came when it fails.

import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { Server } from "./server.mjs";

/**
 * Starts a server over https and runs a program against it.
 *
 * The program gets DOMAIN, CLIENT_ID, CLIENT_SECRET and ISSUER, and trusts the server's authority
 * by the variables that Node, requests and httpx read.
 */
export async function drive(program, args, env = {}) {
  const server = await Server.start({ tls: true });
  const { client_id, client_secret } = server.dev.management;
  const variables = {
    ...process.env,
    NODE_EXTRA_CA_CERTS: server.dev.ca,
    REQUESTS_CA_BUNDLE: server.dev.ca,
    SSL_CERT_FILE: server.dev.ca,
    ISSUER: server.issuer,
    DOMAIN: server.domain,
    CLIENT_ID: client_id,
    CLIENT_SECRET: client_secret,
    ...env,
  };
  try {
    const options = { env: variables, maxBuffer: 16 << 20 };
    await promisify(execFile)(program, args, options);
  } catch (error) {
    throw new Error(`it failed after:\n${error.stdout}\n${error.stderr}`);
  } finally {
    await server.stop();
  }
}
