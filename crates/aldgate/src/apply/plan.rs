//! Decides what has to change so that a tenant is as the files say. Pure.
//!
//! What a file does not name stays as it is, also inside nested objects; `null` removes a member.

mod compare;
mod desired;

use std::collections::HashMap;

use aldgate_core::body::closest;
use anyhow::{Result, anyhow, bail};
use serde_json::{Map, Value};

use super::actions::{ACTIONS, comparable};
use super::kind::{Access, KINDS, Kind, Names, PROMPTS, Write};
use super::place::{Item, says_nothing};
use super::present::{Found, Present, remove};

pub(crate) use compare::Change;
use compare::{changes, merged};
pub(crate) use desired::{Desired, LeftOut, desired};

/// Everything that has to happen, in order.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) steps: Vec<Step>,
    /// Things that already are as the files say.
    pub(crate) unchanged: usize,
    /// What a lenient plan refused.
    pub(crate) refused: Vec<LeftOut>,
    /// Members that a lenient plan took no notice of.
    pub(crate) dropped: Vec<LeftOut>,
}

/// One change.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) action: Action,
    pub(crate) kind: &'static Kind,
    /// What names it among its kind.
    pub(crate) key: String,
    /// Its id, where it has one already.
    pub(crate) id: Option<String>,
    /// Members that change, with both values.
    pub(crate) changes: Vec<Change>,
    /// What to send, applications by name.
    pub(crate) body: Map<String, Value>,
    /// Of a role: the permissions it had, if they change.
    pub(crate) permissions_before: Option<Vec<Value>>,
}

/// What happens to the thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Create,
    Update,
    Delete,
}

/// What the plan may do.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Rules {
    /// Delete what the files do not name.
    pub(crate) allow_delete: bool,
    /// Send secrets that cannot be compared.
    pub(crate) secrets: bool,
    /// Leave out what is not supported, instead of refusing it.
    pub(crate) lenient: bool,
}

/// Whether a secret in the files is the one that is stored, by index of the kind, key and member;
/// what is not in it cannot be compared.
pub(crate) type Secrets = HashMap<(usize, String, &'static str), bool>;

/// Decides the plan.
pub(crate) fn plan(
    desired: &Desired,
    present: &Present,
    secrets: &Secrets,
    rules: Rules,
) -> Result<Plan> {
    let planner = Planner {
        desired,
        present,
        secrets,
        rules,
    };
    let mut plan = Plan::default();
    let mut deletions = Vec::new();
    for (index, (kind, items)) in KINDS.iter().zip(desired).enumerate() {
        let Some(items) = items else {
            continue;
        };
        let mut kept = Vec::new();
        for item in items {
            let mut item = item.clone();
            if rules.lenient {
                plan.dropped.extend(planner.drop_unknown(kind, &mut item));
            }
            let found = planner.find(index, kind, &item)?;
            kept.extend(found.map(|found| found.id.as_ref().unwrap_or(&found.key)));
            match planner.step(index, kind, &item, found) {
                Ok(Some(step)) => plan.steps.push(step),
                Ok(None) => plan.unchanged += 1,
                Err(error) if rules.lenient => plan.refused.push(LeftOut {
                    what: label(kind, &item),
                    why: error.to_string(),
                }),
                Err(error) => return Err(error),
            }
        }
        if rules.allow_delete && kind.deletable {
            let gone = present.of(index).iter().filter(|found| {
                !found.fixed && !kept.contains(&found.id.as_ref().unwrap_or(&found.key))
            });
            deletions.extend(gone.map(|found| deletion(kind, found)));
        }
    }
    plan.steps.extend(deletions.into_iter().rev());
    Ok(plan)
}

fn deletion(kind: &'static Kind, found: &Found) -> Step {
    Step {
        action: Action::Delete,
        kind,
        key: found.key.clone(),
        id: found.id.clone(),
        changes: Vec::new(),
        body: Map::new(),
        permissions_before: None,
    }
}

struct Planner<'a> {
    desired: &'a Desired,
    present: &'a Present,
    secrets: &'a Secrets,
    rules: Rules,
}

impl Planner<'_> {
    /// The thing that an entry means.
    fn find(&self, index: usize, kind: &Kind, item: &Item) -> Result<Option<&Found>> {
        let all = self.present.of(index);
        if let Some(Value::String(id)) = item
            .body
            .get("client_id")
            .filter(|_| kind.section == "clients")
        {
            return Ok(all.iter().find(|found| found.id.as_ref() == Some(id)));
        }
        let mut named = all.iter().filter(|found| found.key == item.key);
        let first = named.next();
        if named.next().is_some() {
            bail!(
                "{}: there are several of this name; say which by `client_id`",
                label(kind, item)
            );
        }
        Ok(first)
    }

    fn step(
        &self,
        index: usize,
        kind: &'static Kind,
        item: &Item,
        found: Option<&Found>,
    ) -> Result<Option<Step>> {
        if found.is_some_and(|found| found.fixed) {
            return Ok(None);
        }
        let mut wanted = wanted(kind, item, found.is_none());
        if wanted.is_empty() && kind.single() {
            let gone = found.filter(|_| kind.deletable && self.rules.allow_delete);
            return Ok(gone.map(|found| deletion(kind, found)));
        }
        self.check_members(kind, item, &wanted)?;
        self.check_references(kind, item)?;
        if found.is_none() {
            check_name(kind, item, self.present.of(index))?;
        }
        let mut before = found.map(|found| found.body.clone()).unwrap_or_default();
        if kind.section == ACTIONS {
            comparable(&mut before, &mut wanted);
        }
        let known = |member: &'static str| self.secrets.get(&(index, item.key.clone(), member));
        let compared = changes(kind, &before, &wanted, &|member| known(member).copied());
        let incomparable = self.rules.secrets && !compared.unknown.is_empty();
        if found.is_some() && compared.changes.is_empty() && !incomparable {
            return Ok(None);
        }
        let action = found.map_or(Action::Create, |_| Action::Update);
        let body = match (found, kind.create()) {
            (None, Some(_)) => wanted,
            (None, None) => self.change(kind, item, &before, wanted)?,
            (Some(_), _) => {
                if !whole(kind) {
                    let changed = compared.changed_members();
                    let deployed = |name: &str| kind.section == ACTIONS && name == "deployed";
                    wanted.retain(|name, _| changed.contains(&name.as_str()) || deployed(name));
                }
                self.change(kind, item, &before, wanted)?
            }
        };
        let permissions = compared
            .changes
            .iter()
            .any(|change| change.path == "permissions");
        let held = before.get("permissions").and_then(Value::as_array).cloned();
        Ok(Some(Step {
            action,
            kind,
            key: item.key.clone(),
            id: found.and_then(|found| found.id.clone()),
            changes: compared.shown(),
            body,
            permissions_before: permissions.then(|| held.unwrap_or_default()),
        }))
    }

    /// What a change sends: nested objects whole, as the API replaces them.
    fn change(
        &self,
        kind: &Kind,
        item: &Item,
        before: &Map<String, Value>,
        wanted: Map<String, Value>,
    ) -> Result<Map<String, Value>> {
        let (_, update) = self.present.schema.writable(kind, &item.key);
        let mut sent = if whole(kind) {
            merged(before, wanted)
        } else {
            let members = wanted.into_iter().map(|(name, value)| {
                let value = match (before.get(&name), value) {
                    (Some(Value::Object(old)), Value::Object(new)) => {
                        Value::Object(merged(old, new))
                    }
                    (_, value) => value,
                };
                (name, value)
            });
            members.collect()
        };
        let Some(update) = update else {
            return Ok(sent);
        };
        if whole(kind) {
            let sent_as = route_of(kind).and_then(|route| route.sent_as);
            let known = |name: &str| {
                update.contains(&name) || sent_as.is_some_and(|(read, _)| read == name)
            };
            sent.retain(|name, _| known(name));
            return Ok(sent);
        }
        let extra = |name: &str| {
            let own = [("roles", "permissions"), (ACTIONS, "deployed")];
            kind.write_only.contains(&name) || own.contains(&(kind.section, name))
        };
        let fixed = sent
            .keys()
            .find(|name| !update.contains(&name.as_str()) && !extra(name));
        match fixed {
            Some(name) => Err(anyhow!(
                "{}: `{name}` cannot be changed once it is made",
                label(kind, item)
            )),
            None => Ok(sent),
        }
    }

    /// Takes out members that do not exist.
    fn drop_unknown(&self, kind: &Kind, item: &mut Item) -> Vec<LeftOut> {
        let Some(known) = self.known_members(kind, item) else {
            return Vec::new();
        };
        let unknown = item
            .body
            .keys()
            .filter(|name| !known.contains(&name.as_str()));
        let unknown: Vec<String> = unknown.cloned().collect();
        let label = label(kind, item);
        let gone = unknown.into_iter().filter(|name| {
            let value = item.body.remove(name);
            value.is_some_and(|value| !says_nothing(&value))
        });
        gone.map(|name| LeftOut {
            what: format!("{label} {name}"),
            why: "left out: there is no such member here".to_owned(),
        })
        .collect()
    }

    /// The members that files may name; `None`: any.
    fn known_members(&self, kind: &Kind, item: &Item) -> Option<Vec<&str>> {
        let (create, update) = self.present.schema.writable(kind, &item.key);
        let mut known = update?;
        known.extend(create.unwrap_or_default());
        known.extend(kind.key);
        known.extend(kind.write_only.iter().filter(|name| !name.contains('.')));
        known.extend(kind.read_only.iter().filter(|name| !name.contains('.')));
        match kind.section {
            "roles" => known.push("permissions"),
            ACTIONS => known.push("deployed"),
            "clients" => known.push("client_id"),
            "branding" => known.push("body"),
            _ => {}
        }
        Some(known)
    }

    /// Refuses members that do not exist, with a suggestion.
    fn check_members(&self, kind: &Kind, item: &Item, wanted: &Map<String, Value>) -> Result<()> {
        let Some(known) = self.known_members(kind, item) else {
            return Ok(());
        };
        let Some(name) = wanted.keys().find(|name| !known.contains(&name.as_str())) else {
            return Ok(());
        };
        let label = label(kind, item);
        match closest(name, &known) {
            Some(near) => bail!("{label}: unknown member `{name}`; did you mean `{near}`?"),
            None => bail!("{label}: unknown member `{name}`; remove it and apply again"),
        }
    }

    /// Refuses names of applications and APIs that nobody knows.
    fn check_references(&self, kind: &Kind, item: &Item) -> Result<()> {
        let in_files = |section: &str, key: &str| {
            let kinds = KINDS.iter().zip(self.desired);
            let mut kinds = kinds.filter(|(kind, _)| kind.section == section);
            kinds.any(|(_, items)| items.iter().flatten().any(|item| item.key == key))
        };
        for member in kind.applications {
            let names = match item.body.get(*member) {
                Some(Value::Array(names)) => names.iter().collect(),
                Some(name) => vec![name],
                None => Vec::new(),
            };
            for name in names.into_iter().filter_map(Value::as_str) {
                let mut all = self.present.applications.iter();
                let known = all.any(|(id, other)| id == name || other == name);
                if !known && !in_files("clients", name) {
                    bail!(
                        "{} names the application {name:?}, which neither the tenant nor the \
                         files have; add it to `clients`",
                        label(kind, item)
                    );
                }
            }
        }
        let apis = KINDS
            .iter()
            .position(|kind| kind.section == "resourceServers");
        let audience = item.body.get("audience").and_then(Value::as_str);
        if let ("clientGrants", Some(audience), Some(apis)) = (kind.section, audience, apis) {
            let present = &self.present.kinds[apis];
            let known = present.iter().flatten().any(|api| api.key == audience);
            if present.is_some() && !known && !in_files("resourceServers", audience) {
                bail!(
                    "{} names the API {audience:?}, which neither the tenant nor the files have; \
                     add it to `resourceServers`",
                    label(kind, item)
                );
            }
        }
        Ok(())
    }
}

/// What files ask for, without what they cannot: an application's id only when it is made.
fn wanted(kind: &Kind, item: &Item, new: bool) -> Map<String, Value> {
    let mut wanted = item.body.clone();
    let read_only = kind.read_only.iter();
    read_only.for_each(|path| remove(&mut wanted, path));
    if kind.section == "clients" && !new {
        wanted.remove("client_id");
    }
    wanted
}

/// Refuses the name of something that cannot be made.
fn check_name(kind: &Kind, item: &Item, present: &[Found]) -> Result<()> {
    let known: Vec<&str> = match kind.access {
        Access::Each(Names::Fixed(names), _) => names.to_vec(),
        Access::Each(Names::Listed(_), _) => present.iter().map(|f| f.key.as_str()).collect(),
        Access::Each(Names::Prompts, _) => PROMPTS.to_vec(),
        _ => return Ok(()),
    };
    if known.contains(&item.key.as_str()) {
        return Ok(());
    }
    let label = label(kind, item);
    match closest(&item.key, &known) {
        Some(near) => bail!(
            "{label}: there is no such {}; did you mean {near:?}?",
            kind.label
        ),
        None => bail!(
            "{label}: there is no such {}; expected {}",
            kind.label,
            known.join(", ")
        ),
    }
}

/// Whether a change sends everything.
fn whole(kind: &Kind) -> bool {
    route_of(kind).is_some_and(|route| route.write == Write::Put)
}

const fn route_of(kind: &Kind) -> Option<super::kind::Route> {
    match kind.access {
        Access::Collection { .. } => None,
        Access::One(route) | Access::Each(_, route) => Some(route),
    }
}

/// `clients "Shop"`
pub(crate) fn label(kind: &Kind, item: &Item) -> String {
    match item.key.as_str() {
        "" => kind.section.to_owned(),
        key => format!("{} {key:?}", kind.section),
    }
}

#[cfg(test)]
mod tests;
