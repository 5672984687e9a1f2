//! Deleting an application asks first.

use axum::response::Response;
use serde_json::json;

use super::{load, side, text};
use crate::dashboard::Visit;
use crate::dashboard::confirm::Confirm;
use crate::dashboard::fault::Fault;
use crate::dashboard::page::{Page, act, show};
use crate::dashboard::path::at;
use crate::dashboard::visit::href;

pub(super) fn pages() -> Vec<Page> {
    let path = "/applications/{id}/delete";
    vec![
        show(path, "Delete an application?", ask).needs("DELETE /clients/{id}"),
        act(path, "Delete an application", delete).needs("DELETE /clients/{id}"),
    ]
}

async fn ask(visit: Visit) -> Result<Response, Fault> {
    let application = load(&visit).await?;
    let name = text(&application, "name");
    let grants = at("/client-grants?client_id={}", &[visit.segment("id")]);
    let grants = visit.get_if_permitted(&grants).await.unwrap_or(json!([]));
    let mut consequences = vec![
        "Nobody can log in through it any more, and it gets no more tokens.".to_owned(),
        "Its refresh tokens and its access tokens for this tenant stop working at once.".to_owned(),
        "What users allowed it is forgotten.".to_owned(),
    ];
    if let Some(count) = grants.as_array().map(Vec::len).filter(|count| *count > 0) {
        consequences.push(format!("It loses its access to {count} APIs."));
    }
    let confirm = Confirm {
        action: href(&side(&visit, "/delete")),
        question: format!("Delete the application {name}?"),
        consequences,
        button: format!("Delete {name}"),
        back: href(&side(&visit, "")),
        is_final: true,
        hidden: Vec::new(),
    };
    Ok(visit
        .page("confirm", "Delete an application")
        .under("Applications", "/applications")
        .under(name, &side(&visit, ""))
        .show(&confirm))
}

async fn delete(visit: Visit) -> Result<Response, Fault> {
    let application = load(&visit).await?;
    visit
        .delete(&at("/clients/{}", &[visit.segment("id")]))
        .await?;
    let said = format!("{} was deleted.", text(&application, "name"));
    Ok(visit.go("/applications", &said))
}
