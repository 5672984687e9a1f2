//! Blocking a user, and letting her in again.

use axum::response::Response;
use http::Method;
use serde_json::json;

use super::{UPDATE_WHOLLY, ask, is_self, load, operation, side, title};
use crate::dashboard::Visit;
use crate::dashboard::confirm::Confirm;
use crate::dashboard::fault::Fault;
use crate::dashboard::page::{Page, act, show};
use crate::dashboard::path::at;
use crate::dashboard::visit::href;

pub(super) fn pages() -> Vec<Page> {
    let path = "/users/{id}/block";
    let page = |page: Page| {
        page.needs("GET /users/{id}")
            .needs("PATCH /users/{id}")
            .needs(UPDATE_WHOLLY)
    };
    vec![
        page(show(path, "Block a user?", question)),
        page(act(path, "Block a user", block)),
        page(act("/users/{id}/unblock", "Unblock a user", unblock)),
    ]
}

async fn question(visit: Visit) -> Result<Response, Fault> {
    let user = load(&visit).await?;
    let name = title(&user);
    let mut consequences = vec![
        "She cannot log in until you unblock her.".to_owned(),
        "Her sessions end and her refresh tokens stop working at once.".to_owned(),
        "Access tokens that she has stay good at APIs until they expire; the APIs check them by \
         themselves."
            .to_owned(),
    ];
    if is_self(&visit) {
        let own = "This is you: you are logged out of the dashboard at once.";
        consequences.insert(0, own.to_owned());
    }
    let confirm = Confirm {
        action: href(&side(&visit, "/block")),
        question: format!("Block {name}?"),
        consequences,
        button: format!("Block {name}"),
        back: href(&side(&visit, "")),
        is_final: false,
        hidden: Vec::new(),
    };
    Ok(ask(&visit, "Block a user", &user, &confirm))
}

async fn block(visit: Visit) -> Result<Response, Fault> {
    let user = load(&visit).await?;
    let body = json!({"blocked": true});
    visit
        .send(Method::PATCH, &operation(&visit, ""), &body)
        .await?;
    let said = format!("{} is blocked and logged out everywhere.", title(&user));
    Ok(visit.go(&side(&visit, ""), &said))
}

/// Lifts the administrator's block and those after too many failed logins.
async fn unblock(visit: Visit) -> Result<Response, Fault> {
    let user = load(&visit).await?;
    if user["blocked"] == true {
        let body = json!({"blocked": false});
        visit
            .send(Method::PATCH, &operation(&visit, ""), &body)
            .await?;
    }
    visit
        .delete(&at("/user-blocks/{}", &[visit.segment("id")]))
        .await?;
    let said = format!("{} may log in again.", title(&user));
    Ok(visit.go(&side(&visit, ""), &said))
}
