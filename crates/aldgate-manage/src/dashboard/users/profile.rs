//! The profile of a user, and her metadata.

use axum::response::Response;
use http::StatusCode;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{UPDATE_WHOLLY, load, patch, sheet, side};
use crate::dashboard::Visit;
use crate::dashboard::applications::text;
use crate::dashboard::events::when;
use crate::dashboard::fault::Fault;
use crate::dashboard::form::{self, Filled, Form};
use crate::dashboard::page::{Page, act, show};
use crate::dashboard::visit::href;

pub(super) fn pages() -> Vec<Page> {
    vec![
        show("/users/{id}", "User", profile).needs("GET /users/{id}"),
        act("/users/{id}", "Change a user", save)
            .needs("GET /users/{id}")
            .needs("PATCH /users/{id}"),
    ]
}

#[derive(Serialize)]
struct View {
    form: Filled,
    action: String,
    user_id: String,
    email: String,
    facts: Vec<(&'static str, String)>,
    blocked: bool,
    /// Addresses from which too many logins failed.
    shut_out: Vec<String>,
    may_block: bool,
    block: String,
    unblock: String,
    delete: String,
}

async fn profile(visit: Visit) -> Result<Response, Fault> {
    let user = load(&visit).await?;
    let form = form(&visit).filled(&user);
    Ok(page(&visit, &user, form, StatusCode::OK))
}

fn page(visit: &Visit, user: &Value, form: Filled, status: StatusCode) -> Response {
    let shut_out = user["blocked_for"].as_array().into_iter().flatten();
    let facts = [
        ("Created", when(&text(user, "created_at"))),
        ("Last login", when(&text(user, "last_login"))),
        (
            "Logins",
            user["logins_count"].as_u64().unwrap_or(0).to_string(),
        ),
        ("Last address", text(user, "last_ip")),
    ];
    let view = View {
        form,
        action: href(&side(visit, "")),
        user_id: text(user, "user_id"),
        email: text(user, "email"),
        facts: facts
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .collect(),
        blocked: user["blocked"] == true,
        shut_out: shut_out.map(|one| text(one, "ip")).collect(),
        may_block: visit.can(UPDATE_WHOLLY),
        block: href(&side(visit, "/block")),
        unblock: href(&side(visit, "/unblock")),
        delete: href(&side(visit, "/delete")),
    };
    sheet(visit, "user", user, "").status(status).show(&view)
}

async fn save(visit: Visit) -> Result<Response, Fault> {
    let user = load(&visit).await?;
    let form = form(&visit);
    let mut body = match form.changes(&visit.form, &user) {
        Ok(body) => body,
        Err(form) => return Ok(page(&visit, &user, *form, StatusCode::BAD_REQUEST)),
    };
    for name in ["user_metadata", "app_metadata"] {
        replace_whole(&mut body, &user, name);
    }
    let own = side(&visit, "");
    if body.is_empty() {
        return Ok(visit.go(&own, "Nothing was different, so nothing was changed."));
    }
    match patch(&visit, body).await {
        Ok(_) => Ok(visit.go(&own, "The user was saved. It counts at the next login.")),
        Err(refused) if super::is_gone(&refused) => Err(refused.into()),
        Err(refused) => {
            let form = form.submitted(&visit.form).refused(&refused);
            Ok(page(&visit, &user, form, refused.status))
        }
    }
}

/// The operation lays metadata over what is there; the editor shows all of it, so what is missing
/// in it now is to go.
fn replace_whole(body: &mut Map<String, Value>, user: &Value, name: &str) {
    let Some(Value::Object(fresh)) = body.get_mut(name) else {
        return;
    };
    let former = user[name].as_object().into_iter().flatten();
    if fresh.is_empty() {
        return;
    }
    for (key, _) in former {
        if !fresh.contains_key(key) {
            fresh.insert(key.clone(), Value::Null);
        }
    }
}

fn form(visit: &Visit) -> Form {
    let mut form = Form::new();
    if visit.can(UPDATE_WHOLLY) || !visit.can("PATCH /users/{id}") {
        form = form
            .section("Profile", "What applications learn with the scope profile.")
            .field(form::text("name", "Name"))
            .field(form::text("given_name", "Given name"))
            .field(form::text("family_name", "Family name"))
            .field(form::text("nickname", "Nickname"))
            .field(
                form::text_of("url", "picture", "Picture").hint("An https address of an image."),
            );
    }
    form.section(
        "Metadata",
        "JSON objects that actions and the Management API read. What you take out is removed.",
    )
    .field(
        form::json("user_metadata", "user_metadata")
            .hint("About her preferences. She can change it herself: {\"language\": \"de\"}."),
    )
    .field(
        form::json("app_metadata", "app_metadata")
            .hint("About her rights and plans. Only you change it: {\"plan\": \"gold\"}."),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_taken_out_of_metadata_is_removed() {
        let user = json!({"user_metadata": {"a": 1, "b": 2}});
        let mut body = json!({"user_metadata": {"b": 3}});
        let members = body.as_object_mut().unwrap();
        replace_whole(members, &user, "user_metadata");
        replace_whole(members, &user, "app_metadata");
        assert_eq!(body, json!({"user_metadata": {"a": null, "b": 3}}));
        let mut body = json!({"user_metadata": {}});
        replace_whole(body.as_object_mut().unwrap(), &user, "user_metadata");
        assert_eq!(body, json!({"user_metadata": {}}), "empties all of it");
    }
}
