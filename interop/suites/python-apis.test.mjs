// APIs on Flask and FastAPI that verify tokens with PyJWT, in a virtual environment.

import { execFile, spawn } from "node:child_process";
import { after, before, test } from "node:test";
import { promisify } from "node:util";

import { freePort, listening, Server } from "../support/server.mjs";
import { allKinds, assertProtected } from "../support/tokens.mjs";
import { API, world } from "../support/world.mjs";

const sources = new URL("../python/", import.meta.url).pathname;
const environment = new URL("../../target/interop-python", import.meta.url).pathname;
const python = `${environment}/bin/python`;

let server, tokens;

before(async () => {
  const run = promisify(execFile);
  await run("python3", ["-m", "venv", environment]);
  const install = ["-m", "pip", "install", "--quiet", "--requirement", "requirements.txt"];
  await run(python, install, { cwd: sources });
  server = await Server.start();
  await server.apply(world("http://localhost:1"));
  tokens = await allKinds(server);
});

after(() => server?.stop());

for (const file of ["flask_api.py", "fastapi_api.py"]) {
  test(file, async () => {
    const port = await freePort();
    const env = { ...process.env, ISSUER: server.issuer, AUDIENCE: API, PORT: String(port) };
    const api = spawn(python, [file], { cwd: sources, env, stdio: "ignore" });
    try {
      await listening(`http://127.0.0.1:${port}/`);
      await assertProtected(`http://127.0.0.1:${port}/notes`, tokens);
    } finally {
      api.kill();
    }
  });
}
