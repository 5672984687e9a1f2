// Starts the server that a suite talks to: `aldgate dev` with a data directory of its own.

import { execFile, spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import http from "node:http";
import https from "node:https";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const binary = process.env.ALDGATE_BIN;

/**
 * A running server.
 *
 * `issuer` ends in a slash; `domain` is what Auth0's SDKs call so; `dev` is the content of
 * `dev.json`: the applications, the API and the user that `aldgate dev` made.
 */
export class Server {
  #process;
  #dataDir;
  #log;

  /** Starts `aldgate dev`, with its demo if wanted, and waits until it answers. */
  static async start({ tls = false, demo = false } = {}) {
    if (!binary) throw new Error("ALDGATE_BIN is not set: run the suites by ./x interop");
    const server = new Server();
    server.#dataDir = await mkdtemp(path.join(tmpdir(), "aldgate-interop-"));
    // The README's picture shows the usual address.
    const port = process.env.ALDGATE_PICTURE ? 4455 : await freePort(demo ? 4 : 1);
    const args = ["dev", "--port", String(port), "--data", server.#dataDir];
    if (!demo) args.push("--no-demo");
    if (tls) args.push("--https");
    server.#log = [];
    server.#process = spawn(binary, args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ALDGATE_ADMIN__LISTEN: "off" },
    });
    for (const stream of [server.#process.stdout, server.#process.stderr]) {
      stream.on("data", (chunk) => server.#log.push(chunk));
    }
    await server.#ready(`${tls ? "https" : "http"}://localhost:${port}/`);
    return server;
  }

  /** Stops the server and removes its data. */
  async stop() {
    if (this.#process.exitCode === null) {
      const ended = new Promise((resolve) => this.#process.once("exit", resolve));
      this.#process.kill("SIGTERM");
      await ended;
    }
    await rm(this.#dataDir, { recursive: true, force: true });
  }

  /** The code in the latest mail to an address; waits until it is sent. */
  async mailedCode(to) {
    const outbox = path.join(this.#dataDir, "outbox");
    for (let tries = 0; tries < 100; tries += 1) {
      const names = await readdir(outbox).catch(() => []);
      for (const name of names.filter((name) => !name.startsWith(".")).sort().reverse()) {
        const mail = JSON.parse(await readFile(path.join(outbox, name), "utf8"));
        const code = mail.to === to && /(?<!\d)\d{6}(?!\d)/.exec(mail.text);
        if (code) return code[0];
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`no code for ${to} in ${outbox}`);
  }

  /** Creates or changes what `document` lists, in the layout of auth0-deploy-cli. */
  async apply(document) {
    const file = path.join(this.#dataDir, "interop.yaml");
    // JSON is YAML.
    await writeFile(file, JSON.stringify(document));
    const args = ["apply", file, "--data", this.#dataDir];
    try {
      await promisify(execFile)(binary, args);
    } catch (error) {
      throw new Error(`aldgate apply failed:\n${error.stderr}\n${error.stdout}`);
    }
  }

  /** GETs an address of the server, trusting its local CA; `{status, headers, text}`. */
  async get(url, headers = {}) {
    return request(url, { headers, ca: this.ca });
  }

  /** Where its database and `dev.json` are. */
  get dataDir() {
    return this.#dataDir;
  }

  /** Runs a command of the binary on this server's data: `{code, stdout, stderr}`. */
  async run(...args) {
    const command = [...args, "--data", this.#dataDir];
    try {
      return { code: 0, ...(await promisify(execFile)(binary, command)) };
    } catch (error) {
      return { code: error.code, stdout: error.stdout, stderr: error.stderr };
    }
  }

  /** The newest event of the tenant log that is as wanted; waits for it. */
  async event(wanted) {
    const deadline = Date.now() + 20_000;
    while (Date.now() < deadline) {
      const { stdout } = await this.run("logs", "tail", "--no-follow", "--json", "-n", "200");
      const events = stdout.split("\n").filter(Boolean).map(JSON.parse);
      const found = events.findLast(wanted);
      if (found) return found;
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    throw new Error("the tenant log has no such event");
  }

  /** What the server printed so far. */
  get log() {
    return Buffer.concat(this.#log).toString();
  }

  async #ready(issuer) {
    this.issuer = issuer;
    this.domain = new URL(issuer).host;
    const deadline = Date.now() + 60_000;
    while (Date.now() < deadline) {
      if (this.#process.exitCode !== null) break;
      try {
        this.dev = JSON.parse(await readFile(path.join(this.#dataDir, "dev.json"), "utf8"));
        this.ca = this.dev.ca ? await readFile(this.dev.ca) : undefined;
        const answer = await this.get(`${issuer}.well-known/openid-configuration`);
        if (answer.status === 200) return;
      } catch {
        // Not there yet.
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const log = this.log;
    await this.stop();
    throw new Error(`the server at ${issuer} did not become ready; it printed:\n${log}`);
  }
}

/** One GET; redirects are not followed. */
function request(url, { headers, ca }) {
  const client = url.startsWith("https:") ? https : http;
  return new Promise((resolve, reject) => {
    const sent = client.get(url, { headers, ca }, (answer) => {
      const chunks = [];
      answer.on("data", (chunk) => chunks.push(chunk));
      answer.on("end", () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: answer.statusCode, headers: answer.headers, text });
      });
    });
    sent.on("error", reject);
  });
}

/** Waits until something answers. */
export async function listening(url) {
  const deadline = Date.now() + 60_000;
  while (Date.now() < deadline) {
    try {
      return await fetch(url);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  throw new Error(`nothing answers at ${url}`);
}

/** A TCP port that was free a moment ago, as were the `count - 1` ports after it. */
export async function freePort(count = 1) {
  for (;;) {
    const first = await listenOnce(0);
    const after = Array.from({ length: count - 1 }, (_, index) => first + 1 + index);
    const free = await Promise.all(after.map((port) => listenOnce(port).catch(() => 0)));
    if (free.every((port) => port > 0)) return first;
  }
}

/** Listens on a port, any if 0, and gives it free again. */
function listenOnce(wanted) {
  return new Promise((resolve, reject) => {
    const listener = net.createServer();
    listener.on("error", reject);
    listener.listen(wanted, "127.0.0.1", () => {
      const { port } = listener.address();
      listener.close(() => resolve(port));
    });
  });
}
