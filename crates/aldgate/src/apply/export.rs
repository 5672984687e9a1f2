//! A tenant's state as sections of files, without ids and secrets.

use aldgate_core::tenant::Tenant;
use aldgate_manage::Local;
use anyhow::Result;
use serde_json::{Map, Value, json};

use super::kind::{KINDS, Kind};
use super::pages;
use super::place::{Item, Sections, fold};
use super::present::{self, Found};

/// Reads everything that files can describe. The same state gives the same sections.
pub(crate) async fn sections(
    local: &Local,
    tenant: &Tenant,
    identifiers: bool,
) -> Result<Sections> {
    let locales = &tenant.settings.enabled_locales;
    let present = present::load(local, locales, |_, _| true).await?;
    let mut sections = Sections::new();
    for (kind, found) in KINDS.iter().zip(&present.kinds) {
        let Some(found) = found else {
            continue;
        };
        let own = found.iter().filter(|found| !found.fixed);
        let items = own.map(|found| item(kind, found, identifiers)).collect();
        fold(kind, items, &mut sections);
    }
    pages::out_of_settings(&mut sections);
    Ok(sections)
}

fn item(kind: &Kind, found: &Found, identifiers: bool) -> Item {
    let mut body = Map::new();
    // What names it comes first, the rest in the order of its letters.
    for member in kind.key {
        if let Some(value) = found.body.get(*member) {
            body.insert((*member).to_owned(), value.clone());
        }
    }
    if let (true, "clients", Some(id)) = (identifiers, kind.section, &found.id) {
        body.insert("client_id".into(), json!(id));
    }
    let mut rest: Vec<(&String, &Value)> = found.body.iter().collect();
    rest.sort_by_key(|(name, _)| *name);
    for (name, value) in rest {
        body.entry(name.clone()).or_insert_with(|| value.clone());
    }
    Item {
        key: found.key.clone(),
        body,
    }
}
