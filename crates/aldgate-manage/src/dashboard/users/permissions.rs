//! What a user may do: by her roles, and directly.

use axum::response::Response;

use super::{UPDATE_WHOLLY, ask, inner, load, operation, sheet, side, title};
use crate::dashboard::Visit;
use crate::dashboard::fault::Fault;
use crate::dashboard::page::{Page, act, show};
use crate::dashboard::permissions::{self, Holder};

const ADD: &str = "/users/{id}/permissions/add";
const REMOVE: &str = "/users/{id}/permissions/remove";

pub(super) fn pages() -> Vec<Page> {
    let user = |page: Page| {
        page.needs("GET /users/{id}")
            .needs("GET /users/{id}/permissions")
    };
    let (gives, takes) = (
        "POST /users/{id}/permissions",
        "DELETE /users/{id}/permissions",
    );
    vec![
        user(show("/users/{id}/permissions", "Permissions", list)),
        user(show(ADD, "Give permissions", choose))
            .needs(gives)
            .needs("GET /resource-servers"),
        user(act(ADD, "Give permissions", add))
            .needs(gives)
            .needs("GET /resource-servers"),
        user(show(REMOVE, "Take permissions away?", question)).needs(takes),
        user(act(REMOVE, "Take permissions away", remove)).needs(takes),
    ]
}

fn holder(visit: &Visit, user: &serde_json::Value) -> Holder {
    Holder {
        name: title(user),
        page: side(visit, "/permissions"),
        operation: operation(visit, "/permissions"),
        may_change: visit.can(UPDATE_WHOLLY),
    }
}

async fn list(visit: Visit) -> Result<Response, Fault> {
    let user = load(&visit).await?;
    let view = permissions::list(&visit, &holder(&visit, &user)).await?;
    Ok(sheet(&visit, "permissions", &user, "/permissions").show(&view))
}

async fn choose(visit: Visit) -> Result<Response, Fault> {
    let user = load(&visit).await?;
    let holder = holder(&visit, &user);
    let sheet = inner(&visit, "permissions_add", "Give permissions", &user)
        .under("Permissions", &holder.page);
    permissions::choose(&visit, &holder, sheet, None).await
}

async fn add(visit: Visit) -> Result<Response, Fault> {
    let user = load(&visit).await?;
    let holder = holder(&visit, &user);
    match permissions::add(&visit, &holder).await {
        Ok(1) => Ok(visit.go(&holder.page, "One permission was given.")),
        Ok(many) => Ok(visit.go(&holder.page, &format!("{many} permissions were given."))),
        Err(refused) => {
            let sheet = inner(&visit, "permissions_add", "Give permissions", &user)
                .under("Permissions", &holder.page);
            permissions::choose(&visit, &holder, sheet, Some(&refused)).await
        }
    }
}

async fn question(visit: Visit) -> Result<Response, Fault> {
    let user = load(&visit).await?;
    let confirm = permissions::question(&visit, &holder(&visit, &user)).await?;
    Ok(ask(&visit, "Take permissions away", &user, &confirm))
}

async fn remove(visit: Visit) -> Result<Response, Fault> {
    let user = load(&visit).await?;
    let holder = holder(&visit, &user);
    let said = permissions::remove(&visit, &holder).await?;
    Ok(visit.go(&holder.page, &said))
}
