//! Everything that belongs to a tenant, table by table: what goes when a tenant is deleted.

use crate::sql::sql;

sql! {
    const ACCESS_TOKENS = "DELETE FROM access_tokens WHERE tenant_id = ?1";
    const ACTION_BINDINGS = "DELETE FROM action_bindings WHERE tenant_id = ?1";
    const ACTION_EVENTS = "DELETE FROM action_events WHERE tenant_id = ?1";
    const ACTION_EXECUTIONS = "DELETE FROM action_executions WHERE tenant_id = ?1";
    const ACTION_VERSIONS = "DELETE FROM action_versions WHERE tenant_id = ?1";
    const ACTIONS = "DELETE FROM actions WHERE tenant_id = ?1";
    const API_ALIASES = "DELETE FROM api_aliases WHERE tenant_id = ?1";
    const APIS = "DELETE FROM apis WHERE tenant_id = ?1";
    const APPLICATIONS = "DELETE FROM applications WHERE tenant_id = ?1";
    const ASSERTIONS = "DELETE FROM assertions WHERE tenant_id = ?1";
    const ATTEMPTS = "DELETE FROM attempts WHERE tenant_id = ?1";
    const CHANGES = "DELETE FROM changes WHERE tenant_id = ?1";
    const CLIENT_GRANTS = "DELETE FROM client_grants WHERE tenant_id = ?1";
    const CODES = "DELETE FROM codes WHERE tenant_id = ?1";
    const CONNECTIONS = "DELETE FROM connections WHERE tenant_id = ?1";
    const CONSENTS = "DELETE FROM consents WHERE tenant_id = ?1";
    const EVENTS = "DELETE FROM events WHERE tenant_id = ?1";
    const FEDERATED_ATTEMPTS = "DELETE FROM federated_attempts WHERE tenant_id = ?1";
    const GRANTS = "DELETE FROM grants WHERE tenant_id = ?1";
    const IDENTITIES = "DELETE FROM identities WHERE tenant_id = ?1";
    const JOB_PARTS = "DELETE FROM job_parts WHERE tenant_id = ?1";
    const JOB_REPORTS = "DELETE FROM job_reports WHERE tenant_id = ?1";
    const JOBS = "DELETE FROM jobs WHERE tenant_id = ?1";
    const LOGIN_NAMES = "DELETE FROM login_names WHERE tenant_id = ?1";
    const OTPS = "DELETE FROM otps WHERE tenant_id = ?1";
    const PASSWORDS = "DELETE FROM passwords WHERE tenant_id = ?1";
    const REFRESH_TOKENS = "DELETE FROM refresh_tokens WHERE tenant_id = ?1";
    const ROLE_PERMISSIONS = "DELETE FROM role_permissions WHERE tenant_id = ?1";
    const ROLES = "DELETE FROM roles WHERE tenant_id = ?1";
    const SESSIONS = "DELETE FROM sessions WHERE tenant_id = ?1";
    const SETTINGS = "DELETE FROM settings WHERE tenant_id = ?1";
    const SIGNING_KEYS = "DELETE FROM signing_keys WHERE tenant_id = ?1";
    const TICKETS = "DELETE FROM tickets WHERE tenant_id = ?1";
    const TRANSACTIONS = "DELETE FROM transactions WHERE tenant_id = ?1";
    const UPSTREAM_TOKENS = "DELETE FROM upstream_tokens WHERE tenant_id = ?1";
    const USER_PERMISSIONS = "DELETE FROM user_permissions WHERE tenant_id = ?1";
    const USER_ROLES = "DELETE FROM user_roles WHERE tenant_id = ?1";
    const USERS = "DELETE FROM users WHERE tenant_id = ?1";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migrate::MIGRATIONS;

    #[test]
    fn ten_01_no_table_of_a_tenant_is_forgotten() {
        let mut tables: Vec<&str> = Vec::new();
        for migration in MIGRATIONS {
            for statement in migration.text.split("CREATE TABLE ").skip(1) {
                let (table, rest) = statement.split_once(" (").unwrap();
                let columns = rest.split(");").next().unwrap();
                if table != "tenants" && columns.contains("tenant_id") {
                    tables.push(table);
                }
            }
        }
        tables.sort_unstable();
        let covered: Vec<&str> = STATEMENTS.iter().map(crate::sql::Sql::table).collect();
        assert_eq!(covered, tables);
    }
}
