//! What an export of Auth0 needs before it fits here: the address of its own tenant, and members
//! that Auth0 has and this server does not.

use aldgate_core::tenant::Tenant;
use serde_json::Value;

use super::place::Sections;

/// What was adapted, and how.
pub(crate) type Adaptation = (String, String);

/// Names that Auth0 gives to APIs of its own.
const OWN_APIS: &[&str] = &["Auth0 Management API", "Auth0 My Account API"];

/// Adapts sections to `tenant`; returns what was changed.
pub(crate) fn adapt(sections: &mut Sections, tenant: &Tenant) -> Vec<Adaptation> {
    let mut done = Vec::new();
    own_apis(sections, &mut done);
    management_grants(sections, &tenant.issuer.management(), &mut done);
    done
}

/// The tenant has its own APIs here.
fn own_apis(sections: &mut Sections, done: &mut Vec<Adaptation>) {
    let Some(Value::Array(apis)) = sections.get_mut("resourceServers") else {
        return;
    };
    apis.retain(|api| {
        let name = api["name"].as_str().unwrap_or_default();
        let own = OWN_APIS.contains(&name) || api["is_system"] == true;
        if own {
            let why = "left out: the tenant has its own here".to_owned();
            done.push((format!("API {name}"), why));
        }
        !own
    });
}

/// A client grant for the old tenant's Management API becomes one for this tenant's.
fn management_grants(sections: &mut Sections, management: &str, done: &mut Vec<Adaptation>) {
    let Some(Value::Array(grants)) = sections.get_mut("clientGrants") else {
        return;
    };
    for grant in grants {
        let Some(audience) = grant["audience"].as_str().map(str::to_owned) else {
            continue;
        };
        if audience.ends_with("/api/v2/") && audience != management {
            let client = grant["client_id"].as_str().unwrap_or_default();
            let what = format!("client grant {client} → {audience}");
            done.push((what, format!("for {management}, the Management API here")));
            grant["audience"] = management.into();
        }
    }
}
