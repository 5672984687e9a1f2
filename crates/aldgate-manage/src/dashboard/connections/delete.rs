//! Deleting a connection asks first, and says how many users go with it.

use axum::response::Response;
use serde_json::Value;

use super::{load, side, text};
use crate::dashboard::Visit;
use crate::dashboard::confirm::Confirm;
use crate::dashboard::fault::Fault;
use crate::dashboard::page::{Page, act, show};
use crate::dashboard::path::at;
use crate::dashboard::visit::href;

pub(super) fn pages() -> Vec<Page> {
    let path = "/connections/{id}/delete";
    vec![
        show(path, "Delete a connection?", ask).needs("DELETE /connections/{id}"),
        act(path, "Delete a connection", delete).needs("DELETE /connections/{id}"),
    ]
}

async fn ask(visit: Visit) -> Result<Response, Fault> {
    let connection = load(&visit).await?;
    let name = text(&connection, "name");
    let mut consequences = vec![
        users(&visit, &name).await?,
        "Users of other connections that are linked to an account here lose that link.".to_owned(),
    ];
    let clients = connection["enabled_clients"].as_array().map_or(0, Vec::len);
    consequences.push(
        match (connection["is_domain_connection"] == true, clients) {
            (true, _) => "Nobody can log in with it any more, at any application.".to_owned(),
            (false, 0) => "No application uses it.".to_owned(),
            (false, 1) => {
                "Nobody can log in with it any more at the one application that uses it.".to_owned()
            }
            (false, many) => {
                format!(
                    "Nobody can log in with it any more at the {many} applications that use it."
                )
            }
        },
    );
    let confirm = Confirm {
        action: href(&side(&visit, "/delete")),
        question: format!("Delete the connection {name}?"),
        consequences,
        button: format!("Delete {name}"),
        back: href(&side(&visit, "")),
        is_final: true,
        hidden: Vec::new(),
    };
    Ok(visit
        .page("confirm", "Delete a connection")
        .under("Connections", "/connections")
        .under(name, &side(&visit, ""))
        .show(&confirm))
}

/// How many users go: whose account is at this connection.
async fn users(visit: &Visit, name: &str) -> Result<String, Fault> {
    let query = format!("identities.connection:\"{name}\"");
    let path = at(
        "/users?per_page=1&include_totals=true&search_engine=v3&q={}",
        &[&query],
    );
    let found: Value = visit.get_if_permitted(&path).await?;
    let effect = "with their sessions, grants and linked accounts";
    Ok(match found["total"].as_u64() {
        None => format!("All its users are deleted, {effect}."),
        Some(0) => "It has no users.".to_owned(),
        Some(1) => "Its one user is deleted, with sessions, grants and linked accounts.".to_owned(),
        Some(many) => format!("Its {many} users are deleted, {effect}."),
    })
}

async fn delete(visit: Visit) -> Result<Response, Fault> {
    let connection = load(&visit).await?;
    let path = at("/connections/{}", &[visit.segment("id")]);
    visit.delete(&path).await?;
    let said = format!("{} was deleted.", text(&connection, "name"));
    Ok(visit.go("/connections", &said))
}
