//! Administrators: who may do what at the Management API, by the roles that permit it.

mod appoint;
mod dismiss;
mod ready;
mod survey;

use axum::response::Response;
use serde::Serialize;

use super::Visit;
use super::fault::Fault;
use super::page::{Group, Page, show};
use super::path::at;
use super::visit::{Link, href};
use survey::Survey;

pub(super) fn pages() -> Vec<Page> {
    let list = show("/administrators", "Administrators", list)
        .needs("GET /roles")
        .needs("GET /roles/{id}/users")
        .nav(Group::Tenant);
    let mut all = vec![list];
    all.extend(appoint::pages());
    all.extend(dismiss::pages());
    all
}

#[derive(Serialize)]
struct View {
    rows: Vec<Row>,
    roles: Vec<Role>,
    /// Whether there are more roles or holders than are looked at.
    is_cut: bool,
}

#[derive(Serialize)]
struct Row {
    name: String,
    email: String,
    href: String,
    roles: Vec<Link>,
    /// In a few words.
    may: String,
    /// Each permission, unless it is all of them.
    permissions: Vec<String>,
    is_self: bool,
    /// Where her rights are taken away; empty for the last administrator.
    dismiss: String,
}

#[derive(Serialize)]
struct Role {
    link: Link,
    may: String,
    holders: usize,
}

async fn list(visit: Visit) -> Result<Response, Fault> {
    let survey = survey::survey(&visit).await?;
    let role = |role: &survey::Role| Role {
        link: Link::to(role.name.clone(), &at("/roles/{}", &[&role.id])),
        may: survey::in_words(&role.permissions),
        holders: role.holders.len(),
    };
    let view = View {
        rows: survey
            .people()
            .iter()
            .map(|one| row(&visit, &survey, one))
            .collect(),
        roles: survey.roles.iter().map(role).collect(),
        is_cut: survey.is_cut,
    };
    Ok(visit.page("administrators", "Administrators").show(&view))
}

fn row(visit: &Visit, survey: &Survey, person: &survey::Person) -> Row {
    let dismiss = at("/administrators/{}/dismiss", &[&person.id]);
    let own = survey.roles_of(&person.id);
    let roles = own.map(|role| Link::to(role.name.clone(), &at("/roles/{}", &[&role.id])));
    let permissions = survey.permissions_of(&person.id);
    Row {
        name: person.name.clone(),
        email: person.email.clone(),
        href: href(&at("/users/{}", &[&person.id])),
        roles: roles.collect(),
        may: survey::in_words(&permissions),
        permissions: match survey::is_everything(&permissions) {
            true => Vec::new(),
            false => permissions.into_iter().collect(),
        },
        is_self: is_self(visit, &person.id),
        dismiss: match survey.is_last(&person.id) {
            true => String::new(),
            false => href(&dismiss),
        },
    }
}

fn is_self(visit: &Visit, id: &str) -> bool {
    match visit.actor.who() {
        crate::op::Who::User { id: own, .. } => own.as_str() == id,
        _ => false,
    }
}
