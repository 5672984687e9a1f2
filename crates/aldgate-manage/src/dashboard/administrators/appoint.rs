//! Making somebody an administrator.

use axum::response::Response;
use http::{Method, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};

use super::ready::READY;
use super::survey::{self, in_words};
use crate::dashboard::api::Refused;
use crate::dashboard::applications::text;
use crate::dashboard::fault::Fault;
use crate::dashboard::form::{self, Filled, Form};
use crate::dashboard::page::{Page, act, show};
use crate::dashboard::path::at;
use crate::dashboard::users::title;
use crate::dashboard::{Visit, lookup};

const PATH: &str = "/administrators/new";

pub(super) fn pages() -> Vec<Page> {
    let page = |page: Page| {
        page.needs("GET /roles")
            .needs("GET /roles/{id}/users")
            .needs("GET /users")
            .needs("POST /users/{id}/roles")
    };
    vec![
        page(show(PATH, "New administrator", blank)),
        page(act(PATH, "Make somebody an administrator", appoint)),
    ]
}

#[derive(Serialize)]
struct View {
    form: Filled,
    roles: Vec<Tile>,
    chosen: String,
}

#[derive(Serialize)]
struct Tile {
    key: String,
    name: String,
    about: String,
}

fn form() -> Form {
    Form::new().section("", "").field(
        form::text("user", "Who")
            .hint("The e-mail address, username or ID of a user of this tenant.")
            .required(),
    )
}

async fn blank(visit: Visit) -> Result<Response, Fault> {
    let filled = form().filled(&json!({"user": visit.query.get("user")}));
    page(&visit, filled, StatusCode::OK).await
}

/// Roles that make somebody an administrator: those that there are, and the ready-made ones that
/// can be made.
async fn tiles(visit: &Visit) -> Result<Vec<Tile>, Refused> {
    let survey = survey::survey(visit).await?;
    let known = survey.roles.iter().map(|role| Tile {
        key: role.id.clone(),
        name: role.name.clone(),
        about: format!("May: {}.", in_words(&role.permissions)),
    });
    let mut tiles: Vec<Tile> = known.collect();
    if visit.can("POST /roles") && visit.can("POST /roles/{id}/permissions") {
        let missing = READY
            .iter()
            .filter(|ready| !survey.roles.iter().any(|role| role.name == ready.name));
        let permitted =
            missing.filter(|ready| ready.scopes().iter().all(|scope| visit.actor.holds(scope)));
        tiles.extend(permitted.map(|ready| Tile {
            key: ready.key.to_owned(),
            name: ready.name.to_owned(),
            about: ready.about.to_owned(),
        }));
    }
    Ok(tiles)
}

async fn page(visit: &Visit, form: Filled, status: StatusCode) -> Result<Response, Fault> {
    let roles = tiles(visit).await?;
    let chosen = visit.form.get("role").to_owned();
    let view = View {
        form,
        roles,
        chosen,
    };
    Ok(visit
        .page("administrator_new", "New administrator")
        .under("Administrators", "/administrators")
        .status(status)
        .show(&view))
}

async fn appoint(visit: Visit) -> Result<Response, Fault> {
    let again = |refused: Refused| {
        let status = refused.status;
        (form().submitted(&visit.form).refused(&refused), status)
    };
    match give(&visit).await {
        Ok((user, role)) => {
            let said = format!("{user} has the role {role} and can log in to this dashboard.");
            Ok(visit.go("/administrators", &said))
        }
        Err(refused) => {
            let (form, status) = again(refused);
            page(&visit, form, status).await
        }
    }
}

/// Gives the chosen role to the user who was named; what both are called.
async fn give(visit: &Visit) -> Result<(String, String), Refused> {
    let user = lookup::user(visit, "user", visit.form.get("user")).await?;
    let key = visit.form.get("role");
    if key.is_empty() {
        return Err(Refused::new(
            StatusCode::BAD_REQUEST,
            "Choose what she may do.",
        ));
    }
    let (id, name) = match READY.iter().find(|ready| ready.key == key) {
        Some(ready) => (ready.make(visit).await?, ready.name.to_owned()),
        None => {
            let role: Value = visit.get(&at("/roles/{}", &[key])).await?;
            (key.to_owned(), text(&role, "name"))
        }
    };
    let path = at("/users/{}/roles", &[&text(&user, "user_id")]);
    let body = json!({"roles": [id]});
    visit.send(Method::POST, &path, &body).await?;
    Ok((title(&user), name))
}
