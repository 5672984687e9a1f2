//! The audience linter: pure, from what the tenant has to what its owner should look at.

use std::collections::{BTreeMap, BTreeSet};

use aldgate_core::time::Seconds;
use serde::Serialize;

use crate::dashboard::path::at;
use crate::dashboard::visit::href;

/// An access token cannot be called back, so a longer life than this deserves a thought.
const LIFETIME_POLICY: Seconds = Seconds::days(1);

/// The same for tokens from the front channel, which browsers remember.
const WEB_LIFETIME_POLICY: Seconds = Seconds::hours(2);

/// The most scopes that one finding names.
const NAMED_MAX: usize = 5;

/// An application, as far as trust is concerned.
#[derive(Clone, Debug, Default)]
pub(super) struct Application {
    pub(super) id: String,
    pub(super) name: String,
    /// Its refresh tokens never end, neither by age nor unused.
    pub(super) endless_refresh: bool,
}

/// An API, as far as trust is concerned.
#[derive(Clone, Debug, Default)]
pub(super) struct Api {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) identifier: String,
    pub(super) scopes: Vec<String>,
    pub(super) is_system: bool,
    /// Every application may ask for its users.
    pub(super) open_to_users: bool,
    pub(super) lifetime: Seconds,
    pub(super) lifetime_for_web: Seconds,
}

/// What an application may have of an API.
#[derive(Clone, Debug, Default)]
pub(super) struct Grant {
    pub(super) client_id: String,
    pub(super) audience: String,
    pub(super) scopes: Vec<String>,
    pub(super) all: bool,
    pub(super) for_users: bool,
}

/// What the log tells of an API lately.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    pub(super) audience: String,
    pub(super) used: bool,
    pub(super) scopes: BTreeSet<String>,
}

/// Something to look at, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    pub(super) what: String,
    pub(super) remedy: String,
    /// The page where it is mended.
    pub(super) href: String,
}

/// Everything the linter finds. Without `seen` it says nothing about use.
pub(super) fn findings(
    applications: &[Application],
    apis: &[Api],
    grants: &[Grant],
    seen: Option<&[Seen]>,
) -> Vec<Finding> {
    let mut all = client_ids_as_audience(applications, apis);
    all.extend(alike(apis));
    let own = || apis.iter().filter(|api| !api.is_system);
    all.extend(own().flat_map(lifetimes));
    all.extend(applications.iter().filter_map(endless));
    if let Some(seen) = seen {
        all.extend(own().filter_map(|api| unused(api, grants, seen)));
    }
    all
}

fn page_of(api: &Api) -> String {
    href(&at("/apis/{}", &[&api.id]))
}

/// An API whose identifier is the id of an application: it accepts that one's ID tokens.
fn client_ids_as_audience(applications: &[Application], apis: &[Api]) -> Vec<Finding> {
    let named = |api: &&Api| applications.iter().any(|one| one.id == api.identifier);
    let finding = |api: &Api| Finding {
        what: format!("{} goes by the client ID of an application.", api.name),
        remedy: "Give it an identifier of its own: a client ID is the audience of ID tokens, so \
                 an API that accepts it takes those for access tokens."
            .to_owned(),
        href: page_of(api) + "/identifier",
    };
    apis.iter().filter(named).map(finding).collect()
}

/// APIs whose identifiers differ in nothing that people see.
fn alike(apis: &[Api]) -> Vec<Finding> {
    let mut groups: BTreeMap<String, Vec<&Api>> = BTreeMap::new();
    for api in apis {
        let whole = api.identifier.trim_end_matches('/').to_lowercase();
        let after_scheme = whole.split_once("://").map(|(_, rest)| rest.to_owned());
        let key = after_scheme.unwrap_or(whole);
        groups.entry(key).or_default().push(api);
    }
    let finding = |group: &Vec<&Api>| {
        let names: Vec<&str> = group.iter().map(|api| api.name.as_str()).collect();
        Finding {
            what: format!("{} go by nearly the same identifier.", names.join(" and ")),
            remedy: "Identifiers are compared letter by letter, and people will mix these up. \
                     Merge the two, or rename one."
                .to_owned(),
            href: page_of(group[0]),
        }
    };
    groups
        .values()
        .filter(|group| group.len() > 1)
        .map(finding)
        .collect()
}

/// Lifetimes over policy.
fn lifetimes(api: &Api) -> Vec<Finding> {
    let long = [
        (api.lifetime, LIFETIME_POLICY, "live"),
        (
            api.lifetime_for_web,
            WEB_LIFETIME_POLICY,
            "from the front channel live",
        ),
    ];
    long.into_iter()
        .filter(|(lifetime, policy, _)| lifetime > policy)
        .map(|(lifetime, policy, how)| Finding {
            what: format!("Tokens for {} {how} {} hours.", api.name, lifetime.0 / 3600),
            remedy: format!(
                "Nobody can call a token back. Keep it at {} hours or less, and let applications \
                 refresh.",
                policy.0 / 3600
            ),
            href: page_of(api),
        })
        .collect()
}

fn endless(application: &Application) -> Option<Finding> {
    application.endless_refresh.then(|| Finding {
        what: format!("Refresh tokens of {} never end.", application.name),
        remedy: "Let them end when they are unused for some weeks: lost devices stay logged in \
                 for ever otherwise."
            .to_owned(),
        href: href(&at("/applications/{}", &[&application.id])),
    })
}

/// An API that nobody asks for, or scopes of it that nobody asks for.
fn unused(api: &Api, grants: &[Grant], seen: &[Seen]) -> Option<Finding> {
    let seen = seen.iter().find(|seen| seen.audience == api.identifier)?;
    let own: Vec<&Grant> = grants
        .iter()
        .filter(|grant| grant.audience == api.identifier)
        .collect();
    if !seen.used {
        let what = match own.is_empty() && !api.open_to_users {
            true => format!("No application may use {}.", api.name),
            false => format!("Nobody got a token for {} in thirty days.", api.name),
        };
        return Some(Finding {
            what,
            remedy: "Let an application ask for its identifier as audience, or delete it."
                .to_owned(),
            href: page_of(api),
        });
    }
    let never: Vec<&str> = api
        .scopes
        .iter()
        .map(String::as_str)
        .filter(|scope| !seen.scopes.contains(*scope))
        .collect();
    let shown = never.iter().take(NAMED_MAX).copied().collect::<Vec<_>>();
    (!never.is_empty()).then(|| Finding {
        what: format!(
            "Scopes of {} that nobody asked for lately: {}.",
            api.name,
            shown.join(", ")
        ),
        remedy: "Remove what is not needed; each scope is something to explain and to protect."
            .to_owned(),
        href: page_of(api) + "/scopes",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn api(name: &str, identifier: &str) -> Api {
        Api {
            id: name.to_lowercase(),
            name: name.to_owned(),
            identifier: identifier.to_owned(),
            scopes: vec!["read:a".to_owned(), "write:a".to_owned()],
            lifetime: Seconds::hours(24),
            lifetime_for_web: Seconds::hours(2),
            ..Api::default()
        }
    }

    fn whats(applications: &[Application], apis: &[Api], seen: Option<&[Seen]>) -> Vec<String> {
        let found = findings(applications, apis, &[], seen);
        found.into_iter().map(|finding| finding.what).collect()
    }

    #[test]
    fn a_sound_tenant_has_no_findings() {
        let seen = Seen {
            audience: "https://a.test/".to_owned(),
            used: true,
            scopes: ["read:a", "write:a"].map(str::to_owned).into(),
        };
        let apis = [api("A", "https://a.test/")];
        assert_eq!(whats(&[], &apis, Some(&[seen])), Vec::<String>::new());
    }

    #[test]
    fn each_finding_names_what_it_is_about() {
        let shop = Application {
            id: "shop".to_owned(),
            name: "Shop".to_owned(),
            endless_refresh: true,
        };
        let mut long = api("Long", "https://long.test");
        long.lifetime = Seconds::days(30);
        let apis = [
            api("Id", "shop"),
            api("A", "https://a.test"),
            api("B", "http://A.test/"),
            long,
        ];
        let seen = [Seen {
            audience: "https://a.test".to_owned(),
            used: true,
            scopes: ["read:a".to_owned()].into(),
        }];
        let expected = [
            "Id goes by the client ID of an application.",
            "A and B go by nearly the same identifier.",
            "Tokens for Long live 720 hours.",
            "Refresh tokens of Shop never end.",
            "Scopes of A that nobody asked for lately: write:a.",
        ];
        assert_eq!(whats(&[shop], &apis, Some(&seen)), expected);
        let nobody = [Seen {
            audience: "https://a.test".to_owned(),
            ..Seen::default()
        }];
        let found = whats(&[], &[api("A", "https://a.test")], Some(&nobody));
        assert_eq!(found, ["No application may use A."]);
    }
}
