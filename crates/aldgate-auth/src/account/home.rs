//! `GET /account`: everything at a glance.

use std::collections::BTreeMap;
use std::sync::Arc;

use aldgate_app::page::{
    MyAccount, MyApplication, MyIdentity, MyLogins, MyProfile, MySession, NoticeKind, Problem,
};
use aldgate_core::connection::Connection;
use aldgate_core::consent::Consent;
use aldgate_core::device;
use aldgate_core::id::ClientId;
use aldgate_core::params::Params;
use aldgate_core::session::Session;
use aldgate_core::time::Timestamp;
use aldgate_core::user::{Identity, User};
use aldgate_store::{LiveFamily, Page, StoreError, Tx};
use axum::extract::RawQuery;
use axum::response::Response;
use http::StatusCode;

use super::owner::{self, Login, Owner};
use super::{applications, identities, profile, sessions};
use crate::federation::link::FORM as LINK_FORM;
use crate::visitor::{Fault, Visitor};

/// The most sessions and applications that are listed.
const LISTED_MAX: u32 = 100;

/// What can have been done, for the line at the top.
const DONE: [&str; 8] = [
    "saved",
    "password",
    "email",
    "session",
    "sessions",
    "application",
    "identity",
    "linked",
];

/// What the store knows of her.
struct Lists {
    sessions: Vec<Session>,
    consents: Vec<Consent>,
    families: Vec<LiveFamily>,
}

pub(super) async fn get(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let query = Params::from_form(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let result = match (query.get("code"), query.get("error")) {
        (None, None) => page(&visitor, query.get("done")).await,
        // A login came back: on to the page it was for, without the code in the address.
        (Some(_), _) => Ok(owner::onward(&visitor, query.get("state"))),
        (None, Some(_)) => Ok(visitor
            .notice(StatusCode::BAD_REQUEST, NoticeKind::LoginExpired)
            .await),
    };
    visitor.answer(result).await
}

async fn page(visitor: &Visitor, done: Option<&str>) -> Result<Response, Fault> {
    let owner = match owner::open(visitor, Login::Any, "home").await? {
        Ok(owner) => owner,
        Err(instead) => return Ok(*instead),
    };
    let done = DONE.into_iter().find(|known| Some(*known) == done);
    let page = overview(visitor, &owner, done).await?;
    Ok(owner::show(visitor, StatusCode::OK, &page).await)
}

/// The overview with a profile that came back.
pub(super) async fn with_problem(
    visitor: &Visitor,
    owner: &Owner,
    problem: Problem,
) -> Result<Response, Fault> {
    let mut page = overview(visitor, owner, None).await?;
    page.profile.problem = Some(problem);
    Ok(owner::show(visitor, StatusCode::BAD_REQUEST, &page).await)
}

async fn overview(
    visitor: &Visitor,
    owner: &Owner,
    done: Option<&'static str>,
) -> Result<MyAccount, Fault> {
    let lists = lists(visitor, owner).await?;
    let user = &owner.user;
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let form = |path: &str, name: &str| visitor.form(path, name, None);
    let connections = visitor.app.connections(&visitor.tenant.id).await?;
    let shown = |identity: &Identity| {
        let known = connections
            .iter()
            .find(|one| one.id == identity.connection_id);
        known.map_or_else(|| identity.connection.clone(), |one| one.label().to_owned())
    };
    let identities = user
        .identities
        .iter()
        .enumerate()
        .map(|(index, identity)| MyIdentity {
            key: format!("{}|{}", identity.provider, identity.user_id),
            provider: shown(identity),
            account: account_of(owner, index, identity),
            removable: index > 0,
        });
    Ok(MyAccount {
        name: user.display_name().to_owned(),
        done,
        profile: MyProfile {
            form: form("/account/profile", profile::FORM),
            editable: owner.is_local(),
            name: text(&user.profile.name),
            given_name: text(&user.profile.given_name),
            family_name: text(&user.profile.family_name),
            nickname: text(&user.profile.nickname),
            problem: None,
        },
        logins: logins(visitor, owner).await?,
        identities: identities.collect(),
        sessions: lists
            .sessions
            .iter()
            .map(|one| session(one, owner))
            .collect(),
        applications: applications_of(visitor, &lists).await?,
        sessions_form: form("/account/sessions", sessions::FORM),
        applications_form: form("/account/applications", applications::FORM),
        identities_form: form("/account/identities", identities::FORM),
        link_form: form("/u/link", LINK_FORM),
        linkable: linkable(&connections, user),
        logout_form: form("/account/logout", sessions::LOGOUT_FORM),
    })
}

/// The providers from which she has no account linked yet: name and label of their connections.
fn linkable(connections: &[Arc<Connection>], user: &User) -> Vec<(String, String)> {
    let linked = |one: &Connection| {
        user.identities
            .iter()
            .any(|own| own.connection_id == one.id)
    };
    connections
        .iter()
        .filter(|one| one.is_federated() && one.is_active() && is_used(one) && !linked(one))
        .map(|one| (one.name.clone(), one.label().to_owned()))
        .collect()
}

/// Whether people can log in with a connection at some application.
fn is_used(connection: &Connection) -> bool {
    connection.is_domain_connection || !connection.enabled_clients.is_empty()
}

async fn logins(visitor: &Visitor, owner: &Owner) -> Result<MyLogins, StoreError> {
    let (user, has_password) = (&owner.user, owner.has_password(visitor).await?);
    Ok(MyLogins {
        email: user.email.clone(),
        email_verified: user.email_verified,
        username: user.username.clone(),
        phone_number: user.phone_number.clone(),
        has_password,
        can_change_email: has_password && user.email.is_some(),
    })
}

async fn lists(visitor: &Visitor, owner: &Owner) -> Result<Lists, StoreError> {
    let (user, now) = (owner.user.id.clone(), visitor.now);
    let read = move |tx: &mut Tx<'_>| {
        let page = Page::at(0, LISTED_MAX);
        let mut sessions = tx.sessions().of_user(&user, &page)?;
        sessions.retain(|session| session.is_live(now));
        Ok::<_, StoreError>(Lists {
            sessions,
            consents: tx.consents().of_user(&user, &page)?,
            families: tx.refresh_tokens().of_user(&user, now, &page)?,
        })
    };
    visitor.app.store.read(&visitor.tenant.id, read).await
}

fn account_of(owner: &Owner, index: usize, identity: &Identity) -> String {
    if index == 0 {
        let user = &owner.user;
        let names = [&user.email, &user.username, &user.phone_number];
        return names
            .into_iter()
            .flatten()
            .next()
            .cloned()
            .unwrap_or_default();
    }
    let profile = identity.profile_data.as_ref();
    let member = |name: &str| profile?.get(name)?.as_str().map(str::to_owned);
    let names = ["email", "username", "nickname", "name", "phone_number"];
    names.into_iter().find_map(member).unwrap_or_default()
}

fn session(session: &Session, owner: &Owner) -> MySession {
    MySession {
        id: session.id.to_string(),
        device: device::name(&session.device.last_user_agent),
        ip: session.device.last_ip.clone(),
        last_used: for_people(session.last_interacted_at),
        last_used_iso: session.last_interacted_at.iso8601(),
        current: session.id == owner.session.id,
    }
}

/// `2026-11-24 07:00 UTC`.
fn for_people(at: Timestamp) -> String {
    let iso = at.iso8601();
    let minutes = iso.get(..16).unwrap_or(&iso).replace('T', " ");
    format!("{minutes} UTC")
}

/// What may act for her: by what she allowed, or by a refresh token.
async fn applications_of(
    visitor: &Visitor,
    lists: &Lists,
) -> Result<Vec<MyApplication>, StoreError> {
    let mut found: BTreeMap<ClientId, (Vec<String>, bool)> = BTreeMap::new();
    let note = |entry: &mut Vec<String>, scopes: Vec<String>| {
        for scope in scopes {
            if !entry.contains(&scope) {
                entry.push(scope);
            }
        }
    };
    for consent in &lists.consents {
        let entry = found.entry(consent.client_id.clone()).or_default();
        note(
            &mut entry.0,
            consent.scope.iter().map(str::to_owned).collect(),
        );
    }
    for family in &lists.families {
        let entry = found.entry(family.grant.client_id.clone()).or_default();
        note(
            &mut entry.0,
            family.grant.scope.iter().map(str::to_owned).collect(),
        );
        entry.1 = true;
    }
    let mut applications = Vec::with_capacity(found.len());
    for (client_id, (scopes, offline)) in found {
        let known = visitor
            .app
            .application(&visitor.tenant.id, &client_id)
            .await?;
        let name = known.map(|application| application.name.clone());
        applications.push(MyApplication {
            name: name.unwrap_or_else(|| client_id.to_string()),
            client_id: client_id.to_string(),
            scopes,
            offline,
        });
    }
    Ok(applications)
}
