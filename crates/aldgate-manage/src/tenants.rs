//! `/tenants/settings`: what a tenant is called, how long sessions last, what it does by default.

mod read;
mod update;

use aldgate_core::members;
use aldgate_core::tenant::rules::MEMBERS;
use aldgate_core::tenant::{TenantSettings, rules};
use serde_json::{Value, json};

use crate::op::schema::{array, flag, open, string};
use crate::op::{FIELDS, Operation, get, patch};

pub(crate) fn operations() -> Vec<Operation> {
    vec![
        get("/tenants/settings", "Get the tenant's settings", read::run)
            .scopes(&["read:tenant_settings"])
            .query(FIELDS)
            .answers(shape(&[])),
        patch(
            "/tenants/settings",
            "Update the tenant's settings",
            update::run,
        )
        .scopes(&["update:tenant_settings"])
        .body(members::schema(MEMBERS, &[]))
        .answers(shape(&["flags", "session_lifetime", "enabled_locales"])),
    ]
}

fn view(settings: &TenantSettings) -> Value {
    Value::Object(rules::view(settings))
}

fn shape(required: &[&str]) -> Value {
    let number = json!({"type": "number"});
    let flags = json!({"type": "object", "additionalProperties": flag()});
    open(
        [
            ("friendly_name", string()),
            ("picture_url", string()),
            ("support_email", string()),
            ("support_url", string()),
            ("default_audience", string()),
            ("default_directory", string()),
            ("default_redirection_uri", string()),
            ("allowed_logout_urls", array(string())),
            ("session_lifetime", number.clone()),
            ("idle_session_lifetime", number),
            ("enabled_locales", array(string())),
            ("sandbox_version", string()),
            ("sandbox_versions_available", array(string())),
            ("flags", flags),
        ],
        required,
    )
}
