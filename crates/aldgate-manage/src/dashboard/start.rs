//! Getting started: an application and an API in one form, then code with the real names and a
//! test that watches the tenant log for the first login and the first token for the API.

mod watch;

use axum::response::Response;
use http::{Method, StatusCode};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::Visit;
use super::api::Refused;
use super::apis::IDENTIFIER_HINT;
use super::applications::text;
use super::fault::Fault;
use super::fields::Fields;
use super::form::{self, Filled, Form};
use super::page::{Group, Page, act, show};
use super::path::at;
use super::snippets::{self, APIS, APPLICATIONS, Stack};

pub(super) fn pages() -> Vec<Page> {
    let first = show("/start", "Getting started", blank)
        .needs("POST /clients")
        .needs("POST /resource-servers")
        .nav(Group::Top);
    let create = act("/start", "Create an application and an API", create)
        .needs("POST /clients")
        .needs("POST /resource-servers");
    let mut all = vec![first, create];
    all.extend(watch::pages());
    all
}

#[derive(Serialize)]
struct View {
    form: Filled,
    applications: &'static [Stack],
    apis: &'static [Stack],
    application: &'static str,
    api: &'static str,
}

fn form() -> Form {
    Form::new()
        .section(
            "The application",
            "What people use: it logs them in and calls the API.",
        )
        .field(form::text("name", "Name").required())
        .field(
            form::text_of("url", "callback", "Where it runs")
                .hint("The address of its page, to which people return after logging in.")
                .required(),
        )
        .section(
            "The API",
            "What answers the application: it accepts tokens that were made for it.",
        )
        .field(form::text("api_name", "Name of the API").required())
        .field(
            form::text("identifier", "Identifier")
                .hint(IDENTIFIER_HINT)
                .required(),
        )
        .field(form::text("scope", "First scope").hint(
            "Something the application may do there. Leave it empty if access is all there is.",
        ))
}

async fn blank(visit: Visit) -> Result<Response, Fault> {
    let usual = json!({
        "name": "My application",
        "callback": "http://localhost:3000/",
        "api_name": "My API",
        "identifier": "https://my-api.example/",
        "scope": "read:orders",
    });
    Ok(page(&visit, form().filled(&usual), StatusCode::OK))
}

fn page(visit: &Visit, form: Filled, status: StatusCode) -> Response {
    let chosen = |stacks, name| snippets::choose(stacks, visit.form.get(name)).id;
    let view = View {
        form,
        applications: &APPLICATIONS,
        apis: &APIS,
        application: chosen(&APPLICATIONS, "application"),
        api: chosen(&APIS, "api"),
    };
    visit
        .page("start", "Getting started")
        .status(status)
        .show(&view)
}

async fn create(visit: Visit) -> Result<Response, Fault> {
    let sent = &visit.form;
    let values = match form().changes(sent, &Value::Null) {
        Ok(values) => values,
        Err(form) => return Ok(page(&visit, *form, StatusCode::BAD_REQUEST)),
    };
    let application = snippets::choose(&APPLICATIONS, sent.get("application"));
    let api_stack = snippets::choose(&APIS, sent.get("api"));
    let api = match visit
        .send(Method::POST, "/resource-servers", &api_body(&values))
        .await
    {
        Ok(api) => api,
        Err(refused) => return Ok(again(&visit, sent, renamed(refused, "api_name"))),
    };
    let body = application_body(&values, application.id == "auth0-js");
    let made = match visit.send(Method::POST, "/clients", &body).await {
        Ok(made) => made,
        Err(refused) => {
            // Both or none; an API that cannot be taken back is harmless and stays visible.
            let path = at("/resource-servers/{}", &[&text(&api, "id")]);
            drop(visit.delete(&path).await);
            return Ok(again(&visit, sent, renamed(refused, "name")));
        }
    };
    let values = [
        &text(&made, "client_id"),
        &text(&api, "id"),
        application.id,
        api_stack.id,
    ];
    let path = at("/start/{}/{}?application={}&api={}", &values);
    Ok(visit.go(&path, "Application and API were created. Now the code."))
}

fn again(visit: &Visit, sent: &Fields, refused: Refused) -> Response {
    let form = form().submitted(sent).refused(&refused);
    page(visit, form, refused.status)
}

/// The refusal in terms of this form: the bodies call these fields otherwise.
fn renamed(mut refused: Refused, name: &str) -> Refused {
    let field = match refused.member() {
        Some(member) if member.starts_with("scopes") => "scope",
        Some("callbacks" | "web_origins" | "allowed_logout_urls") => "callback",
        Some("name") => name,
        _ if refused.status == StatusCode::CONFLICT => "identifier",
        _ => return refused,
    };
    refused.cause = format!("{field}: {}", refused.cause);
    refused
}

fn api_body(values: &Map<String, Value>) -> Value {
    let mut body = json!({
        "name": values.get("api_name"),
        "identifier": values.get("identifier"),
        "allow_offline_access": true,
        "skip_consent_for_verifiable_first_party_clients": true,
    });
    if let Some(scope) = values.get("scope").filter(|scope| !scope.is_null()) {
        body["scopes"] = json!([{"value": scope}]);
    }
    body
}

fn application_body(values: &Map<String, Value>, implicit: bool) -> Value {
    let callback = values.get("callback").and_then(Value::as_str);
    let callback = callback.unwrap_or_default();
    let origin = url::Url::parse(callback).map(|url| url.origin().ascii_serialization());
    let mut grants = vec!["authorization_code", "refresh_token"];
    if implicit {
        grants.push("implicit");
    }
    json!({
        "name": values.get("name"),
        "app_type": "spa",
        "callbacks": [callback],
        "allowed_logout_urls": [callback],
        "web_origins": origin.map(|origin| vec![origin]).unwrap_or_default(),
        "grant_types": grants,
    })
}
