//! `/actions/executions`: what came of running a trigger.

use aldgate_core::action::Trigger;
use aldgate_core::error::Refusal;
use aldgate_core::id::ExecutionId;
use aldgate_store::{StoreError, Tx};
use http::StatusCode;

use super::view;
use crate::op::{ApiError, Call, Paging, Reply, Window, wrong};

pub(super) async fn read(call: Call) -> Result<Reply, ApiError> {
    let id: ExecutionId = call.id("id")?;
    let load = move |tx: &mut Tx<'_>| tx.action_records().execution(&id);
    let found: Result<_, StoreError> = call.app.store.read(&call.tenant.id, load).await;
    let found = found?.ok_or_else(|| {
        let refusal = Refusal::new("inexistent_execution", "That execution does not exist.")
            .remedy("Executions are kept for 10 days.");
        ApiError::new(StatusCode::NOT_FOUND, None, refusal)
    })?;
    Ok(Reply::ok(view::execution(&found)))
}

/// The newest first, of one trigger (not in Auth0).
pub(super) async fn list(call: Call) -> Result<Reply, ApiError> {
    let paging = Paging::of(&call)?.into_keyset();
    let name = call.query.get("trigger_id").unwrap_or("post-login");
    let trigger: Trigger = name
        .parse()
        .map_err(|problem: String| wrong("trigger_id", &problem, name))?;
    let wanted = call.query.all("status").to_vec();
    let page = paging.page();
    let load = move |tx: &mut Tx<'_>| tx.action_records().executions(trigger, &page);
    let found: Result<_, StoreError> = call.app.store.read(&call.tenant.id, load).await;
    let found = found?;
    let take = match paging.window {
        Window::Keyset { take, .. } => take as usize,
        Window::Numbered { per_page, .. } => per_page as usize,
    };
    // The page ends where it ends, however many of it are wanted.
    let last = found
        .get(take)
        .is_some()
        .then(|| found[take - 1].id.to_string());
    let shown = found.iter().take(take).map(view::execution);
    let shown = shown.filter(|one| {
        wanted.is_empty() || wanted.iter().any(|status| one["status"] == status.as_str())
    });
    Ok(view::keyed(&call, "executions", shown.collect(), last))
}
