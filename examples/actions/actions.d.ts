/**
 * Types of actions, for editors. Written by `aldgate actions types`. Put it beside your actions and
 * name the types in a comment of JavaScript (`@param {import("./actions").PostLoginEvent} event`) or
 * in TypeScript. Nothing of this file runs.
 */

/** Plain data: what JSON can say. */
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
/** Metadata of users, applications and connections. */
export type Metadata = { [name: string]: any };

/** The request that led here. Secrets (passwords, codes, tokens) are never in it. */
export interface Request {
  readonly ip: string;
  readonly hostname: string;
  readonly method: string;
  readonly query: { readonly [name: string]: string };
  readonly body: { readonly [name: string]: any };
  /** The first language that the browser asks for. */
  readonly language?: string;
  readonly user_agent: string;
  /** Empty unless something in front of the server tells the place. */
  readonly geoip?: { readonly countryCode?: string; readonly [name: string]: unknown };
}

/** The application. */
export interface Client {
  readonly client_id: string;
  readonly name: string;
  readonly metadata: { readonly [name: string]: string };
}

/** Where the user comes from. */
export interface Connection {
  readonly id: string;
  readonly name: string;
  /** `auth0` for the built-in database. */
  readonly strategy: string;
  readonly metadata: Metadata;
}

/** The user. Before registration she has no `user_id`. */
export interface User {
  readonly user_id?: string;
  readonly email?: string;
  readonly email_verified?: boolean;
  readonly username?: string;
  readonly phone_number?: string;
  readonly phone_verified?: boolean;
  readonly name?: string;
  readonly nickname?: string;
  readonly given_name?: string;
  readonly family_name?: string;
  readonly picture?: string;
  readonly created_at?: string;
  readonly updated_at?: string;
  readonly last_password_reset?: string;
  readonly user_metadata: Metadata;
  readonly app_metadata: Metadata;
  readonly identities?: readonly {
    readonly provider: string;
    readonly user_id: string;
    readonly connection: string;
  }[];
}

/** What every event has. */
export interface Event {
  readonly tenant: { readonly id: string };
  readonly request: Request;
  readonly client?: Client;
  /** The action's own secrets. Their values never appear in its log. */
  readonly secrets: { readonly [name: string]: string };
  readonly configuration: { readonly [name: string]: string };
}

/** The event of `post-login`: every login, silent authentication and refresh. */
export interface PostLoginEvent extends Event {
  readonly client: Client;
  readonly user: User & { readonly user_id: string };
  readonly authentication?: {
    /** How she proved who she is: `pwd`, `federated`, `mfa` …. */
    readonly methods: readonly { readonly name: string; readonly timestamp: string }[];
  };
  readonly authorization?: { readonly roles: readonly string[] };
  readonly connection?: Connection;
  /** The API that the access token is for; absent: it is opaque. */
  readonly resource_server?: { readonly identifier: string };
  readonly session?: { readonly id: string; readonly [name: string]: unknown };
  readonly refresh_token?: { readonly id: string; readonly [name: string]: unknown };
  readonly stats: { readonly logins_count: number };
  readonly transaction?: {
    readonly protocol: string;
    readonly requested_scopes: readonly string[];
    readonly redirect_uri?: string;
    readonly state?: string;
    readonly login_hint?: string;
    readonly [name: string]: unknown;
  };
}

/** The event of `credentials-exchange`: an application gets a token for itself. */
export interface CredentialsExchangeEvent extends Event {
  readonly client: Client;
  readonly accessToken: {
    readonly customClaims: { readonly [name: string]: Json };
    readonly scope: readonly string[];
  };
  readonly resource_server: { readonly identifier: string };
  readonly transaction: { readonly requested_scopes: readonly string[] };
}

/** The event of both registration triggers. */
export interface RegistrationEvent extends Event {
  readonly user: User;
  readonly connection: Connection;
}

/** The event of `post-change-password`. */
export interface PostChangePasswordEvent extends Event {
  readonly user: User & { readonly user_id: string };
  readonly connection?: Connection;
}

/** What actions of one trigger keep for each other: at most 20 texts for at most a day. */
export interface Cache {
  get(key: string): { readonly value: string; readonly expires_at: number } | undefined;
  /** `ttl` and `expires_at` in milliseconds; 15 minutes unless said otherwise. */
  set(key: string, value: string, options?: { ttl?: number; expires_at?: number }): unknown;
  delete(key: string): unknown;
}

/** Custom claims of one token. Protocol claims cannot be set; `null` takes a claim away. */
interface Claims<Api> {
  setCustomClaim(name: string, value: Json): Api;
}

/** Changes to metadata, written when the last action has agreed. `null` takes a key away. */
interface UserApi<Api> {
  setUserMetadata(key: string, value: Json): Api;
  setAppMetadata(key: string, value: Json): Api;
}

/** What actions of `post-login` can ask for. */
export interface PostLoginApi {
  readonly idToken: Claims<PostLoginApi>;
  readonly accessToken: Claims<PostLoginApi> & {
    addScope(scope: string): PostLoginApi;
    removeScope(scope: string): PostLoginApi;
  };
  /** Refuses the login. Later actions do not run. */
  readonly access: { deny(reason: string): PostLoginApi };
  readonly user: UserApi<PostLoginApi>;
  /** Sends the user to a page of yours; she comes back to `/continue?state=…`. */
  readonly redirect: {
    canRedirect(): boolean;
    encodeToken(options: { secret: string; payload: object; expiresInSeconds?: number }): string;
    sendUserTo(url: string, options?: { query?: { [name: string]: string } }): PostLoginApi;
    validateToken(options: { secret: string; tokenParameterName?: string }): any;
  };
  readonly authentication: {
    /** Goes on as this user, after accounts were linked. */
    setPrimaryUser(user_id: string): PostLoginApi;
    /** Records a proof that a page of yours asked for, by its https address. */
    recordMethod(url: string): PostLoginApi;
  };
  readonly session: { revoke(reason: string): PostLoginApi };
  readonly refreshToken: { revoke(reason: string): PostLoginApi };
  /** Shows an error page of the server. */
  readonly validation: { error(code: string, message: string): PostLoginApi };
  readonly cache: Cache;
}

/** What actions of `credentials-exchange` can ask for. */
export interface CredentialsExchangeApi {
  readonly accessToken: Claims<CredentialsExchangeApi>;
  readonly access: {
    deny(
      code: "invalid_scope" | "invalid_request" | "server_error",
      reason: string,
    ): CredentialsExchangeApi;
  };
  readonly cache: Cache;
}

/** What actions of `pre-user-registration` can ask for. */
export interface PreUserRegistrationApi {
  /** `reason` is for the log, `message` for the user. */
  readonly access: { deny(reason: string, message?: string): PreUserRegistrationApi };
  readonly user: UserApi<PreUserRegistrationApi>;
  readonly validation: { error(code: string, message: string): PreUserRegistrationApi };
  readonly cache: Cache;
}

/** What actions that only hear of something can ask for. */
export interface NoticeApi {
  readonly cache: Cache;
}
