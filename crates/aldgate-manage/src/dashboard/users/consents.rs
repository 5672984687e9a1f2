//! What a user allowed applications, and taking it back.

use axum::response::Response;
use serde::Serialize;
use serde_json::Value;

use super::{ask, load, sheet, side, title};
use crate::dashboard::api::Refused;
use crate::dashboard::applications::text;
use crate::dashboard::confirm::Confirm;
use crate::dashboard::fault::Fault;
use crate::dashboard::page::{Page, act, show};
use crate::dashboard::path::at;
use crate::dashboard::visit::href;
use crate::dashboard::{Visit, lookup};

const ONE: &str = "/users/{id}/consents/{consent}/revoke";
const ALL: &str = "/users/{id}/consents/revoke-all";

pub(super) fn pages() -> Vec<Page> {
    let user = |page: Page| page.needs("GET /users/{id}").needs("GET /grants");
    vec![
        user(show("/users/{id}/consents", "Consents", list)),
        user(show(ONE, "Take a consent back?", ask_one)).needs("DELETE /grants/{id}"),
        user(act(ONE, "Take a consent back", revoke)).needs("DELETE /grants/{id}"),
        user(show(ALL, "Take all consents back?", ask_all)).needs("DELETE /grants"),
        user(act(ALL, "Take all consents back", revoke_all)).needs("DELETE /grants"),
    ]
}

#[derive(Serialize)]
struct View {
    rows: Vec<Row>,
    revoke_all: String,
}

#[derive(Serialize)]
struct Row {
    application: String,
    client_id: String,
    audience: String,
    scopes: Vec<String>,
    revoke: String,
}

async fn consents(visit: &Visit) -> Result<Vec<Value>, Refused> {
    lookup::all(visit, &at("/grants?user_id={}", &[visit.segment("id")])).await
}

async fn list(visit: Visit) -> Result<Response, Fault> {
    let user = load(&visit).await?;
    let all = consents(&visit).await?;
    let ids: Vec<String> = all.iter().map(|one| text(one, "clientID")).collect();
    let names = lookup::applications(&visit, ids).await?;
    let row = |item: &Value| {
        let client_id = text(item, "clientID");
        let scopes = item["scope"].as_array().into_iter().flatten();
        let scopes = scopes.filter_map(|scope| scope.as_str().map(str::to_owned));
        let path = at("/consents/{}/revoke", &[&text(item, "id")]);
        Row {
            application: names.get(&client_id).unwrap_or(&client_id).clone(),
            audience: text(item, "audience"),
            scopes: scopes.collect(),
            revoke: href(&side(&visit, &path)),
            client_id,
        }
    };
    let view = View {
        rows: all.iter().map(row).collect(),
        revoke_all: href(&side(&visit, "/consents/revoke-all")),
    };
    Ok(sheet(&visit, "user_consents", &user, "/consents").show(&view))
}

/// What a consent is called: the application's name.
async fn name(visit: &Visit) -> Result<String, Fault> {
    let all = consents(visit).await?;
    let found = all.iter().find(|one| one["id"] == visit.segment("consent"));
    let client_id = text(found.ok_or(Fault::NotFound)?, "clientID");
    let names = lookup::applications(visit, [client_id.clone()]).await?;
    Ok(names.get(&client_id).unwrap_or(&client_id).clone())
}

async fn ask_one(visit: Visit) -> Result<Response, Fault> {
    let (user, application) = (load(&visit).await?, name(&visit).await?);
    let confirm = Confirm {
        action: href(&visit.path),
        question: format!("Take back what {} allowed {application}?", title(&user)),
        consequences: vec![
            "She is asked again when she logs in there the next time.".to_owned(),
            "The application's refresh tokens for her stop working at once.".to_owned(),
        ],
        button: "Take the consent back".to_owned(),
        back: href(&side(&visit, "/consents")),
        is_final: true,
        hidden: Vec::new(),
    };
    Ok(ask(&visit, "Take a consent back", &user, &confirm))
}

async fn revoke(visit: Visit) -> Result<Response, Fault> {
    let application = name(&visit).await?;
    let path = at("/grants/{}", &[visit.segment("consent")]);
    visit.delete(&path).await?;
    let said = format!("What she allowed {application} was taken back.");
    Ok(visit.go(&side(&visit, "/consents"), &said))
}

async fn ask_all(visit: Visit) -> Result<Response, Fault> {
    let user = load(&visit).await?;
    let confirm = Confirm {
        action: href(&visit.path),
        question: format!("Take back everything that {} allowed?", title(&user)),
        consequences: vec![
            "She is asked again by every application that asks for consent.".to_owned(),
            "All of her refresh tokens stop working at once.".to_owned(),
        ],
        button: "Take all consents back".to_owned(),
        back: href(&side(&visit, "/consents")),
        is_final: true,
        hidden: Vec::new(),
    };
    Ok(ask(&visit, "Take all consents back", &user, &confirm))
}

async fn revoke_all(visit: Visit) -> Result<Response, Fault> {
    let path = at("/grants?user_id={}", &[visit.segment("id")]);
    visit.delete(&path).await?;
    Ok(visit.go(
        &side(&visit, "/consents"),
        "Everything that she allowed was taken back.",
    ))
}
