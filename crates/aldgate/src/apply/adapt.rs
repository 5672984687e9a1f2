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
    applications(sections, &mut done);
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

/// URLs are exact here (ruling R2), and a public application has no rights of its own.
fn applications(sections: &mut Sections, done: &mut Vec<Adaptation>) {
    let Some(Value::Array(clients)) = sections.get_mut("clients") else {
        return;
    };
    for client in clients {
        let name = client["name"].as_str().unwrap_or_default().to_owned();
        for member in ["callbacks", "allowed_logout_urls"] {
            let Some(Value::Array(urls)) = client.get_mut(member) else {
                continue;
            };
            urls.retain(|url| {
                let wild = url.as_str().is_some_and(|url| url.contains('*'));
                if wild {
                    let why = "left out: no wildcards here; list the URLs, or use one callback";
                    done.push((format!("application {name} {member} {url}"), why.to_owned()));
                }
                !wild
            });
        }
        let public = client["token_endpoint_auth_method"] == "none";
        let grants = client.get_mut("grant_types").and_then(Value::as_array_mut);
        if let (true, Some(grants)) = (public, grants) {
            let before = grants.len();
            grants.retain(|grant| grant != "client_credentials");
            if grants.len() < before {
                let why = "left out: a public application has no secret to use it with";
                done.push((
                    format!("application {name} client_credentials"),
                    why.to_owned(),
                ));
            }
        }
    }
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

#[cfg(test)]
mod tests {
    use aldgate_core::id::TenantId;
    use aldgate_core::provision::provision;
    use aldgate_core::tenant::Issuer;
    use aldgate_core::time::Timestamp;
    use serde_json::json;

    use super::*;

    #[test]
    fn an_export_of_auth0_fits_afterwards_and_every_change_is_told() {
        let issuer = Issuer::parse("http://localhost:4455/").unwrap();
        let rng = &mut aldgate_app::rng::Rng::seeded(1);
        let fresh = provision(TenantId::default(), issuer, Timestamp::from_seconds(1), rng);
        let mut sections: Sections = serde_json::from_value(json!({
            "resourceServers": [{"name": "Auth0 Management API"}, {"name": "Orders"}],
            "clients": [{
                "name": "A",
                "callbacks": ["https://*.a.example/", "https://a.example/"],
                "token_endpoint_auth_method": "none",
                "grant_types": ["authorization_code", "client_credentials"],
            }],
            "clientGrants": [{"client_id": "A", "audience": "https://t.auth0.com/api/v2/"}],
        }))
        .unwrap();
        let told = adapt(&mut sections, &fresh.tenant);
        assert_eq!(told.len(), 4, "{told:?}");
        assert_eq!(sections["resourceServers"], json!([{"name": "Orders"}]));
        assert_eq!(
            sections["clients"][0]["callbacks"],
            json!(["https://a.example/"])
        );
        assert_eq!(
            sections["clients"][0]["grant_types"],
            json!(["authorization_code"])
        );
        assert_eq!(
            sections["clientGrants"][0]["audience"],
            "http://localhost:4455/api/v2/"
        );
    }
}
