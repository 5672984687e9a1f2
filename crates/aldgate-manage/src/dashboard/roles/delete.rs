//! Deleting a role asks first, and says who loses what.

use axum::response::Response;

use super::{ask, is_administrator, load, operation, side};
use crate::dashboard::applications::text;
use crate::dashboard::confirm::Confirm;
use crate::dashboard::fault::Fault;
use crate::dashboard::page::{Page, act, show};
use crate::dashboard::visit::href;
use crate::dashboard::{Visit, lookup};

pub(super) fn pages() -> Vec<Page> {
    let path = "/roles/{id}/delete";
    let role = |page: Page| page.needs("GET /roles/{id}").needs("DELETE /roles/{id}");
    vec![
        role(show(path, "Delete a role?", question)),
        role(act(path, "Delete a role", delete)),
    ]
}

async fn question(visit: Visit) -> Result<Response, Fault> {
    let role = load(&visit).await?;
    if is_administrator(&role) {
        return Err(Fault::NotFound);
    }
    let name = text(&role, "name");
    let users = operation(&visit, "/users?per_page=1&include_totals=true");
    let users = visit.get_if_permitted(&users).await?;
    let permissions = lookup::all(&visit, &operation(&visit, "/permissions")).await?;
    let mut consequences = Vec::new();
    match (users["total"].as_u64(), permissions.len()) {
        (Some(0), _) => consequences.push("Nobody holds it.".to_owned()),
        (Some(1), many) => {
            consequences.push(format!("1 user loses it, with its {many} permissions."));
        }
        (Some(users), many) => {
            consequences.push(format!(
                "{users} users lose it, with its {many} permissions."
            ));
        }
        (None, many) => {
            consequences.push(format!("Its holders lose it, with its {many} permissions."));
        }
    }
    consequences.push("Tokens that were issued keep what they say until they expire.".to_owned());
    let confirm = Confirm {
        action: href(&side(&visit, "/delete")),
        question: format!("Delete the role {name}?"),
        consequences,
        button: format!("Delete {name}"),
        back: href(&side(&visit, "")),
        is_final: true,
        hidden: Vec::new(),
    };
    Ok(ask(&visit, "Delete a role", &role, &confirm))
}

async fn delete(visit: Visit) -> Result<Response, Fault> {
    let role = load(&visit).await?;
    visit.delete(&operation(&visit, "")).await?;
    Ok(visit.go(
        "/roles",
        &format!("The role {} was deleted.", text(&role, "name")),
    ))
}
