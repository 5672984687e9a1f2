//! What a role permits.

use axum::response::Response;
use serde_json::Value;

use super::{ask, inner, load, operation, sheet, side};
use crate::dashboard::Visit;
use crate::dashboard::applications::text;
use crate::dashboard::fault::Fault;
use crate::dashboard::page::{Page, act, show};
use crate::dashboard::permissions::{self, Holder};

const ADD: &str = "/roles/{id}/permissions/add";
const REMOVE: &str = "/roles/{id}/permissions/remove";

pub(super) fn pages() -> Vec<Page> {
    let role = |page: Page| page.needs("GET /roles/{id}");
    let gives = "POST /roles/{id}/permissions";
    let takes = "DELETE /roles/{id}/permissions";
    vec![
        role(show("/roles/{id}/permissions", "Permissions", list)),
        role(show(ADD, "Add permissions", choose))
            .needs(gives)
            .needs("GET /resource-servers"),
        role(act(ADD, "Add permissions", add))
            .needs(gives)
            .needs("GET /resource-servers"),
        role(show(REMOVE, "Take permissions away?", question)).needs(takes),
        role(act(REMOVE, "Take permissions away", remove)).needs(takes),
    ]
}

fn holder(visit: &Visit, role: &Value) -> Holder {
    Holder {
        name: format!("the role {}", text(role, "name")),
        page: side(visit, "/permissions"),
        operation: operation(visit, "/permissions"),
        may_change: visit.can("POST /roles/{id}/permissions"),
    }
}

async fn list(visit: Visit) -> Result<Response, Fault> {
    let role = load(&visit).await?;
    let view = permissions::list(&visit, &holder(&visit, &role)).await?;
    Ok(sheet(&visit, "permissions", &role, "/permissions").show(&view))
}

async fn choose(visit: Visit) -> Result<Response, Fault> {
    let role = load(&visit).await?;
    let holder = holder(&visit, &role);
    let sheet = inner(&visit, "permissions_add", "Add permissions", &role)
        .under("Permissions", &holder.page);
    permissions::choose(&visit, &holder, sheet, None).await
}

async fn add(visit: Visit) -> Result<Response, Fault> {
    let role = load(&visit).await?;
    let holder = holder(&visit, &role);
    match permissions::add(&visit, &holder).await {
        Ok(1) => Ok(visit.go(&holder.page, "One permission was added.")),
        Ok(many) => Ok(visit.go(&holder.page, &format!("{many} permissions were added."))),
        Err(refused) => {
            let sheet = inner(&visit, "permissions_add", "Add permissions", &role)
                .under("Permissions", &holder.page);
            permissions::choose(&visit, &holder, sheet, Some(&refused)).await
        }
    }
}

async fn question(visit: Visit) -> Result<Response, Fault> {
    let role = load(&visit).await?;
    let confirm = permissions::question(&visit, &holder(&visit, &role)).await?;
    Ok(ask(&visit, "Take permissions away", &role, &confirm))
}

async fn remove(visit: Visit) -> Result<Response, Fault> {
    let role = load(&visit).await?;
    let holder = holder(&visit, &role);
    let said = permissions::remove(&visit, &holder).await?;
    Ok(visit.go(&holder.page, &said))
}
