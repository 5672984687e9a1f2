//! Deleting a user asks first, and says what will go.

use axum::response::Response;
use serde_json::Value;

use super::{ask, is_self, load, operation, side, title};
use crate::dashboard::Visit;
use crate::dashboard::api::Refused;
use crate::dashboard::confirm::Confirm;
use crate::dashboard::fault::Fault;
use crate::dashboard::page::{Page, act, show};
use crate::dashboard::path::at;
use crate::dashboard::visit::href;

pub(super) fn pages() -> Vec<Page> {
    let path = "/users/{id}/delete";
    let page = |page: Page| page.needs("GET /users/{id}").needs("DELETE /users/{id}");
    vec![
        page(show(path, "Delete a user?", question)),
        page(act(path, "Delete a user", delete)),
    ]
}

async fn question(visit: Visit) -> Result<Response, Fault> {
    let user = load(&visit).await?;
    let name = title(&user);
    let mut consequences = vec![
        "Her profile, metadata and password are gone. She can sign up again, as somebody new."
            .to_owned(),
    ];
    if is_self(&visit) {
        let own = "This is you: you lose the dashboard and everything else here.";
        consequences.insert(0, own.to_owned());
    }
    let identities = user["identities"].as_array().map_or(0, Vec::len);
    if identities > 1 {
        let also = format!("The {identities} accounts that are linked go with her.");
        consequences.push(also);
    }
    consequences.extend(losses(&visit).await?);
    consequences.push("What the tenant log tells of her stays until it expires.".to_owned());
    let confirm = Confirm {
        action: href(&side(&visit, "/delete")),
        question: format!("Delete {name}?"),
        consequences,
        button: format!("Delete {name}"),
        back: href(&side(&visit, "")),
        is_final: true,
        hidden: Vec::new(),
    };
    Ok(ask(&visit, "Delete a user", &user, &confirm))
}

/// What goes with her, counted: of what the visitor may look at.
async fn losses(visit: &Visit) -> Result<Vec<String>, Refused> {
    let id = visit.segment("id");
    let lists = [
        (
            "session",
            "ends",
            "end",
            operation(visit, "/sessions?take=100"),
            "sessions",
        ),
        (
            "refresh token",
            "stops working",
            "stop working",
            operation(visit, "/refresh-tokens?take=100"),
            "tokens",
        ),
        (
            "role",
            "is taken away",
            "are taken away",
            operation(visit, "/roles?per_page=100"),
            "",
        ),
        (
            "consent",
            "is forgotten",
            "are forgotten",
            at("/grants?per_page=100&user_id={}", &[id]),
            "",
        ),
    ];
    let mut losses = Vec::new();
    for (what, one, many, path, member) in lists {
        let answer = visit.get_if_permitted(&path).await?;
        match count(&answer, member) {
            0 => {}
            1 => losses.push(format!("1 {what} {one}.")),
            number => losses.push(format!("{number} {what}s {many}.")),
        }
    }
    Ok(losses)
}

fn count(answer: &Value, member: &str) -> usize {
    let list = if member.is_empty() {
        answer
    } else {
        &answer[member]
    };
    list.as_array().map_or(0, Vec::len)
}

async fn delete(visit: Visit) -> Result<Response, Fault> {
    let user = load(&visit).await?;
    visit.delete(&operation(&visit, "")).await?;
    Ok(visit.go("/users", &format!("{} was deleted.", title(&user))))
}
