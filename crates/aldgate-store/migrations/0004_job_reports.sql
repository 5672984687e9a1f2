-- Jobs that somebody asked for (imports, exports), as they are told about afterwards: `jobs` holds
-- what is to be done and forgets it, `job_reports` what became of it. state: pending, processing,
-- completed, failed.
CREATE TABLE job_reports (
    tenant_id TEXT NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    document TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX job_reports_by_state ON job_reports (tenant_id, kind, state);
CREATE INDEX job_reports_by_expiry ON job_reports (expires_at);

-- What a job reads and writes, in pieces that fit into memory. kind: input (sealed), fault, output.
CREATE TABLE job_parts (
    tenant_id TEXT NOT NULL,
    job_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    number BIGINT NOT NULL,
    content BYTEA NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, job_id, kind, number)
);
CREATE INDEX job_parts_by_expiry ON job_parts (expires_at);
