//! Who holds permissions of the Management API, read from its roles.

use std::collections::{BTreeMap, BTreeSet};

use aldgate_core::provision::management_scopes;
use aldgate_core::role::ADMINISTRATOR;
use serde_json::Value;

use crate::dashboard::api::Refused;
use crate::dashboard::applications::text;
use crate::dashboard::path::at;
use crate::dashboard::users::title;
use crate::dashboard::{Visit, lookup};

/// Roles that are looked at; tenants have a handful.
const ROLES_MAX: usize = 200;

/// Holders of one role that are listed.
const HOLDERS_MAX: usize = 100;

/// Every role with permissions of the Management API, and who holds it.
pub(super) struct Survey {
    pub(super) roles: Vec<Role>,
    people: BTreeMap<String, Person>,
    /// Whether there is more than was looked at.
    pub(super) is_cut: bool,
}

/// A role with permissions of the Management API.
pub(super) struct Role {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) permissions: BTreeSet<String>,
    /// Ids of users.
    pub(super) holders: Vec<String>,
}

/// Somebody who holds such a role.
#[derive(Clone)]
pub(super) struct Person {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) email: String,
}

/// Looks at every role.
///
/// # Errors
/// What an operation refused.
pub(super) async fn survey(visit: &Visit) -> Result<Survey, Refused> {
    let management = visit.tenant.issuer.management();
    let all = lookup::all(visit, "/roles").await?;
    let mut found = Survey {
        roles: Vec::new(),
        people: BTreeMap::new(),
        is_cut: all.len() > ROLES_MAX,
    };
    for role in all.iter().take(ROLES_MAX) {
        let id = text(role, "id");
        let permissions = lookup::all(visit, &at("/roles/{}/permissions", &[&id])).await?;
        let of_management = |one: &&Value| one["resource_server_identifier"] == management.as_str();
        let permissions = permissions.iter().filter(of_management);
        let permissions: BTreeSet<String> = permissions
            .map(|one| text(one, "permission_name"))
            .collect();
        if permissions.is_empty() {
            continue;
        }
        let path = at("/roles/{}/users?per_page=100", &[&id]);
        let users = visit.get(&path).await?;
        let users = users.as_array().cloned().unwrap_or_default();
        found.is_cut |= users.len() >= HOLDERS_MAX;
        found.roles.push(Role {
            name: text(role, "name"),
            permissions,
            holders: users.iter().map(|user| text(user, "user_id")).collect(),
            id,
        });
        found.people.extend(users.iter().map(person));
    }
    // The most powerful first.
    let power = |role: &Role| std::cmp::Reverse(role.permissions.len());
    found.roles.sort_by_key(power);
    Ok(found)
}

fn person(user: &Value) -> (String, Person) {
    let (id, name, email) = (text(user, "user_id"), title(user), text(user, "email"));
    let email = if name == email { String::new() } else { email };
    let person = Person {
        id: id.clone(),
        name,
        email,
    };
    (id, person)
}

impl Survey {
    /// Everybody, by name.
    pub(super) fn people(&self) -> Vec<Person> {
        let mut people: Vec<Person> = self.people.values().cloned().collect();
        people.sort_by_key(|one| one.name.to_lowercase());
        people
    }

    /// The roles through which somebody administers.
    pub(super) fn roles_of<'s>(&'s self, id: &'s str) -> impl Iterator<Item = &'s Role> {
        let holds = move |role: &&Role| role.holders.iter().any(|holder| holder == id);
        self.roles.iter().filter(holds)
    }

    /// What somebody may do by these roles.
    pub(super) fn permissions_of(&self, id: &str) -> BTreeSet<String> {
        let roles = self.roles_of(id);
        roles.flat_map(|role| role.permissions.clone()).collect()
    }

    /// Whether somebody is the only holder of the administrators' role. She keeps it, so that
    /// somebody can always give rights back.
    pub(super) fn is_last(&self, id: &str) -> bool {
        self.roles_of(id)
            .any(|role| role.name == ADMINISTRATOR && role.holders.len() == 1)
    }
}

/// Whether these are all permissions that there are.
pub(super) fn is_everything(permissions: &BTreeSet<String>) -> bool {
    management_scopes().all(|scope| permissions.contains(&scope))
}

/// What permissions amount to.
pub(super) fn in_words(permissions: &BTreeSet<String>) -> String {
    let looks = |scope: &String| scope.starts_with("read:");
    match permissions.len() {
        _ if is_everything(permissions) => "Everything".to_owned(),
        0 => "Nothing".to_owned(),
        1 => permissions.iter().next().cloned().unwrap_or_default(),
        many if permissions.iter().all(looks) => format!("Look at things: {many} permissions"),
        many => format!("{many} permissions"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(scopes: &[&str]) -> BTreeSet<String> {
        scopes.iter().map(|scope| (*scope).to_owned()).collect()
    }

    #[test]
    fn permissions_are_told_in_a_few_words() {
        assert_eq!(in_words(&management_scopes().collect()), "Everything");
        assert_eq!(in_words(&set(&["read:users"])), "read:users");
        let reading = in_words(&set(&["read:users", "read:logs"]));
        assert_eq!(reading, "Look at things: 2 permissions");
        let both = in_words(&set(&["read:users", "update:users"]));
        assert_eq!(both, "2 permissions");
    }
}
