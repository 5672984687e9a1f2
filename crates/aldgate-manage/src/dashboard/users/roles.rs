//! The roles of a user: giving and taking.

use axum::response::Response;
use http::{Method, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};

use super::{ask, is_self, load, operation, sheet, side, title};
use crate::dashboard::api::Refused;
use crate::dashboard::applications::text;
use crate::dashboard::confirm::Confirm;
use crate::dashboard::fault::Fault;
use crate::dashboard::page::{Page, act, show};
use crate::dashboard::path::at;
use crate::dashboard::visit::href;
use crate::dashboard::{Visit, lookup};

/// Roles that one page offers; more are found by their names.
const OFFERED: usize = 30;

const TAKE: &str = "/users/{id}/roles/{role}/take";

pub(super) fn pages() -> Vec<Page> {
    let path = "/users/{id}/roles";
    let user = |page: Page| page.needs("GET /users/{id}").needs("GET /users/{id}/roles");
    vec![
        user(show(path, "Roles", roles)),
        user(act(path, "Give roles to a user", give)).needs("POST /users/{id}/roles"),
        user(show(TAKE, "Take a role away?", question)).needs("DELETE /users/{id}/roles"),
        user(act(TAKE, "Take a role away", take)).needs("DELETE /users/{id}/roles"),
    ]
}

#[derive(Serialize)]
struct View {
    action: String,
    held: Vec<Row>,
    /// `None`: she may not look at the roles that there are.
    offered: Option<Vec<Row>>,
    q: String,
    is_cut: bool,
    problem: String,
}

#[derive(Serialize)]
struct Row {
    id: String,
    name: String,
    description: String,
    href: String,
    take: String,
}

async fn roles(visit: Visit) -> Result<Response, Fault> {
    page(&visit, None).await
}

async fn page(visit: &Visit, refused: Option<&Refused>) -> Result<Response, Fault> {
    let user = load(visit).await?;
    let held = held(visit).await?;
    let q = visit.query.get("q").to_owned();
    let found = match visit.can("GET /roles") {
        true => {
            let path = at("/roles?per_page=100&name_filter={}", &[&q]);
            visit.get(&path).await?.as_array().cloned()
        }
        false => None,
    };
    let mut offered = found.map(|all| {
        let others = all.iter().filter(|role| {
            let id = &role["id"];
            !held.iter().any(|own| own["id"] == *id)
        });
        others.map(|role| row(visit, role)).collect::<Vec<_>>()
    });
    let is_cut = offered.as_ref().is_some_and(|all| all.len() > OFFERED);
    if let Some(offered) = &mut offered {
        offered.truncate(OFFERED);
    }
    let view = View {
        action: href(&side(visit, "/roles")),
        held: held.iter().map(|role| row(visit, role)).collect(),
        offered,
        q,
        is_cut,
        problem: refused.map(sentence).unwrap_or_default(),
    };
    let status = refused.map_or(StatusCode::OK, |refused| refused.status);
    Ok(sheet(visit, "user_roles", &user, "/roles")
        .status(status)
        .show(&view))
}

fn sentence(refused: &Refused) -> String {
    let remedy = refused.remedy.as_deref().unwrap_or_default();
    let actual = refused
        .actual
        .as_deref()
        .map(|actual| format!("({actual})"));
    let parts = [
        refused.cause.as_str(),
        actual.as_deref().unwrap_or_default(),
        remedy,
    ];
    parts.join(" ")
}

async fn held(visit: &Visit) -> Result<Vec<Value>, Refused> {
    lookup::all(visit, &operation(visit, "/roles")).await
}

fn row(visit: &Visit, role: &Value) -> Row {
    let id = text(role, "id");
    Row {
        name: text(role, "name"),
        description: text(role, "description"),
        href: href(&at("/roles/{}", &[&id])),
        take: href(&side(visit, &at("/roles/{}/take", &[&id]))),
        id,
    }
}

async fn give(visit: Visit) -> Result<Response, Fault> {
    let chosen: Vec<&str> = visit.form.all("role").collect();
    if chosen.is_empty() {
        let refused = Refused::new(StatusCode::BAD_REQUEST, "No role was chosen.");
        return page(&visit, Some(&refused)).await;
    }
    let body = json!({"roles": chosen});
    match visit
        .send(Method::POST, &operation(&visit, "/roles"), &body)
        .await
    {
        Ok(_) => {
            let said = match chosen.len() {
                1 => "The role was given. It counts in the next token.".to_owned(),
                many => format!("{many} roles were given. They count in the next token."),
            };
            Ok(visit.go(&side(&visit, "/roles"), &said))
        }
        Err(refused) => page(&visit, Some(&refused)).await,
    }
}

/// The role of the path, if she holds it.
async fn found(visit: &Visit) -> Result<Value, Fault> {
    let held = held(visit).await?;
    let mut held = held.into_iter();
    held.find(|role| role["id"] == visit.segment("role"))
        .ok_or(Fault::NotFound)
}

async fn question(visit: Visit) -> Result<Response, Fault> {
    let (user, role) = (load(&visit).await?, found(&visit).await?);
    let (name, role_name) = (title(&user), text(&role, "name"));
    let mut consequences = vec![
        "What only this role permits her is refused from her next token on.".to_owned(),
        "Tokens that she has keep what they say until they expire.".to_owned(),
        "At the Management API and in the dashboard it counts at once.".to_owned(),
    ];
    if is_self(&visit) {
        let own = "This is you: you may lose pages of this dashboard.";
        consequences.insert(0, own.to_owned());
    }
    let confirm = Confirm {
        action: href(&visit.path),
        question: format!("Take the role {role_name} from {name}?"),
        consequences,
        button: format!("Take {role_name} away"),
        back: href(&side(&visit, "/roles")),
        is_final: false,
        hidden: Vec::new(),
    };
    Ok(ask(&visit, "Take a role away", &user, &confirm))
}

async fn take(visit: Visit) -> Result<Response, Fault> {
    let role = found(&visit).await?;
    let body = json!({"roles": [visit.segment("role")]});
    let path = operation(&visit, "/roles");
    visit.send(Method::DELETE, &path, &body).await?;
    let said = format!("The role {} was taken away.", text(&role, "name"));
    Ok(visit.go(&side(&visit, "/roles"), &said))
}
