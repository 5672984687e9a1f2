-- Indexes that every event pays for and no search needs: `id` sorts by age already, and few events
-- have a support code.
DROP INDEX events_by_age;
DROP INDEX events_by_support_code;
CREATE INDEX events_by_support_code ON events (tenant_id, support_code)
    WHERE support_code IS NOT NULL;
