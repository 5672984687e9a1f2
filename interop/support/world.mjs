// What the suites register: applications, an API, a user. Names and ids are fixed and made up.

/** The API that applications ask tokens for. */
export const API = "https://notes.example/api";

/** The application in the browser. */
export const SPA = "SpaInteropSuite00000000000000001";

/** A second application in the browser, to show that the API knows neither. */
export const SECOND_SPA = "SpaInteropSuite00000000000000002";

/** The application on a server. */
export const WEB = {
  id: "WebInteropSuite00000000000000001",
  secret: "aldk_WebInteropSecret0123456789abcdefghijklmnopq",
};

/** The application without a person. */
export const M2M = {
  id: "M2mInteropSuite00000000000000001",
  secret: "aldk_M2mInteropSecret0123456789abcdefghijklmnopq",
};

/** The same, registered to authenticate by HTTP Basic. */
export const M2M_BASIC = {
  id: "M2mInteropSuite00000000000000002",
  secret: "aldk_M2mInteropSecret1123456789abcdefghijklmnopq",
};

/** The person. */
export const USER = { email: "maria@example.com", password: "correct horse battery 7 staple" };

/** The database connection. */
export const CONNECTION = "Username-Password-Authentication";

/** The configuration for an application that lives at `origin`. */
export function world(origin) {
  const callbacks = [`${origin}/callback`];
  const browserSide = {
    callbacks,
    web_origins: [origin],
    allowed_origins: [origin],
    allowed_logout_urls: [`${origin}/bye`],
    cross_origin_authentication: true,
    refresh_token: { rotation_type: "rotating", expiration_type: "expiring", leeway: 0 },
  };
  const spa = {
    ...browserSide,
    app_type: "spa",
    token_endpoint_auth_method: "none",
    grant_types: [
      ...["implicit", "authorization_code", "refresh_token"],
      "http://auth0.com/oauth/grant-type/password-realm",
    ],
  };
  return {
    clients: [
      { ...spa, client_id: SPA, name: "Interop SPA" },
      { ...spa, client_id: SECOND_SPA, name: "Interop second SPA" },
      {
        ...browserSide,
        client_id: WEB.id,
        client_secret: WEB.secret,
        name: "Interop web",
        app_type: "regular_web",
        token_endpoint_auth_method: "client_secret_post",
        grant_types: ["authorization_code", "refresh_token", "implicit"],
      },
      machine(M2M, "Interop M2M", "client_secret_post"),
      machine(M2M_BASIC, "Interop M2M, Basic", "client_secret_basic"),
    ],
    resourceServers: [
      {
        name: "Notes",
        identifier: API,
        scopes: [
          { value: "read:notes", description: "Read notes" },
          { value: "write:notes", description: "Write notes" },
        ],
        allow_offline_access: true,
        skip_consent_for_verifiable_first_party_clients: true,
      },
    ],
    clientGrants: [M2M, M2M_BASIC].map(({ id }) => ({
      client_id: id,
      audience: API,
      scope: ["read:notes"],
    })),
    users: [{ ...USER, email_verified: true, name: "Maria Example", connection: CONNECTION }],
  };
}

function machine({ id, secret }, name, method) {
  return {
    client_id: id,
    client_secret: secret,
    name,
    app_type: "non_interactive",
    token_endpoint_auth_method: method,
    grant_types: ["client_credentials"],
  };
}
