//! Taking an administrator's rights away.

use axum::response::Response;
use http::{Method, StatusCode};
use serde_json::json;

use super::is_self;
use super::survey::{self, Person, Survey, in_words};
use crate::dashboard::Visit;
use crate::dashboard::api::Refused;
use crate::dashboard::confirm::Confirm;
use crate::dashboard::fault::Fault;
use crate::dashboard::page::{Page, act, show};
use crate::dashboard::path::at;
use crate::dashboard::visit::href;

const PATH: &str = "/administrators/{id}/dismiss";

pub(super) fn pages() -> Vec<Page> {
    let page = |page: Page| {
        page.needs("GET /roles")
            .needs("GET /roles/{id}/users")
            .needs("DELETE /users/{id}/roles")
    };
    vec![
        page(show(PATH, "Take an administrator's rights away?", question)),
        page(act(PATH, "Take an administrator's rights away", dismiss)),
    ]
}

/// The administrator of the path, unless she is the last one.
fn found(visit: &Visit, survey: &Survey) -> Result<Person, Fault> {
    let id = visit.segment("id");
    let people = survey.people();
    let person = people.into_iter().find(|one| one.id == id);
    let person = person.ok_or(Fault::NotFound)?;
    if survey.is_last(id) {
        let cause = format!("{} is the last administrator of this tenant.", person.name);
        return Err(Fault::Refused(Refused {
            remedy: Some(
                "Make somebody else an administrator first: else nobody could give rights back."
                    .to_owned(),
            ),
            ..Refused::new(StatusCode::FORBIDDEN, cause)
        }));
    }
    Ok(person)
}

async fn question(visit: Visit) -> Result<Response, Fault> {
    let survey = survey::survey(&visit).await?;
    let person = found(&visit, &survey)?;
    let mut consequences: Vec<String> = survey
        .roles_of(&person.id)
        .map(|role| {
            let may = in_words(&role.permissions);
            format!("She loses the role {} ({may}).", role.name)
        })
        .collect();
    consequences.push("It counts at her next click.".to_owned());
    consequences.push("She stays a user and can log in to applications as before.".to_owned());
    if is_self(&visit, &person.id) {
        let own = "This is you: you lose this dashboard at once.";
        consequences.insert(0, own.to_owned());
    }
    let confirm = Confirm {
        action: href(&visit.path),
        question: format!("Take the rights of an administrator from {}?", person.name),
        consequences,
        button: "Take the rights away".to_owned(),
        back: href("/administrators"),
        is_final: false,
        hidden: Vec::new(),
    };
    Ok(visit
        .page("confirm", "Take rights away")
        .under("Administrators", "/administrators")
        .show(&confirm))
}

async fn dismiss(visit: Visit) -> Result<Response, Fault> {
    let survey = survey::survey(&visit).await?;
    let person = found(&visit, &survey)?;
    let roles: Vec<&str> = survey
        .roles_of(&person.id)
        .map(|role| role.id.as_str())
        .collect();
    let path = at("/users/{}/roles", &[&person.id]);
    visit
        .send(Method::DELETE, &path, &json!({"roles": roles}))
        .await?;
    let said = format!("{} is no administrator any more.", person.name);
    Ok(visit.go("/administrators", &said))
}
