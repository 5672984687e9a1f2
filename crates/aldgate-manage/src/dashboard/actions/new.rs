//! A new action, from a template.

use aldgate_core::action::Trigger;
use axum::response::Response;
use http::{Method, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};

use super::templates::{TEMPLATES, blank};
use super::{about, text};
use crate::dashboard::Visit;
use crate::dashboard::fault::Fault;
use crate::dashboard::form::{self, Filled, Form};
use crate::dashboard::page::{Page, act, show};
use crate::dashboard::path::at;

const PATH: &str = "/actions/new";

pub(super) fn pages() -> Vec<Page> {
    vec![
        show(PATH, "New action", choose).needs("POST /actions/actions"),
        act(PATH, "Create an action", create).needs("POST /actions/actions"),
    ]
}

#[derive(Serialize)]
struct View {
    form: Filled,
    groups: Vec<Tiles>,
    chosen: String,
}

/// The templates of one trigger.
#[derive(Serialize)]
struct Tiles {
    label: &'static str,
    about: &'static str,
    tiles: Vec<Tile>,
}

#[derive(Serialize)]
struct Tile {
    id: String,
    label: &'static str,
    about: &'static str,
}

fn form() -> Form {
    Form::new().section("", "").field(
        form::text("name", "Name")
            .hint("Logs tell it. Empty: as the template is called. You can change it later."),
    )
}

async fn choose(visit: Visit) -> Result<Response, Fault> {
    let trigger: Option<Trigger> = visit.query.get("trigger").parse().ok();
    let chosen = match trigger {
        Some(trigger) if trigger != Trigger::PostLogin => empty_of(trigger),
        _ => TEMPLATES[0].id.to_owned(),
    };
    let form = form().filled(&Value::Null);
    Ok(page(&visit, form, &chosen, StatusCode::OK))
}

/// The name of the tile without code.
fn empty_of(trigger: Trigger) -> String {
    format!("empty:{trigger}")
}

fn page(visit: &Visit, form: Filled, chosen: &str, status: StatusCode) -> Response {
    let groups = Trigger::ALL.map(|trigger| {
        let (label, about) = about(trigger);
        let own = TEMPLATES.iter().filter(|one| one.trigger == trigger);
        let mut tiles: Vec<Tile> = own
            .map(|one| Tile {
                id: one.id.to_owned(),
                label: one.label,
                about: one.about,
            })
            .collect();
        tiles.push(Tile {
            id: empty_of(trigger),
            label: "Empty",
            about: "Only the function, to write your own.",
        });
        Tiles {
            label,
            about,
            tiles,
        }
    });
    let view = View {
        form,
        groups: groups.into(),
        chosen: chosen.to_owned(),
    };
    visit
        .page("action_new", "New action")
        .under("Actions", "/actions")
        .status(status)
        .show(&view)
}

async fn create(visit: Visit) -> Result<Response, Fault> {
    let chosen = visit.form.get("template").to_owned();
    let refuse = |form: Filled, status| page(&visit, form, &chosen, status);
    let template = TEMPLATES.iter().find(|one| one.id == chosen);
    let empty = chosen
        .strip_prefix("empty:")
        .and_then(|id| id.parse::<Trigger>().ok());
    let (trigger, code, name) = match (template, empty) {
        (Some(template), _) => (template.trigger, template.code.to_owned(), template.label),
        (None, Some(trigger)) => (trigger, blank(trigger), about(trigger).0),
        (None, None) => {
            let form = form().submitted(&visit.form);
            return Ok(refuse(form, StatusCode::BAD_REQUEST));
        }
    };
    let name = match visit.form.get("name") {
        "" => name,
        given => given,
    };
    let body = json!({
        "name": name,
        "code": code,
        "supported_triggers": [{"id": trigger.as_str(), "version": trigger.version()}],
    });
    match visit.send(Method::POST, "/actions/actions", &body).await {
        Ok(made) => {
            let own = at("/actions/{}", &[&text(&made, "id")]);
            let said = "The action was created. Nothing runs before you deploy it.";
            Ok(visit.go(&own, said))
        }
        Err(refused) => {
            // The only name that others see is its own.
            let mut form = form().submitted(&visit.form);
            form = match refused.status {
                StatusCode::CONFLICT => form.blamed("name", &refused),
                _ => form.refused(&refused),
            };
            Ok(refuse(form, refused.status))
        }
    }
}
