// Virtual environments, one for each file of pinned packages.

import { execFile } from "node:child_process";
import { access } from "node:fs/promises";
import { promisify } from "node:util";

const sources = new URL("../python/", import.meta.url).pathname;
const run = promisify(execFile);

/** Installs `python/{name}.txt` into an environment of its own, once; says where it is. */
export async function python(name) {
  const environment = new URL(`../../target/interop-${name}`, import.meta.url).pathname;
  const program = `${environment}/bin/python`;
  const requirements = `${sources}${name}.txt`;
  const there = await access(program).then(
    () => true,
    () => false,
  );
  if (!there) await run("python3", ["-m", "venv", environment]);
  await run(program, ["-m", "pip", "install", "--quiet", "--requirement", requirements]);
  return { program, sources, bin: `${environment}/bin/` };
}
