// The Management API by npm's auth0 in its versions 4, 6 and 7, unmodified.

import { test } from "node:test";

import { drive } from "../support/management.mjs";

const script = new URL("../management/node.mjs", import.meta.url).pathname;

for (const sdk of ["auth0-4", "auth0-6", "auth0-7"]) {
  test(sdk, () => drive(process.execPath, [script], { SDK: sdk }));
}
