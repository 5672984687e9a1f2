//! Deleting an action asks first.

use axum::response::Response;

use super::{about, load, operation, side, text, trigger};
use crate::dashboard::Visit;
use crate::dashboard::confirm::Confirm;
use crate::dashboard::fault::Fault;
use crate::dashboard::page::{Page, act, show};
use crate::dashboard::visit::href;

pub(super) fn pages() -> Vec<Page> {
    let path = "/actions/{id}/delete";
    vec![
        show(path, "Delete an action?", ask).needs("DELETE /actions/actions/{id}"),
        act(path, "Delete an action", delete).needs("DELETE /actions/actions/{id}"),
    ]
}

async fn ask(visit: Visit) -> Result<Response, Fault> {
    let action = load(&visit).await?;
    let name = text(&action, "name");
    let (stage, _) = about(trigger(&action));
    let confirm = Confirm {
        action: href(&side(&visit, "/delete")),
        question: format!("Delete the action {name}?"),
        consequences: vec![
            format!(
                "It leaves the flow “{stage}” if it is there: claims that it sets are missing \
                 and people it keeps out come in, from the next login on."
            ),
            "Its draft, its secrets and all its versions are gone.".to_owned(),
            "What was logged of its runs stays for its ten days.".to_owned(),
        ],
        button: format!("Delete {name}"),
        back: href(&side(&visit, "/settings")),
        is_final: true,
        hidden: Vec::new(),
    };
    Ok(visit
        .page("confirm", "Delete an action")
        .under("Actions", "/actions")
        .under(name, &side(&visit, ""))
        .show(&confirm))
}

async fn delete(visit: Visit) -> Result<Response, Fault> {
    let action = load(&visit).await?;
    visit.delete(&operation(&visit, "?force=true")).await?;
    let said = format!("{} was deleted.", text(&action, "name"));
    Ok(visit.go("/actions", &said))
}
