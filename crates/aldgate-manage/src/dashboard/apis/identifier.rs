//! Another identifier for an API; the former one works on for a while.

use aldgate_core::api::rules::ALIAS_PERIOD;
use axum::response::Response;
use http::{Method, StatusCode};
use serde::Serialize;
use serde_json::Value;

use super::{IDENTIFIER_HINT, load, side};
use crate::dashboard::Visit;
use crate::dashboard::applications::text;
use crate::dashboard::fault::Fault;
use crate::dashboard::form::{self, Filled, Form};
use crate::dashboard::page::{Page, act, show};
use crate::dashboard::path::at;
use crate::dashboard::visit::href;

pub(super) fn pages() -> Vec<Page> {
    let path = "/apis/{id}/identifier";
    vec![
        show(path, "Change the identifier", blank).needs("PATCH /resource-servers/{id}"),
        act(path, "Change the identifier", save).needs("PATCH /resource-servers/{id}"),
    ]
}

#[derive(Serialize)]
struct View {
    form: Filled,
    action: String,
    back: String,
    identifier: String,
    days: u64,
}

fn form() -> Form {
    Form::new().section("", "").field(
        form::text("identifier", "New identifier")
            .hint(IDENTIFIER_HINT)
            .required(),
    )
}

async fn blank(visit: Visit) -> Result<Response, Fault> {
    let api = load(&visit).await?;
    let form = form().filled(&api);
    Ok(page(&visit, &api, form, StatusCode::OK))
}

fn page(visit: &Visit, api: &Value, form: Filled, status: StatusCode) -> Response {
    let view = View {
        form,
        action: href(&side(visit, "/identifier")),
        back: href(&side(visit, "")),
        identifier: text(api, "identifier"),
        days: ALIAS_PERIOD.0 / 86_400,
    };
    visit
        .page("api_identifier", "Change the identifier")
        .under("APIs", "/apis")
        .under(text(api, "name"), &side(visit, ""))
        .status(status)
        .show(&view)
}

async fn save(visit: Visit) -> Result<Response, Fault> {
    let api = load(&visit).await?;
    let body = match form().changes(&visit.form, &api) {
        Ok(body) => body,
        Err(form) => return Ok(page(&visit, &api, *form, StatusCode::BAD_REQUEST)),
    };
    let path = at("/resource-servers/{}", &[visit.segment("id")]);
    match visit.send(Method::PATCH, &path, &Value::Object(body)).await {
        Ok(_) => Ok(visit.go(
            &side(&visit, ""),
            "The identifier was changed. The former one works on for thirty days.",
        )),
        Err(refused) => {
            let form = form().submitted(&visit.form).refused(&refused);
            Ok(page(&visit, &api, form, refused.status))
        }
    }
}
