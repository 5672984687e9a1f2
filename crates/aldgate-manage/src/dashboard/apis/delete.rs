//! Deleting an API asks first.

use axum::response::Response;

use super::{load, side};
use crate::dashboard::Visit;
use crate::dashboard::applications::text;
use crate::dashboard::confirm::Confirm;
use crate::dashboard::fault::Fault;
use crate::dashboard::page::{Page, act, show};
use crate::dashboard::path::at;
use crate::dashboard::visit::href;

pub(super) fn pages() -> Vec<Page> {
    let path = "/apis/{id}/delete";
    vec![
        show(path, "Delete an API?", ask).needs("DELETE /resource-servers/{id}"),
        act(path, "Delete an API", delete).needs("DELETE /resource-servers/{id}"),
    ]
}

async fn ask(visit: Visit) -> Result<Response, Fault> {
    let api = load(&visit).await?;
    let name = text(&api, "name");
    let confirm = Confirm {
        action: href(&side(&visit, "/delete")),
        question: format!("Delete the API {name}?"),
        consequences: vec![
            format!(
                "Nobody gets a token for {} any more.",
                text(&api, "identifier")
            ),
            "Every role and user loses its permissions, every application its access to it."
                .to_owned(),
            "Tokens that exist stay good until they expire, as far as the API itself checks them."
                .to_owned(),
        ],
        button: format!("Delete {name}"),
        back: href(&side(&visit, "")),
        is_final: true,
        hidden: Vec::new(),
    };
    Ok(visit
        .page("confirm", "Delete an API")
        .under("APIs", "/apis")
        .under(name, &side(&visit, ""))
        .show(&confirm))
}

async fn delete(visit: Visit) -> Result<Response, Fault> {
    let api = load(&visit).await?;
    let path = at("/resource-servers/{}", &[visit.segment("id")]);
    visit.delete(&path).await?;
    Ok(visit.go("/apis", &format!("{} was deleted.", text(&api, "name"))))
}
