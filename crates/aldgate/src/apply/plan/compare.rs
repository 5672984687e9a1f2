//! What differs between a thing that there is and one that files ask for.

use serde_json::{Map, Value};

use crate::apply::kind::Kind;

/// One member that changes. A secret shows as nothing but that.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Change {
    /// `jwt_configuration.alg`
    pub(crate) path: String,
    pub(crate) before: Option<Value>,
    pub(crate) after: Option<Value>,
    /// Whether the values must not be shown.
    pub(crate) secret: bool,
}

/// The outcome of a comparison.
#[derive(Debug, Default)]
pub(super) struct Compared {
    pub(super) changes: Vec<Change>,
    /// Secrets that cannot be compared; they go along with other changes.
    pub(super) unknown: Vec<String>,
}

impl Compared {
    /// The outermost members to send.
    pub(super) fn changed_members(&self) -> Vec<&str> {
        let paths = self.changes.iter().map(|change| change.path.as_str());
        let all = paths.chain(self.unknown.iter().map(String::as_str));
        all.filter_map(|path| path.split('.').next()).collect()
    }

    /// The changes to print, those secrets too that may or may not change.
    pub(super) fn shown(&self) -> Vec<Change> {
        let unknown = self.unknown.iter().map(|path| Change {
            path: path.clone(),
            before: None,
            after: None,
            secret: true,
        });
        self.changes.iter().cloned().chain(unknown).collect()
    }
}

/// Compares what files say with what there is; `same` says of a secret whether it is the stored
/// one, if that can be known.
pub(super) fn changes(
    kind: &Kind,
    before: &Map<String, Value>,
    wanted: &Map<String, Value>,
    same: &dyn Fn(&'static str) -> Option<bool>,
) -> Compared {
    let mut out = Compared::default();
    let comparing = Comparing { kind, same };
    comparing.objects("", before, wanted, &mut out);
    out
}

struct Comparing<'a> {
    kind: &'a Kind,
    same: &'a dyn Fn(&'static str) -> Option<bool>,
}

impl Comparing<'_> {
    fn objects(
        &self,
        at: &str,
        before: &Map<String, Value>,
        wanted: &Map<String, Value>,
        out: &mut Compared,
    ) {
        for (name, new) in wanted {
            let path = match at {
                "" => name.clone(),
                at => format!("{at}.{name}"),
            };
            let hidden = self.kind.write_only.iter().find(|hidden| {
                path == **hidden
                    || path
                        .strip_prefix(**hidden)
                        .is_some_and(|rest| rest.starts_with('.'))
            });
            match (before.get(name), new) {
                (None | Some(Value::Null), Value::Null) => {}
                (Some(Value::Object(old)), Value::Object(new)) => {
                    self.objects(&path, old, new, out);
                }
                (None, Value::Object(new)) if hidden.is_some() => {
                    self.objects(&path, &Map::new(), new, out);
                }
                (None, _) if hidden.is_some() => match hidden.and_then(|h| (self.same)(h)) {
                    Some(true) => {}
                    Some(false) => out.changes.push(change(path, None, new, true)),
                    None => out.unknown.push(path),
                },
                (old, new) if self.equal(&path, old, new) => {}
                (old, new) => {
                    let secret = hidden.is_some() || is_secret(name);
                    out.changes.push(change(path, old, new, secret));
                }
            }
        }
    }

    fn equal(&self, path: &str, old: Option<&Value>, new: &Value) -> bool {
        let is_set = self.kind.sets.contains(&path);
        match (old, new) {
            (Some(Value::Array(old)), Value::Array(new)) if is_set => {
                let sorted = |list: &[Value]| {
                    let mut list: Vec<Value> = list.iter().map(bare).collect();
                    list.sort_by_key(Value::to_string);
                    list
                };
                sorted(old) == sorted(new)
            }
            // What is not set, and an empty list or object, come to the same.
            (None, Value::Array(new)) => new.is_empty(),
            (None, Value::Object(new)) => new.values().all(Value::is_null),
            (Some(old), new) => bare(old) == bare(new),
            (None, _) => false,
        }
    }
}

/// A value without members that are `null`, in one order of members, numbers in one form.
fn bare(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut kept: Vec<(&String, &Value)> =
                members.iter().filter(|(_, v)| !v.is_null()).collect();
            kept.sort_by_key(|(name, _)| *name);
            Value::Object(
                kept.into_iter()
                    .map(|(k, v)| (k.clone(), bare(v)))
                    .collect(),
            )
        }
        Value::Array(items) => items.iter().map(bare).collect(),
        Value::Number(number) => number
            .as_f64()
            .and_then(serde_json::Number::from_f64)
            .map_or_else(|| value.clone(), Value::Number),
        other => other.clone(),
    }
}

fn change(path: String, before: Option<&Value>, after: &Value, secret: bool) -> Change {
    let shown = |value: &Value| (!secret && !value.is_null()).then(|| value.clone());
    Change {
        path,
        before: before.and_then(shown),
        after: shown(after),
        secret,
    }
}

/// Names that secrets go by, wherever they are.
fn is_secret(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let words = [
        "secret",
        "smtp_pass",
        "api_key",
        "apikey",
        "auth_token",
        "accesskey",
        "connectionstring",
        "authorization",
        "private_key",
    ];
    lower != "authorization_details" && words.iter().any(|word| lower.contains(word))
}

/// `wanted` laid over `before`, objects member by member; `null` removes one.
pub(super) fn merged(
    before: &Map<String, Value>,
    wanted: Map<String, Value>,
) -> Map<String, Value> {
    let mut out = before.clone();
    for (name, value) in wanted {
        match (out.get_mut(&name), value) {
            (_, Value::Null) => drop(out.remove(&name)),
            (Some(Value::Object(old)), Value::Object(new)) => *old = merged(old, new),
            (_, value) => drop(out.insert(name, value)),
        }
    }
    out
}
