-- The first schema. One text for SQLite and PostgreSQL: TEXT, BIGINT and BYTEA only; times are
-- microseconds since the epoch in columns named …_at; booleans are 0 or 1; JSON lives in `document`
-- and is never queried inside; tenant_id comes first in every key.

CREATE TABLE tenants (
    tenant_id TEXT NOT NULL PRIMARY KEY,
    authority TEXT NOT NULL,
    document TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX tenants_by_authority ON tenants (authority);

CREATE TABLE applications (
    tenant_id TEXT NOT NULL,
    id TEXT NOT NULL,
    name_key TEXT NOT NULL,
    document TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE apis (
    tenant_id TEXT NOT NULL,
    id TEXT NOT NULL,
    identifier TEXT NOT NULL,
    document TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX apis_by_identifier ON apis (tenant_id, identifier);

-- Former identifiers of an API that still work until a moment.
CREATE TABLE api_aliases (
    tenant_id TEXT NOT NULL,
    identifier TEXT NOT NULL,
    api_id TEXT NOT NULL,
    until_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, identifier)
);
CREATE INDEX api_aliases_by_api ON api_aliases (tenant_id, api_id);
CREATE INDEX api_aliases_by_expiry ON api_aliases (until_at);

CREATE TABLE client_grants (
    tenant_id TEXT NOT NULL,
    id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    audience TEXT NOT NULL,
    subject_type TEXT NOT NULL,
    document TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX client_grants_by_pair
    ON client_grants (tenant_id, client_id, audience, subject_type);
CREATE INDEX client_grants_by_audience ON client_grants (tenant_id, audience);

CREATE TABLE connections (
    tenant_id TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    strategy TEXT NOT NULL,
    document TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX connections_by_name ON connections (tenant_id, name);

CREATE TABLE users (
    tenant_id TEXT NOT NULL,
    id TEXT NOT NULL,
    email_key TEXT,
    name_key TEXT NOT NULL,
    blocked BIGINT NOT NULL CHECK (blocked IN (0, 1)),
    document TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX users_by_email ON users (tenant_id, email_key, id);
CREATE INDEX users_by_created ON users (tenant_id, created_at, id);

-- Who a person is at a connection: the unique ways to find her.
CREATE TABLE identities (
    tenant_id TEXT NOT NULL,
    connection_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    user_id TEXT NOT NULL,
    PRIMARY KEY (tenant_id, connection_id, subject)
);
CREATE INDEX identities_by_user ON identities (tenant_id, user_id);

-- What a database user types to log in. kind: email, username, phone.
CREATE TABLE login_names (
    tenant_id TEXT NOT NULL,
    connection_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    name_key TEXT NOT NULL,
    user_id TEXT NOT NULL,
    PRIMARY KEY (tenant_id, connection_id, kind, name_key)
);
CREATE INDEX login_names_by_user ON login_names (tenant_id, user_id);

-- The password of a database user. `document` keeps former hashes if the connection wants a
-- history.
CREATE TABLE passwords (
    tenant_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    hash TEXT NOT NULL,
    document TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, user_id)
);

CREATE TABLE roles (
    tenant_id TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    document TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX roles_by_name ON roles (tenant_id, name);

CREATE TABLE role_permissions (
    tenant_id TEXT NOT NULL,
    role_id TEXT NOT NULL,
    api_identifier TEXT NOT NULL,
    permission TEXT NOT NULL,
    PRIMARY KEY (tenant_id, role_id, api_identifier, permission)
);
CREATE INDEX role_permissions_by_api ON role_permissions (tenant_id, api_identifier);

CREATE TABLE user_roles (
    tenant_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    role_id TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, user_id, role_id)
);
CREATE INDEX user_roles_by_role ON user_roles (tenant_id, role_id, user_id);

CREATE TABLE user_permissions (
    tenant_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    api_identifier TEXT NOT NULL,
    permission TEXT NOT NULL,
    PRIMARY KEY (tenant_id, user_id, api_identifier, permission)
);
CREATE INDEX user_permissions_by_api ON user_permissions (tenant_id, api_identifier);

-- A browser's login. Found by the hash of its cookie; `id` is the public sid.
CREATE TABLE sessions (
    tenant_id TEXT NOT NULL,
    hash BYTEA NOT NULL,
    id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    document TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, hash)
);
CREATE UNIQUE INDEX sessions_by_id ON sessions (tenant_id, id);
CREATE INDEX sessions_by_user ON sessions (tenant_id, user_id, created_at);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- A running authorization: what the application asked for, until the user is back.
CREATE TABLE transactions (
    tenant_id TEXT NOT NULL,
    hash BYTEA NOT NULL,
    document TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, hash)
);
CREATE INDEX transactions_by_expiry ON transactions (expires_at);

-- What one authorization gave one application. Tokens hang on it; revoking it kills them all.
CREATE TABLE grants (
    tenant_id TEXT NOT NULL,
    id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    user_id TEXT,
    session_id TEXT,
    document TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX grants_by_user ON grants (tenant_id, user_id, client_id);
CREATE INDEX grants_by_client ON grants (tenant_id, client_id);
CREATE INDEX grants_by_session ON grants (tenant_id, session_id);
CREATE INDEX grants_by_expiry ON grants (expires_at);

CREATE TABLE codes (
    tenant_id TEXT NOT NULL,
    hash BYTEA NOT NULL,
    grant_id TEXT NOT NULL,
    document TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (tenant_id, hash)
);
CREATE INDEX codes_by_expiry ON codes (expires_at);

-- One row a family and generation. A retired row remembers when, for the leeway (ruling R9).
CREATE TABLE refresh_tokens (
    tenant_id TEXT NOT NULL,
    hash BYTEA NOT NULL,
    grant_id TEXT NOT NULL,
    generation BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    idle_expires_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    retired_at BIGINT,
    PRIMARY KEY (tenant_id, hash)
);
CREATE INDEX refresh_tokens_by_grant ON refresh_tokens (tenant_id, grant_id, generation);
CREATE INDEX refresh_tokens_by_expiry ON refresh_tokens (expires_at);

-- Opaque access tokens, good for /userinfo.
CREATE TABLE access_tokens (
    tenant_id TEXT NOT NULL,
    hash BYTEA NOT NULL,
    grant_id TEXT NOT NULL,
    scope TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, hash)
);
CREATE INDEX access_tokens_by_grant ON access_tokens (tenant_id, grant_id);
CREATE INDEX access_tokens_by_expiry ON access_tokens (expires_at);

-- What a user agreed to, per application and audience ('' = user info only).
CREATE TABLE consents (
    tenant_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    audience TEXT NOT NULL,
    id TEXT NOT NULL,
    scope TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, user_id, client_id, audience)
);
CREATE UNIQUE INDEX consents_by_id ON consents (tenant_id, id);
CREATE INDEX consents_by_client ON consents (tenant_id, client_id);

-- Mailed tickets and login tickets. One purpose, one user, one use.
CREATE TABLE tickets (
    tenant_id TEXT NOT NULL,
    hash BYTEA NOT NULL,
    purpose TEXT NOT NULL,
    user_id TEXT,
    document TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (tenant_id, hash)
);
CREATE INDEX tickets_by_user ON tickets (tenant_id, user_id, purpose);
CREATE INDEX tickets_by_expiry ON tickets (expires_at);

-- Failures counted against guessing (ACC-03). subject: what is counted, such as account+address.
CREATE TABLE attempts (
    tenant_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    failures BIGINT NOT NULL,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    blocked_until_at BIGINT,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, subject)
);
CREATE INDEX attempts_by_expiry ON attempts (expires_at);

-- Ids of client assertions already used (RFC 7523).
CREATE TABLE assertions (
    tenant_id TEXT NOT NULL,
    client_id TEXT NOT NULL,
    jti_hash BYTEA NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, client_id, jti_hash)
);
CREATE INDEX assertions_by_expiry ON assertions (expires_at);

-- Signing keys; the private half sealed under the master key. state: next, current, previous,
-- revoked.
CREATE TABLE signing_keys (
    tenant_id TEXT NOT NULL,
    id TEXT NOT NULL,
    alg TEXT NOT NULL,
    state TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    document TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX signing_keys_in_office ON signing_keys (tenant_id, alg, state)
    WHERE state IN ('next', 'current');

-- The tenant log.
CREATE TABLE events (
    tenant_id TEXT NOT NULL,
    id TEXT NOT NULL,
    type TEXT NOT NULL,
    client_id TEXT,
    user_id TEXT,
    support_code TEXT,
    document TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX events_by_type ON events (tenant_id, type, id);
CREATE INDEX events_by_user ON events (tenant_id, user_id, id);
CREATE INDEX events_by_client ON events (tenant_id, client_id, id);
CREATE INDEX events_by_support_code ON events (tenant_id, support_code);
CREATE INDEX events_by_age ON events (created_at);

-- Background work: mail and later more. Claimed by one conditional UPDATE that moves run_at behind
-- the end of the claim. state: waiting, failed.
CREATE TABLE jobs (
    tenant_id TEXT NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    document TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    run_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX jobs_by_due ON jobs (kind, state, run_at);
CREATE INDEX jobs_by_age ON jobs (state, updated_at);

-- Further documents of a tenant, one per kind and key: branding, prompts, e-mail provider and
-- templates, attack protection …
CREATE TABLE settings (
    tenant_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    document TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, kind, id)
);

-- What changed last, so that the caches of every node can follow. Revisions come from the counter
-- of that name, whose row stays locked until the commit: they become visible in their order.
CREATE TABLE changes (
    tenant_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    revision BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, kind, id)
);
CREATE INDEX changes_by_revision ON changes (revision);

-- Numbers that only grow. revision: of changes; restores: how often a backup was restored.
CREATE TABLE counters (
    name TEXT NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO counters (name, value) VALUES ('revision', 0), ('restores', 0);

-- Housekeeping that one node does at a time.
CREATE TABLE leases (
    name TEXT NOT NULL PRIMARY KEY,
    holder TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
