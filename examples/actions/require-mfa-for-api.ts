// TypeScript: an API that wants a second factor is not opened without one.
import type { PostLoginApi, PostLoginEvent } from "./actions";

interface Rule {
  readonly audience: string;
  readonly method: string;
}

const RULES: readonly Rule[] = [{ audience: "https://pay.example.com", method: "mfa" }];

export const onExecutePostLogin = async (event: PostLoginEvent, api: PostLoginApi) => {
  const audience = event.resource_server?.identifier;
  const rule = RULES.find((one) => one.audience === audience);
  if (rule === undefined) return;
  const methods = (event.authentication?.methods ?? []) as { name: string }[];
  if (!methods.some(({ name }) => name === rule.method)) {
    api.access.deny("Paying needs a second factor.");
  }
};
