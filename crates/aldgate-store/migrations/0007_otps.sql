-- Codes of passwordless logins. One for each address and what the code is bound to: a newer code
-- takes the place of an older one. `code_hash` is an HMAC under a key that is not in the database,
-- because six digits are soon tried.
CREATE TABLE otps (
    tenant_id TEXT NOT NULL,
    connection_id TEXT NOT NULL,
    name_key TEXT NOT NULL,
    binding TEXT NOT NULL,
    code_hash BYTEA NOT NULL,
    tries BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (tenant_id, connection_id, name_key, binding)
);
CREATE INDEX otps_by_expiry ON otps (expires_at);
