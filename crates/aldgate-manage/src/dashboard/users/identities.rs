//! The accounts of a user: at which connections she is known, linking and unlinking.

use axum::response::Response;
use http::{Method, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};

use super::{UPDATE_WHOLLY, ask, load, operation, sheet, side, title};
use crate::dashboard::api::Refused;
use crate::dashboard::applications::text;
use crate::dashboard::confirm::Confirm;
use crate::dashboard::fault::Fault;
use crate::dashboard::page::{Page, act, show};
use crate::dashboard::path::at;
use crate::dashboard::visit::href;
use crate::dashboard::{Visit, lookup};

const UNLINK: &str = "/users/{id}/identities/{provider}/{subject}/unlink";
const LINK: &str = "/users/{id}/identities/link";

pub(super) fn pages() -> Vec<Page> {
    let unlinks = "DELETE /users/{id}/identities/{provider}/{user_id}";
    let user = |page: Page| page.needs("GET /users/{id}");
    vec![
        user(show("/users/{id}/identities", "Identities", identities)),
        user(show(UNLINK, "Unlink an account?", ask_unlink)).needs(unlinks),
        user(act(UNLINK, "Unlink an account", unlink)).needs(unlinks),
        user(show(LINK, "Link an account?", ask_link)).needs("POST /users/{id}/identities"),
        user(act(LINK, "Link an account", link)).needs("POST /users/{id}/identities"),
    ]
}

#[derive(Serialize)]
struct View {
    rows: Vec<Row>,
    may_change: bool,
    link: String,
    /// What was typed into the form that links, and what is wrong with it.
    other: String,
    problem: String,
}

#[derive(Serialize)]
struct Row {
    connection: String,
    provider: String,
    user_id: String,
    email: String,
    /// The first one gives the user her id; it cannot be unlinked.
    main: bool,
    unlink: String,
}

async fn identities(visit: Visit) -> Result<Response, Fault> {
    let user = load(&visit).await?;
    Ok(page(&visit, &user, None))
}

fn page(visit: &Visit, user: &Value, refused: Option<&Refused>) -> Response {
    let all = user["identities"].as_array().into_iter().flatten();
    let row = |(place, identity): (usize, &Value)| {
        let (provider, user_id) = (text(identity, "provider"), text(identity, "user_id"));
        Row {
            connection: text(identity, "connection"),
            email: match place {
                0 => text(user, "email"),
                _ => text(&identity["profileData"], "email"),
            },
            main: place == 0,
            unlink: href(&side(
                visit,
                &at("/identities/{}/{}/unlink", &[&provider, &user_id]),
            )),
            provider,
            user_id,
        }
    };
    let sentence = |refused: &Refused| {
        let cause = refused.cause.strip_prefix("other: ");
        let remedy = refused.remedy.as_deref().unwrap_or_default();
        format!("{} {remedy}", cause.unwrap_or(&refused.cause))
    };
    let view = View {
        rows: all.enumerate().map(row).collect(),
        may_change: visit.can(UPDATE_WHOLLY),
        link: href(&side(visit, "/identities/link")),
        other: visit.query.get("other").to_owned(),
        problem: refused.map(sentence).unwrap_or_default(),
    };
    let status = refused.map_or(StatusCode::OK, |_| StatusCode::BAD_REQUEST);
    sheet(visit, "user_identities", user, "/identities")
        .status(status)
        .show(&view)
}

async fn ask_unlink(visit: Visit) -> Result<Response, Fault> {
    let user = load(&visit).await?;
    let account = format!("{}|{}", visit.segment("provider"), visit.segment("subject"));
    let confirm = Confirm {
        action: href(&visit.path),
        question: format!("Unlink {account} from {}?", title(&user)),
        consequences: vec![
            format!("{account} becomes a user again, without roles and metadata."),
            "Who logs in with it gets in as that user, no longer as this one.".to_owned(),
        ],
        button: "Unlink the account".to_owned(),
        back: href(&side(&visit, "/identities")),
        is_final: false,
        hidden: Vec::new(),
    };
    Ok(ask(&visit, "Unlink an account", &user, &confirm))
}

async fn unlink(visit: Visit) -> Result<Response, Fault> {
    let values = [visit.segment("provider"), visit.segment("subject")];
    let path = operation(&visit, &at("/identities/{}/{}", &values));
    visit.delete(&path).await?;
    Ok(visit.go(
        &side(&visit, "/identities"),
        "The account was unlinked and is a user of its own again.",
    ))
}

/// The user who was named, unless it is this one.
async fn other(visit: &Visit, typed: &str) -> Result<Value, Refused> {
    let other = lookup::user(visit, "other", typed).await?;
    if text(&other, "user_id") == visit.segment("id") {
        let cause = "other: This is the same user.";
        return Err(Refused::new(StatusCode::BAD_REQUEST, cause));
    }
    Ok(other)
}

async fn ask_link(visit: Visit) -> Result<Response, Fault> {
    let user = load(&visit).await?;
    let other = match other(&visit, visit.query.get("other")).await {
        Ok(other) => other,
        Err(refused) => return Ok(page(&visit, &user, Some(&refused))),
    };
    let (name, other_id) = (title(&user), text(&other, "user_id"));
    let confirm = Confirm {
        action: href(&side(&visit, "/identities/link")),
        question: format!("Make {} ({other_id}) a part of {name}?", title(&other)),
        consequences: vec![
            format!("{other_id} is no user any more: who logs in with it gets in as {name}."),
            "Its profile is kept with the account; its metadata, roles and permissions are lost."
                .to_owned(),
            "Its sessions and refresh tokens end at once.".to_owned(),
        ],
        button: "Link the account".to_owned(),
        back: href(&side(&visit, "/identities")),
        is_final: true,
        hidden: vec![("other", other_id)],
    };
    Ok(ask(&visit, "Link an account", &user, &confirm))
}

async fn link(visit: Visit) -> Result<Response, Fault> {
    let user = load(&visit).await?;
    let other = match other(&visit, visit.form.get("other")).await {
        Ok(other) => other,
        Err(refused) => return Ok(page(&visit, &user, Some(&refused))),
    };
    let main = &other["identities"][0];
    let body = json!({
        "provider": main["provider"],
        "user_id": text(&other, "user_id"),
    });
    let path = operation(&visit, "/identities");
    visit.send(Method::POST, &path, &body).await?;
    let said = format!("{} is a part of {} now.", title(&other), title(&user));
    Ok(visit.go(&side(&visit, "/identities"), &said))
}
