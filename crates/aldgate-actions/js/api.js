// -- event and api --------------------------------------------------------------------------------

/** Records what the action asks for. The value is copied at once: what it becomes later is not. */
const command = (kind, fields) => {
  let text;
  try {
    text = stringify({ __proto__: null, kind, ...fields });
  } catch (error) {
    throw new NativeTypeError(`${kind}: the value is no plain data: ${error.message}`);
  }
  const refused = host("command", text);
  if (refused !== "") throw new NativeError(refused);
};

const plain = (value, what) => {
  if (value === undefined || typeof value === "function" || typeof value === "symbol") {
    throw new NativeTypeError(`${what} must be plain data, not ${typeof value}`);
  }
  return value;
};

const text = (value, what) => {
  if (typeof value !== "string" || value === "")
    throw new NativeTypeError(`${what} must be a text`);
  return value;
};

const apiOf = (trigger, event) => {
  const api = {};
  const claim = (token) => (name, value) => {
    command("set_claim", {
      token,
      name: text(name, "the name of a claim"),
      value: plain(value, "the value of a claim"),
    });
    return api;
  };
  const metadata = (field) => (key, value) => {
    command("set_metadata", { field, key: text(key, "a key"), value: plain(value, "the value") });
    return api;
  };
  const scope = (kind) => (value) => {
    command(kind, { scope: text(value, "a scope") });
    return api;
  };
  const cached = new NativeMap(Object.entries(event.cache ?? {}));
  delete event.cache;
  api.cache = {
    get: (key) => {
      const found = apply(mapGet, cached, [key]);
      return found === undefined
        ? undefined
        : { value: found.value, expires_at: found.expires_at };
    },
    set: (key, value, options = {}) => {
      const expires_at = options.expires_at ?? Date.now() + (options.ttl ?? 900000);
      command("cache_set", {
        key: text(key, "a key"),
        value: text(value, "the value"),
        expires_at,
      });
      apply(mapSet, cached, [key, { value, expires_at }]);
      return { type: "success", record: { key, value, expires_at } };
    },
    delete: (key) => {
      command("cache_delete", { key: text(key, "a key") });
      apply(mapDelete, cached, [key]);
      return { type: "success" };
    },
  };
  const deny = (fields) => {
    command("deny", fields);
    return api;
  };
  if (trigger === "post-login") {
    api.idToken = { setCustomClaim: claim("id") };
    api.accessToken = {
      setCustomClaim: claim("access"),
      addScope: scope("add_scope"),
      removeScope: scope("remove_scope"),
    };
    api.access = { deny: (reason) => deny({ reason: text(reason, "the reason") }) };
    api.user = {
      setAppMetadata: metadata("app_metadata"),
      setUserMetadata: metadata("user_metadata"),
    };
    api.validation = {
      error: (code, message) => {
        command("validation_error", {
          code: text(code, "the code"),
          message: text(message, "the message"),
        });
        return api;
      },
    };
    api.rules = { wasExecuted: () => false };
    api.authentication = {
      recordMethod: (url) => {
        command("record_method", { url: text(url, "the URL") });
        return api;
      },
      setPrimaryUser: (user_id) => {
        command("set_primary_user", { user_id: text(user_id, "user_id") });
        return api;
      },
    };
    const canRedirect =
      event.transaction !== undefined && event.transaction.can_redirect !== false;
    delete event.transaction?.can_redirect;
    const jwt = jsonwebtoken();
    api.redirect = {
      canRedirect: () => canRedirect,
      encodeToken: ({ secret, payload, expiresInSeconds = 900 }) =>
        jwt.sign({ ...payload, ip: event.request?.ip }, text(secret, "the secret"), {
          expiresIn: expiresInSeconds,
          issuer: event.request?.hostname,
          subject: event.user?.user_id,
        }),
      sendUserTo: (url, { query = {} } = {}) => {
        command("redirect", { url: text(url, "the URL"), query: plain(query, "query") });
        return api;
      },
      validateToken: ({ secret, tokenParameterName = "session_token" }) => {
        const given =
          event.request?.query?.[tokenParameterName] ?? event.request?.body?.[tokenParameterName];
        if (given === undefined)
          throw new NativeError(`There is no parameter ${tokenParameterName}`);
        const claims = jwt.verify(given, text(secret, "the secret"));
        if (claims.state !== undefined && claims.state !== event.request?.query?.state)
          throw new NativeError("The state in the token does not match the /continue state.");
        if (claims.sub !== event.user?.user_id)
          throw new NativeError("The token is for another user.");
        return claims;
      },
    };
    api.session = {
      revoke: (reason) => {
        command("revoke_session", { reason: text(reason, "the reason") });
        return api;
      },
    };
    api.refreshToken = {
      revoke: (reason) => {
        command("revoke_refresh_token", { reason: text(reason, "the reason") });
        return api;
      },
    };
  }
  if (trigger === "credentials-exchange") {
    api.accessToken = { setCustomClaim: claim("access") };
    api.access = {
      deny: (code, reason) =>
        deny({ code: text(code, "the code"), reason: text(reason, "the reason") }),
    };
  }
  if (trigger === "pre-user-registration") {
    api.access = {
      deny: (reason, message) =>
        deny({
          reason: text(reason, "the reason"),
          message: text(message ?? reason, "the message"),
        }),
    };
    api.user = {
      setAppMetadata: metadata("app_metadata"),
      setUserMetadata: metadata("user_metadata"),
    };
    api.validation = {
      error: (code, message) => {
        command("validation_error", {
          code: text(code, "the code"),
          message: text(message, "the message"),
        });
        return api;
      },
    };
  }
  return api;
};

const failed = (error) => {
  // The engine throws null when it has no memory left for an error.
  if (error === null) {
    host("fail", '{"name":"InternalError","message":"out of memory","stack":""}');
    return;
  }
  const fault =
    error instanceof NativeError
      ? { name: `${error.name}`, message: `${error.message}`, stack: `${error.stack ?? ""}` }
      : { name: "thrown", message: shown(error), stack: "" };
  host("fail", stringify({ __proto__: null, ...fault }));
};

/** Runs the action: `load` is its code as a function of a CommonJS module. */
const run = (load, trigger, handler, eventText) => {
  try {
    const event = parse(eventText);
    const api = apiOf(trigger, event);
    const module = { exports: {} };
    apply(load, undefined, [module.exports, require, module]);
    const entry = module.exports[handler];
    if (typeof entry !== "function")
      throw new NativeError(`The action does not export ${handler}.`);
    const result = new NativePromise((resolve) => resolve(entry(event, api)));
    apply(then, result, [() => host("done", ""), failed]);
  } catch (error) {
    failed(error);
  }
};

return { run, fire, settle };
