//! Home-realm discovery: which connection people of a mail domain log in with.

use std::sync::Arc;

use serde_json::Value;

use super::preset::Preset;
use crate::connection::Connection;
use crate::id::ClientId;

/// The connection that claims the domain of an address and that the application may use. Says
/// nothing about who exists: only the domain counts (ACC-04).
#[must_use]
pub fn of_address(
    connections: &[Arc<Connection>],
    client: &ClientId,
    address: &str,
) -> Option<Arc<Connection>> {
    let (_, domain) = address.trim().rsplit_once('@')?;
    let domain = self::domain(domain)?;
    let claims = |one: &&Arc<Connection>| {
        one.is_federated() && one.is_active() && one.is_enabled_for(client) && has(one, &domain)
    };
    connections.iter().find(claims).cloned()
}

/// Whether a connection may vouch for an address: an enterprise connection that claims domains
/// speaks for those alone (FED-04).
#[must_use]
pub fn may_vouch(preset: &Preset, connection: &Connection, address: &str) -> bool {
    let claimed = aliases(connection).next().is_some();
    if preset.social || !claimed {
        return true;
    }
    let domain = address
        .rsplit_once('@')
        .and_then(|(_, domain)| self::domain(domain));
    domain.is_some_and(|domain| has(connection, &domain))
}

/// The form in which domains are compared; `None` when it is none.
#[must_use]
pub fn domain(text: &str) -> Option<String> {
    let fold = idna(text.trim())?;
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    (fold.len() <= 253 && fold.contains('.') && fold.split('.').all(label)).then_some(fold)
}

/// Lower case, and `xn--` for other scripts, as browsers do it.
fn idna(text: &str) -> Option<String> {
    if text.contains(['/', '?', '#', ':', '@', '\\']) {
        return None;
    }
    match url::Host::parse(text).ok()? {
        url::Host::Domain(name) => Some(name),
        _ => None,
    }
}

fn has(connection: &Connection, domain: &str) -> bool {
    aliases(connection).any(|alias| self::domain(alias).as_deref() == Some(domain))
}

fn aliases(connection: &Connection) -> impl Iterator<Item = &str> {
    let list = connection
        .options
        .get("domain_aliases")
        .and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn corp(enabled: bool) -> Connection {
        let json = json!({"id": "con_1", "name": "corp", "strategy": "oidc",
            "enabled_clients": if enabled { vec!["abc"] } else { vec![] },
            "options": {"domain_aliases": ["example.com", "bücher.test"]}});
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn fed_04_the_domain_decides_and_nothing_else() {
        let client = ClientId::parse("abc").unwrap();
        let all = [Arc::new(corp(true))];
        for address in [
            "a@example.com",
            " B@EXAMPLE.com ",
            "x@y@example.com",
            "a@xn--bcher-kva.test",
        ] {
            assert!(of_address(&all, &client, address).is_some(), "{address}");
        }
        for address in [
            "a@sub.example.com",
            "a@example.com.evil.test",
            "example.com",
            "a@",
            "@",
        ] {
            assert!(of_address(&all, &client, address).is_none(), "{address}");
        }
        let off = [Arc::new(corp(false))];
        assert!(of_address(&off, &client, "a@example.com").is_none());
    }

    #[test]
    fn fed_04_an_enterprise_connection_vouches_for_its_domains_only() {
        let (oidc, google) = (
            Preset::of("oidc").unwrap(),
            Preset::of("google-oauth2").unwrap(),
        );
        let corp = corp(true);
        assert!(may_vouch(oidc, &corp, "a@example.com"));
        assert!(!may_vouch(oidc, &corp, "ada@victim.test"));
        assert!(may_vouch(google, &corp, "ada@victim.test"));
        let mut open = corp;
        open.options.clear();
        assert!(may_vouch(oidc, &open, "ada@victim.test"));
    }
}
