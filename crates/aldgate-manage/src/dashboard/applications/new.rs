//! A new application, from a template.

use axum::response::Response;
use http::{Method, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};

use super::text;
use crate::dashboard::Visit;
use crate::dashboard::fault::Fault;
use crate::dashboard::form::{self, Filled, Form};
use crate::dashboard::page::{Page, act, show};
use crate::dashboard::path::at;
use crate::dashboard::visit::href;

/// A kind of application to begin with.
#[derive(Clone, Copy, Debug, Serialize)]
pub(in crate::dashboard) struct Template {
    pub(in crate::dashboard) app_type: &'static str,
    pub(in crate::dashboard) label: &'static str,
    about: &'static str,
}

pub(in crate::dashboard) const TEMPLATES: [Template; 4] = [
    Template {
        app_type: "spa",
        label: "Single-page",
        about: "Runs in the browser: React, Vue, Angular. Has no secret; proves itself by PKCE.",
    },
    Template {
        app_type: "regular_web",
        label: "Regular web",
        about: "Runs on a server and renders pages: Express, Rails, Spring, axum. Keeps a secret.",
    },
    Template {
        app_type: "native",
        label: "Native",
        about: "Installed on a device: iOS, Android, desktop, command line. Has no secret.",
    },
    Template {
        app_type: "non_interactive",
        label: "Machine-to-machine",
        about: "Nobody logs in: a job, a service, a script. Calls APIs in its own name.",
    },
];

pub(super) fn pages() -> Vec<Page> {
    vec![
        show("/applications/new", "New application", blank).needs("POST /clients"),
        act("/applications/new", "Create an application", create).needs("POST /clients"),
    ]
}

#[derive(Serialize)]
struct View {
    form: Filled,
    templates: [Template; 4],
    chosen: String,
}

/// A secret that is shown once, and where to go on.
#[derive(Serialize)]
pub(in crate::dashboard) struct SecretView {
    pub(in crate::dashboard) lead: String,
    pub(in crate::dashboard) client_id: String,
    pub(in crate::dashboard) secret: String,
    pub(in crate::dashboard) next: String,
    pub(in crate::dashboard) next_label: &'static str,
}

fn form() -> Form {
    Form::new().section("", "").field(
        form::text("name", "Name")
            .hint("People see it when they log in. You can change it later.")
            .required(),
    )
}

async fn blank(visit: Visit) -> Result<Response, Fault> {
    let chosen = match visit.query.get("kind") {
        "" => "spa",
        kind => kind,
    };
    Ok(page(
        &visit,
        form().filled(&Value::Null),
        chosen,
        StatusCode::OK,
    ))
}

fn page(visit: &Visit, form: Filled, chosen: &str, status: StatusCode) -> Response {
    let view = View {
        form,
        templates: TEMPLATES,
        chosen: chosen.to_owned(),
    };
    visit
        .page("application_new", "New application")
        .under("Applications", "/applications")
        .status(status)
        .show(&view)
}

async fn create(visit: Visit) -> Result<Response, Fault> {
    let kind = visit.form.get("app_type").to_owned();
    let mut body = match form().changes(&visit.form, &Value::Null) {
        Ok(body) => body,
        Err(form) => return Ok(page(&visit, *form, &kind, StatusCode::BAD_REQUEST)),
    };
    body.insert("app_type".to_owned(), json!(kind));
    let made = match visit
        .send(Method::POST, "/clients", &Value::Object(body))
        .await
    {
        Ok(made) => made,
        Err(refused) => {
            let form = form().submitted(&visit.form).refused(&refused);
            return Ok(page(&visit, form, &kind, refused.status));
        }
    };
    let id = text(&made, "client_id");
    let own = at("/applications/{}", &[&id]);
    let Some(secret) = made["client_secret"].as_str() else {
        return Ok(visit.go(
            &own,
            "The application was created. Say where it runs: its callback URLs.",
        ));
    };
    let machine = kind == "non_interactive";
    let view = SecretView {
        lead: format!("{} was created.", text(&made, "name")),
        client_id: id,
        secret: secret.to_owned(),
        next: href(&if machine { own + "/apis" } else { own }),
        next_label: if machine {
            "Choose its APIs"
        } else {
            "Go to its settings"
        },
    };
    Ok(visit
        .page("secret", "Keep this secret")
        .under("Applications", "/applications")
        .show(&view))
}
