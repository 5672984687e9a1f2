-- Users by every order that a list can have, and by what a search can narrow. `last_login_at` is 0
-- for those who never logged in, `email_key` is empty for those without an address, so that both
-- have their place in the order on either engine.
ALTER TABLE users ADD COLUMN last_login_at BIGINT NOT NULL DEFAULT 0;
UPDATE users SET email_key = '' WHERE email_key IS NULL;
CREATE INDEX users_by_name ON users (tenant_id, name_key, id);
CREATE INDEX users_by_updated ON users (tenant_id, updated_at, id);
CREATE INDEX users_by_last_login ON users (tenant_id, last_login_at, id);
CREATE INDEX users_blocked ON users (tenant_id, id) WHERE blocked = 1;
CREATE INDEX identities_by_connection ON identities (tenant_id, connection_id, user_id);
