-- Browsers on their way to another provider and back. Single use; found by the hash of the first
-- half of `state`.
CREATE TABLE federated_attempts (
    tenant_id TEXT NOT NULL,
    hash BYTEA NOT NULL,
    document TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, hash)
);
CREATE INDEX federated_attempts_by_expiry ON federated_attempts (expires_at);

-- What providers gave for an account, sealed under the master key.
CREATE TABLE upstream_tokens (
    tenant_id TEXT NOT NULL,
    connection_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    sealed BYTEA NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, connection_id, subject)
);
