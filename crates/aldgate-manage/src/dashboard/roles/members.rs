//! Who holds a role.

use axum::response::Response;
use http::{Method, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};

use super::{ask, load, operation, sheet, side};
use crate::dashboard::api::Refused;
use crate::dashboard::applications::text;
use crate::dashboard::confirm::Confirm;
use crate::dashboard::fault::Fault;
use crate::dashboard::listing::{self, Pager};
use crate::dashboard::page::{Page, act, show};
use crate::dashboard::path::at;
use crate::dashboard::users::title;
use crate::dashboard::visit::href;
use crate::dashboard::{Visit, lookup};

const PATH: &str = "/roles/{id}/members";
const REMOVE: &str = "/roles/{id}/members/{user}/remove";

pub(super) fn pages() -> Vec<Page> {
    let role = |page: Page| page.needs("GET /roles/{id}").needs("GET /roles/{id}/users");
    vec![
        role(show(PATH, "Members", members)),
        role(act(PATH, "Give a role to a user", add))
            .needs("POST /roles/{id}/users")
            .needs("GET /users"),
        role(show(REMOVE, "Take the role away?", question)).needs("DELETE /users/{id}/roles"),
        role(act(REMOVE, "Take the role away", remove)).needs("DELETE /users/{id}/roles"),
    ]
}

#[derive(Serialize)]
struct View {
    action: String,
    rows: Vec<Row>,
    pager: Pager,
    /// What was typed, and what is wrong with it.
    user: String,
    problem: String,
}

#[derive(Serialize)]
struct Row {
    name: String,
    email: String,
    href: String,
    remove: String,
}

async fn members(visit: Visit) -> Result<Response, Fault> {
    let role = load(&visit).await?;
    page(&visit, &role, None).await
}

async fn page(visit: &Visit, role: &Value, refused: Option<&Refused>) -> Result<Response, Fault> {
    let path = operation(visit, "/users?") + &listing::window(visit);
    let answer = visit.get(&path).await?;
    let (items, pager) = listing::read(visit, &answer, "users");
    let row = |item: &Value| {
        let id = text(item, "user_id");
        let (name, email) = (title(item), text(item, "email"));
        Row {
            href: href(&at("/users/{}", &[&id])),
            remove: href(&side(visit, &at("/members/{}/remove", &[&id]))),
            email: if name == email { String::new() } else { email },
            name,
        }
    };
    let sentence = |refused: &Refused| {
        let cause = refused.cause.strip_prefix("user: ");
        let remedy = refused.remedy.as_deref().unwrap_or_default();
        format!("{} {remedy}", cause.unwrap_or(&refused.cause))
    };
    let view = View {
        action: href(&side(visit, "/members")),
        rows: items.iter().map(row).collect(),
        pager,
        user: visit.form.get("user").to_owned(),
        problem: refused.map(sentence).unwrap_or_default(),
    };
    let status = refused.map_or(StatusCode::OK, |refused| refused.status);
    Ok(sheet(visit, "role_members", role, "/members")
        .status(status)
        .show(&view))
}

async fn add(visit: Visit) -> Result<Response, Fault> {
    let role = load(&visit).await?;
    let user = match lookup::user(&visit, "user", visit.form.get("user")).await {
        Ok(user) => user,
        Err(refused) => return page(&visit, &role, Some(&refused)).await,
    };
    let body = json!({"users": [user["user_id"]]});
    let path = operation(&visit, "/users");
    match visit.send(Method::POST, &path, &body).await {
        Ok(_) => {
            let said = format!("{} is a member now.", title(&user));
            Ok(visit.go(&side(&visit, "/members"), &said))
        }
        Err(refused) => page(&visit, &role, Some(&refused)).await,
    }
}

async fn question(visit: Visit) -> Result<Response, Fault> {
    let role = load(&visit).await?;
    let (user, name) = (visit.segment("user"), text(&role, "name"));
    let confirm = Confirm {
        action: href(&visit.path),
        question: format!("Take the role {name} from {}?", called(&visit, user).await?),
        consequences: vec![
            "What only this role permits her is refused from her next token on.".to_owned(),
            "Tokens that she has keep what they say until they expire.".to_owned(),
            "At the Management API and in the dashboard it counts at once.".to_owned(),
        ],
        button: format!("Take {name} away"),
        back: href(&side(&visit, "/members")),
        is_final: false,
        hidden: Vec::new(),
    };
    Ok(ask(&visit, "Take the role away", &role, &confirm))
}

/// What a user is called, for who may look at her; else her id.
async fn called(visit: &Visit, id: &str) -> Result<String, Fault> {
    let user = visit.get_if_permitted(&at("/users/{}", &[id])).await?;
    let name = title(&user);
    Ok(match name.is_empty() {
        true => id.to_owned(),
        false => name,
    })
}

async fn remove(visit: Visit) -> Result<Response, Fault> {
    let user = visit.segment("user");
    let name = called(&visit, user).await?;
    let path = at("/users/{}/roles", &[user]);
    let body = json!({"roles": [visit.segment("id")]});
    visit.send(Method::DELETE, &path, &body).await?;
    let said = format!("{name} is no member any more.");
    Ok(visit.go(&side(&visit, "/members"), &said))
}
