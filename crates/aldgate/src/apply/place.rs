//! Between the sections of files and the things in them.

use std::collections::BTreeMap;

use aldgate_core::body::closest;
use anyhow::{Result, anyhow, bail};
use serde_json::{Map, Value};

use super::kind::{KINDS, Kind, LATER, Place};

/// Sections by name, in one form for both layouts: what files say, side files in place.
pub(crate) type Sections = BTreeMap<String, Value>;

/// One thing, with everything that its section says of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Item {
    /// What names it among its kind; empty for the only one.
    pub(crate) key: String,
    /// Its members.
    pub(crate) body: Map<String, Value>,
}

/// Sections that users of a development database are in; see [`super::people`].
pub(crate) const USERS: &str = "users";

/// Refuses sections that do not exist, with a suggestion.
pub(crate) fn check_names(sections: &Sections) -> Result<()> {
    let mut known: Vec<&str> = KINDS.iter().map(|kind| kind.section).collect();
    known.extend(LATER.iter().map(|(name, _)| *name));
    known.extend([super::pages::PAGES, USERS]);
    known.dedup();
    for name in sections.keys() {
        if known.contains(&name.as_str()) {
            continue;
        }
        match closest(name, &known) {
            Some(near) => bail!("unknown section `{name}`; did you mean `{near}`?"),
            None => bail!(
                "unknown section `{name}`; expected one of {}",
                known.join(", ")
            ),
        }
    }
    Ok(())
}

/// Whether a value says nothing: empty, or everything in it off.
pub(crate) fn says_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(items) => items.iter().all(says_nothing),
        Value::Object(members) => members.values().all(says_nothing),
        Value::Bool(true) | Value::Number(_) | Value::String(_) => false,
    }
}

/// The things of `kind` in the sections; `None` when the files do not speak of them.
pub(crate) fn unfold(kind: &Kind, sections: &Sections) -> Result<Option<Vec<Item>>> {
    let Some(section) = sections.get(kind.section).filter(|s| !s.is_null()) else {
        return Ok(None);
    };
    let name = kind.section;
    let items = match kind.place {
        Place::List => list(kind, section, name)?,
        Place::ListIn(member) => match section.get(member) {
            None | Some(Value::Null) => return Ok(None),
            Some(inner) => list(kind, inner, &format!("{name}.{member}"))?,
        },
        Place::Object => vec![only(section, name)?],
        Place::Member(member) => match section.get(member) {
            None | Some(Value::Null) => return Ok(None),
            Some(inner) => vec![only(inner, &format!("{name}.{member}"))?],
        },
        Place::Rest(others) => {
            let mut item = only(section, name)?;
            item.body
                .retain(|member, _| !others.contains(&member.as_str()));
            vec![item]
        }
        Place::Map(member) => by_name(section, name, member)?,
        Place::Lists(member) => {
            let lists = only(section, name)?.body;
            let item = |(key, list): (String, Value)| Item {
                key,
                body: Map::from_iter([(member.to_owned(), list)]),
            };
            lists.into_iter().map(item).collect()
        }
        Place::MapOfMaps(member) => {
            let mut all = Vec::new();
            for outer in by_name(section, name, member)? {
                for (inner, body) in outer.body {
                    let at = format!("{name}.{member}.{}.{inner}", outer.key);
                    let key = format!("{}/{inner}", outer.key);
                    all.push(Item {
                        key,
                        ..only(&body, &at)?
                    });
                }
            }
            all
        }
    };
    refuse_twins(kind, &items)?;
    Ok(Some(items))
}

/// Puts things back into their section.
pub(crate) fn fold(kind: &Kind, items: Vec<Item>, sections: &mut Sections) {
    let bodies = || items.iter().map(|item| Value::Object(item.body.clone()));
    match kind.place {
        Place::List => {
            let list = Value::Array(bodies().collect());
            sections.insert(kind.section.to_owned(), list);
            return;
        }
        Place::Object => {
            if let Some(only) = bodies().next() {
                sections.insert(kind.section.to_owned(), only);
            }
            return;
        }
        _ => {}
    }
    let section = sections
        .entry(kind.section.to_owned())
        .or_insert_with(|| Value::Object(Map::new()));
    match kind.place {
        Place::Member(member) => {
            if let Some(only) = bodies().next() {
                section[member] = only;
            }
        }
        Place::Rest(_) => {
            if let (Some(Value::Object(rest)), Some(members)) =
                (bodies().next(), section.as_object_mut())
            {
                members.extend(rest);
            }
        }
        Place::ListIn(member) => {
            let list: Vec<Value> = bodies().collect();
            if !list.is_empty() {
                section[member] = Value::Array(list);
            }
        }
        Place::Lists(member) => fold_lists(member, items, section),
        Place::Map(member) => {
            section[member] = Value::Object(Map::new());
            for item in items {
                section[member][item.key] = Value::Object(item.body);
            }
        }
        Place::MapOfMaps(member) => {
            section[member] = Value::Object(Map::new());
            for item in items {
                let (outer, inner) = item.key.split_once('/').unwrap_or((&item.key, ""));
                section[member][outer][inner] = Value::Object(item.body);
            }
        }
        Place::List | Place::Object => {}
    }
}

/// Lists by name; an empty one says nothing.
fn fold_lists(member: &str, items: Vec<Item>, section: &mut Value) {
    let some = |list: &Value| list.as_array().is_some_and(|list| !list.is_empty());
    for mut item in items {
        if let Some(list) = item.body.remove(member).filter(some) {
            section[item.key] = list;
        }
    }
}

/// What names a thing: its key members, joined.
pub(crate) fn key_of(kind: &Kind, body: &Map<String, Value>) -> Option<String> {
    let parts: Option<Vec<&str>> = kind
        .key
        .iter()
        .map(|member| {
            let default = kind.defaults.iter().find(|(name, _)| name == member);
            let given = body.get(*member).and_then(Value::as_str);
            given.or_else(|| default.map(|(_, value)| *value))
        })
        .collect();
    Some(parts?.join(kind.joint()))
}

fn list(kind: &Kind, section: &Value, at: &str) -> Result<Vec<Item>> {
    let Value::Array(items) = section else {
        bail!("`{at}` must be a list");
    };
    let read = |(index, item): (usize, &Value)| match item {
        Value::Object(body) => {
            let key = key_of(kind, body).ok_or_else(|| {
                let missing = kind.key.iter().find(|member| !body.contains_key(**member));
                let missing = missing.unwrap_or(&kind.key[0]);
                anyhow!("{at}[{index}] lacks `{missing}`")
            })?;
            let body = body.clone();
            Ok(Item { key, body })
        }
        _ => Err(anyhow!("{at}[{index}] must be a mapping")),
    };
    items.iter().enumerate().map(read).collect()
}

fn only(value: &Value, at: &str) -> Result<Item> {
    match value {
        Value::Object(body) => Ok(Item {
            key: String::new(),
            body: body.clone(),
        }),
        _ => bail!("`{at}` must be a mapping"),
    }
}

fn by_name(section: &Value, name: &str, member: &str) -> Result<Vec<Item>> {
    let inner = match section.get(member) {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(inner) => only(inner, &format!("{name}.{member}"))?.body,
    };
    let read = |(key, body): (String, Value)| {
        let at = format!("{name}.{member}.{key}");
        Ok(Item {
            key,
            ..only(&body, &at)?
        })
    };
    inner.into_iter().map(read).collect()
}

fn refuse_twins(kind: &Kind, items: &[Item]) -> Result<()> {
    for (index, item) in items.iter().enumerate() {
        let id = |item: &Item| item.body.get("client_id").cloned();
        let twin = |other: &&Item| other.key == item.key && id(other) == id(item);
        if items[..index].iter().any(|other| twin(&other)) {
            bail!("{} {:?} is there twice", kind.section, item.key);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sections(value: Value) -> Sections {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn unknown_sections_are_refused_with_a_suggestion() {
        let told = |value| check_names(&sections(value)).unwrap_err().to_string();
        assert_eq!(
            told(json!({"client": []})),
            "unknown section `client`; did you mean `clients`?"
        );
        assert!(told(json!({"zzzzzzzz": []})).contains("expected one of"));
        assert!(check_names(&sections(json!({"forms": [], "clients": [], "pages": []}))).is_ok());
    }

    #[test]
    fn every_kind_comes_back_from_its_section() {
        let all = json!({
            "tenant": {"friendly_name": "A"},
            "clients": [{"name": "A"}, {"name": "B"}],
            "clientGrants": [{"client_id": "A", "audience": "x"}],
            "branding": {"colors": {}, "templates": [{"template": "universal_login", "body": "b"}]},
            "prompts": {
                "identifier_first": true,
                "customText": {"de": {"login": {"login": {"title": "Hallo"}}}},
                "partials": {"login": {"login": {"form-content-end": "<p>"}}},
            },
            "attackProtection": {"captcha": {"policy": "off"}},
            "actions": [{"name": "A", "code": "x"}],
            "triggers": {"post-login": [{"action_name": "A", "display_name": "A"}]},
        });
        let given = sections(all);
        let mut back = Sections::new();
        for kind in KINDS {
            if let Some(items) = unfold(kind, &given).unwrap() {
                fold(kind, items, &mut back);
            }
        }
        assert_eq!(back, given);
    }

    #[test]
    fn mistakes_name_the_entry() {
        let clients = &KINDS[2];
        let told = |value| {
            let error = unfold(clients, &sections(json!({"clients": value})));
            error.unwrap_err().to_string()
        };
        assert_eq!(
            told(json!([{"app_type": "spa"}])),
            "clients[0] lacks `name`"
        );
        assert_eq!(told(json!({})), "`clients` must be a list");
        let twice = told(json!([{"name": "A"}, {"name": "A"}]));
        assert_eq!(twice, "clients \"A\" is there twice");
    }
}
