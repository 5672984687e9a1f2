//! What files ask for, as things by kind; what is not supported is told apart.

use anyhow::{Result, bail};
use serde_json::Value;

use super::Rules;
use crate::apply::kind::{KINDS, LATER};
use crate::apply::place::{Item, Sections, key_of, says_nothing, unfold};
use crate::apply::present::Present;

/// Something that a lenient plan left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LeftOut {
    pub(crate) what: String,
    pub(crate) why: String,
}

/// The things that files ask for, by index of the kind, applications by name.
pub(crate) type Desired = Vec<Option<Vec<Item>>>;

/// Reads the sections as things; what is not supported is refused, or left out and returned.
pub(crate) fn desired(
    sections: &Sections,
    present: &Present,
    rules: Rules,
) -> Result<(Desired, Vec<LeftOut>)> {
    let mut left = Vec::new();
    for (section, why) in LATER {
        let off = |value: &Value| value["settings"]["enabled"] == false;
        let said = sections.get(*section);
        let said = said.filter(|value| !says_nothing(value) && !off(value));
        if let Some(value) = said {
            left.extend(names_in(section, value).map(|what| LeftOut {
                what,
                why: (*why).to_owned(),
            }));
        }
    }
    let mut all = Vec::new();
    for kind in KINDS {
        let items = unfold(kind, sections)?;
        if present.schema.supports(kind) {
            all.push(items);
            continue;
        }
        for item in items.into_iter().flatten() {
            if !says_nothing(&Value::Object(item.body)) {
                let what = format!("{} {}", kind.section, item.key)
                    .trim_end()
                    .to_owned();
                let why = format!("this server has no setting for a {}", kind.label);
                left.push(LeftOut { what, why });
            }
        }
        all.push(None);
    }
    if let (Some(LeftOut { what, why }), false) = (left.first(), rules.lenient) {
        bail!(
            "{what} is not supported: {why}; take it out and apply again, or take what fits with \
             `aldgate import auth0`"
        );
    }
    by_name(&mut all, present);
    Ok((all, left))
}

/// `actions "Add roles"`; the section alone where it is no list.
fn names_in<'a>(section: &'a str, value: &'a Value) -> impl Iterator<Item = String> + 'a {
    let entries = value.as_array().map_or(&[][..], Vec::as_slice);
    let named = entries.iter().enumerate().map(move |(index, entry)| {
        let name = ["name", "key", "id"]
            .iter()
            .find_map(|m| entry[*m].as_str());
        match name {
            Some(name) => format!("{section} {name:?}"),
            None => format!("{section}[{index}]"),
        }
    });
    let whole = entries.is_empty().then(|| section.to_owned());
    named.chain(whole)
}

/// Files may name applications by id as well; from here on they are names.
fn by_name(desired: &mut Desired, present: &Present) {
    let clients = KINDS.iter().position(|kind| kind.section == "clients");
    let new: Vec<(String, String)> = clients
        .and_then(|index| desired[index].as_ref())
        .into_iter()
        .flatten()
        .filter_map(|item| {
            let id = item.body.get("client_id")?.as_str()?;
            Some((id.to_owned(), item.key.clone()))
        })
        .collect();
    let name_of = |id: &str| {
        let known = new.iter().find(|(known, _)| known == id);
        known.map_or_else(
            || present.application_name(id).to_owned(),
            |(_, name)| name.clone(),
        )
    };
    for (kind, items) in KINDS.iter().zip(desired) {
        for item in items.iter_mut().flatten() {
            for member in kind.applications {
                match item.body.get_mut(*member) {
                    Some(Value::String(id)) => *id = name_of(id),
                    Some(Value::Array(ids)) => {
                        for id in ids {
                            *id = id.as_str().map(name_of).into();
                        }
                    }
                    _ => {}
                }
            }
            if !kind.applications.is_empty() {
                item.key = key_of(kind, &item.body).unwrap_or_default();
            }
        }
    }
}
