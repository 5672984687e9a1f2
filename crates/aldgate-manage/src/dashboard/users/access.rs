//! Where a user is logged in, and what acts for her: sessions, refresh tokens, devices.

use aldgate_core::device;
use axum::response::Response;
use http::{Method, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};

use super::{ask, is_self, load, operation, sheet, side, title};
use crate::dashboard::api::Refused;
use crate::dashboard::applications::text;
use crate::dashboard::confirm::Confirm;
use crate::dashboard::events::when;
use crate::dashboard::fault::Fault;
use crate::dashboard::page::{Page, act, show};
use crate::dashboard::path::at;
use crate::dashboard::visit::href;
use crate::dashboard::{Visit, lookup};

/// The operations of which one is enough to see something here.
pub(super) const LISTS: [&str; 3] = [
    "GET /users/{id}/sessions",
    "GET /users/{id}/refresh-tokens",
    "GET /device-credentials",
];

const SESSION: &str = "/users/{id}/sessions/{session}/end";
const TOKEN: &str = "/users/{id}/tokens/{token}/revoke";
const ALL: &str = "/users/{id}/sessions/end-all";

pub(super) fn pages() -> Vec<Page> {
    let user = |page: Page| page.needs("GET /users/{id}");
    vec![
        user(show("/users/{id}/sessions", "Sessions and devices", list)),
        user(show(SESSION, "End a session?", ask_session)).needs("POST /sessions/{id}/revoke"),
        user(act(SESSION, "End a session", end_session)).needs("POST /sessions/{id}/revoke"),
        user(show(TOKEN, "Revoke a refresh token?", ask_token)),
        user(act(TOKEN, "Revoke a refresh token", revoke_token)),
        user(show(ALL, "End all access?", ask_all)).needs("POST /users/{id}/revoke-access"),
        user(act(ALL, "End all access", end_all)).needs("POST /users/{id}/revoke-access"),
    ]
}

#[derive(Serialize)]
struct View {
    /// `None`: she may not see them.
    sessions: Option<Vec<Session>>,
    tokens: Option<Vec<Token>>,
    may_end: bool,
    may_revoke: bool,
    end_all: Option<String>,
}

#[derive(Serialize)]
struct Session {
    device: String,
    ip: String,
    since: String,
    last_used: String,
    ends: String,
    applications: String,
    end: String,
}

#[derive(Serialize)]
struct Token {
    application: String,
    apis: String,
    since: String,
    last_used: String,
    ends: String,
    revoke: String,
}

async fn list(visit: Visit) -> Result<Response, Fault> {
    if !LISTS.iter().any(|one| visit.can(one)) {
        return Err(Fault::Missing(vec![
            "read:sessions",
            "read:refresh_tokens",
            "read:device_credentials",
        ]));
    }
    let user = load(&visit).await?;
    let sessions = sessions(&visit).await?;
    let tokens = tokens(&visit).await?;
    let all = sessions.iter().chain(&tokens).flatten();
    let ids: Vec<String> = all.flat_map(clients).collect();
    let names = lookup::applications(&visit, ids).await?;
    let called = |id: String| names.get(&id).cloned().unwrap_or(id);
    let session = |item: &Value| {
        let applications: Vec<String> = clients(item).into_iter().map(called).collect();
        Session {
            device: named(device::name(&text(&item["device"], "last_user_agent"))),
            ip: text(&item["device"], "last_ip"),
            since: when(&text(item, "authenticated_at")),
            last_used: when(&text(item, "last_interacted_at")),
            ends: when(&text(item, "expires_at")),
            applications: applications.join(", "),
            end: href(&side(&visit, &at("/sessions/{}/end", &[&text(item, "id")]))),
        }
    };
    let token = |item: &Value| {
        let apis = item["resource_servers"].as_array().into_iter().flatten();
        let apis: Vec<String> = apis.map(|one| text(one, "audience")).collect();
        let used = ["last_exchanged_at", "last_used"].map(|name| when(&text(item, name)));
        Token {
            application: called(text(item, "client_id")),
            apis: apis.join(", "),
            since: when(&text(item, "created_at")),
            last_used: used.concat(),
            ends: when(&text(item, "expires_at")),
            revoke: href(&side(
                &visit,
                &at("/tokens/{}/revoke", &[&text(item, "id")]),
            )),
        }
    };
    let all = href(&side(&visit, "/sessions/end-all"));
    let view = View {
        sessions: sessions
            .as_ref()
            .map(|all| all.iter().map(session).collect()),
        tokens: tokens.as_ref().map(|all| all.iter().map(token).collect()),
        may_end: visit.can("POST /sessions/{id}/revoke"),
        may_revoke: revoking(&visit).is_some(),
        end_all: visit.can("POST /users/{id}/revoke-access").then_some(all),
    };
    Ok(sheet(&visit, "user_sessions", &user, "/sessions").show(&view))
}

/// The ids of the applications that a session or a token is about.
fn clients(item: &Value) -> Vec<String> {
    let listed = item["clients"].as_array().into_iter().flatten();
    let mut ids: Vec<String> = listed.map(|one| text(one, "client_id")).collect();
    ids.extend(item["client_id"].as_str().map(str::to_owned));
    ids
}

fn named(device: String) -> String {
    match device.is_empty() {
        true => "Unknown device".to_owned(),
        false => device,
    }
}

/// The first hundred sessions; `None` when she may not see them.
async fn sessions(visit: &Visit) -> Result<Option<Vec<Value>>, Refused> {
    if !visit.can(LISTS[0]) {
        return Ok(None);
    }
    let answer = visit.get(&operation(visit, "/sessions?take=100")).await?;
    Ok(answer["sessions"].as_array().cloned())
}

/// The first hundred refresh tokens, as such or as credentials of devices.
async fn tokens(visit: &Visit) -> Result<Option<Vec<Value>>, Refused> {
    if visit.can(LISTS[1]) {
        let path = operation(visit, "/refresh-tokens?take=100");
        let answer = visit.get(&path).await?;
        return Ok(answer["tokens"].as_array().cloned());
    }
    if visit.can(LISTS[2]) {
        let path = at(
            "/device-credentials?per_page=100&user_id={}",
            &[visit.segment("id")],
        );
        return Ok(visit.get(&path).await?.as_array().cloned());
    }
    Ok(None)
}

/// The operation by which she may revoke one token.
fn revoking(visit: &Visit) -> Option<&'static str> {
    let known = [
        ("DELETE /refresh-tokens/{id}", "/refresh-tokens/{}"),
        ("DELETE /device-credentials/{id}", "/device-credentials/{}"),
    ];
    let mut known = known.into_iter();
    known
        .find(|(name, _)| visit.can(name))
        .map(|(_, path)| path)
}

fn may_revoke(visit: &Visit) -> Result<&'static str, Fault> {
    let lacking = || Fault::Missing(vec!["delete:refresh_tokens", "delete:device_credentials"]);
    revoking(visit).ok_or_else(lacking)
}

async fn ask_session(visit: Visit) -> Result<Response, Fault> {
    let user = load(&visit).await?;
    let confirm = Confirm {
        action: href(&visit.path),
        question: format!("End this session of {}?", title(&user)),
        consequences: vec![
            "She is logged out in this browser and has to log in again.".to_owned(),
            "Refresh tokens that came of this session stop working at once.".to_owned(),
            "Access tokens stay good at APIs until they expire.".to_owned(),
        ],
        button: "End the session".to_owned(),
        back: href(&side(&visit, "/sessions")),
        is_final: false,
        hidden: Vec::new(),
    };
    Ok(ask(&visit, "End a session", &user, &confirm))
}

async fn end_session(visit: Visit) -> Result<Response, Fault> {
    let path = at("/sessions/{}/revoke", &[visit.segment("session")]);
    let said = match visit.send(Method::POST, &path, &json!({})).await {
        Ok(_) => "The session has ended.",
        Err(refused) if refused.status == StatusCode::NOT_FOUND => "The session had ended already.",
        Err(refused) => return Err(refused.into()),
    };
    Ok(visit.go(&side(&visit, "/sessions"), said))
}

async fn ask_token(visit: Visit) -> Result<Response, Fault> {
    may_revoke(&visit)?;
    let user = load(&visit).await?;
    let confirm = Confirm {
        action: href(&visit.path),
        question: format!("Revoke this refresh token of {}?", title(&user)),
        consequences: vec![
            "The application on this device gets no more access tokens with it.".to_owned(),
            "She has to log in there again, unless her session lasts.".to_owned(),
        ],
        button: "Revoke the token".to_owned(),
        back: href(&side(&visit, "/sessions")),
        is_final: true,
        hidden: Vec::new(),
    };
    Ok(ask(&visit, "Revoke a refresh token", &user, &confirm))
}

async fn revoke_token(visit: Visit) -> Result<Response, Fault> {
    let path = at(may_revoke(&visit)?, &[visit.segment("token")]);
    let said = match visit.delete(&path).await {
        Ok(_) => "The refresh token was revoked.",
        Err(refused) if refused.status == StatusCode::NOT_FOUND => {
            "The refresh token was gone already."
        }
        Err(refused) => return Err(refused.into()),
    };
    Ok(visit.go(&side(&visit, "/sessions"), said))
}

async fn ask_all(visit: Visit) -> Result<Response, Fault> {
    let user = load(&visit).await?;
    let mut consequences = vec![
        "She is logged out in every browser.".to_owned(),
        "All of her refresh tokens stop working: every device has to log in again.".to_owned(),
        "Access tokens stay good at APIs until they expire.".to_owned(),
    ];
    if is_self(&visit) {
        let own = "This is you: you are logged out of the dashboard, too.";
        consequences.push(own.to_owned());
    }
    let confirm = Confirm {
        action: href(&visit.path),
        question: format!("End all sessions and refresh tokens of {}?", title(&user)),
        consequences,
        button: "End all of it".to_owned(),
        back: href(&side(&visit, "/sessions")),
        is_final: true,
        hidden: Vec::new(),
    };
    Ok(ask(&visit, "End all access", &user, &confirm))
}

async fn end_all(visit: Visit) -> Result<Response, Fault> {
    let path = operation(&visit, "/revoke-access");
    visit.send(Method::POST, &path, &json!({})).await?;
    Ok(visit.go(
        &side(&visit, "/sessions"),
        "All sessions have ended and all refresh tokens were revoked.",
    ))
}
