-- Actions: drafts, the versions that were deployed, what is bound to each trigger in which order,
-- what came of running them, and events that a tenant lets be kept to try drafts on.
CREATE TABLE actions (
    tenant_id TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    trigger_id TEXT NOT NULL,
    version_id TEXT,
    document TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX actions_by_name ON actions (tenant_id, name);

CREATE TABLE action_versions (
    tenant_id TEXT NOT NULL,
    action_id TEXT NOT NULL,
    id TEXT NOT NULL,
    number BIGINT NOT NULL,
    document TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, action_id, id)
);
CREATE UNIQUE INDEX action_versions_by_number ON action_versions (tenant_id, action_id, number);

CREATE TABLE action_bindings (
    tenant_id TEXT NOT NULL,
    trigger_id TEXT NOT NULL,
    place BIGINT NOT NULL,
    action_id TEXT NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (tenant_id, trigger_id, place)
);
CREATE UNIQUE INDEX action_bindings_by_action ON action_bindings (tenant_id, action_id);

CREATE TABLE action_executions (
    tenant_id TEXT NOT NULL,
    id TEXT NOT NULL,
    trigger_id TEXT NOT NULL,
    document TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX action_executions_by_trigger ON action_executions (tenant_id, trigger_id, id);
CREATE INDEX action_executions_by_expiry ON action_executions (expires_at);

CREATE TABLE action_events (
    tenant_id TEXT NOT NULL,
    trigger_id TEXT NOT NULL,
    id TEXT NOT NULL,
    document TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, trigger_id, id)
);
CREATE INDEX action_events_by_expiry ON action_events (expires_at);
