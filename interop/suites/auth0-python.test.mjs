// The Management API by PyPI's auth0-python in its versions 4 and 6, unmodified.

import { test } from "node:test";

import { drive } from "../support/management.mjs";
import { python } from "../support/python.mjs";

for (const version of ["v4", "v6"]) {
  test(`auth0-python ${version}`, async () => {
    const { program, sources } = await python(`management_${version}`);
    await drive(program, [`${sources}management_${version}.py`]);
  });
}
