// schemathesis over the OpenAPI document: no 5xx, no answer that its schema does not describe.

import { test } from "node:test";

import { drive } from "../support/management.mjs";
import { python } from "../support/python.mjs";

test("the Management API is what its document says", async () => {
  // It asks more often than anybody may.
  process.env.ALDGATE_SERVER__MANAGEMENT_RATE = "none";
  const { program, sources } = await python("schemathesis");
  await drive(program, [`${sources}schemathesis_run.py`]);
});
