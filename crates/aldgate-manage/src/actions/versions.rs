//! `/actions/actions/{id}/versions`.

use aldgate_core::action::rules;
use aldgate_core::error::Refusal;
use aldgate_core::id::{ActionId, ActionVersionId};
use aldgate_store::{StoreError, Tx};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::deploy::next_number;
use super::{missing, view};
use crate::op::{ApiError, Call, Paging, Reply, parse};

pub(super) async fn list(call: Call) -> Result<Reply, ApiError> {
    let id: ActionId = call.id("id")?;
    let page = Paging::of(&call)?.page();
    let load = move |tx: &mut Tx<'_>| {
        let Some(action) = tx.actions().by_id(&id)? else {
            return Ok::<_, StoreError>(None);
        };
        let versions = tx.actions().versions(&id, &page)?;
        let shown = versions.iter().map(|one| view::version(one, Some(&action)));
        Ok(Some((shown.collect(), tx.actions().count_versions(&id)?)))
    };
    let found = call.app.store.read(&call.tenant.id, load).await?;
    let (versions, total) = found.ok_or_else(missing)?;
    Ok(view::numbered(&call, "versions", versions, total))
}

pub(super) async fn read(call: Call) -> Result<Reply, ApiError> {
    let id: ActionId = call.id("id")?;
    let version: ActionVersionId = call.id("version")?;
    let load = move |tx: &mut Tx<'_>| {
        let action = tx.actions().by_id(&id)?;
        let version = tx.actions().version(&id, &version)?;
        Ok::<_, StoreError>(version.map(|version| view::version(&version, action.as_ref())))
    };
    let found = call.app.store.read(&call.tenant.id, load).await?;
    Ok(Reply::ok(found.ok_or_else(no_version)?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RollBack {
    update_draft: Option<bool>,
}

/// An older version becomes the newest one.
pub(super) async fn deploy(call: Call) -> Result<Reply, ApiError> {
    let id: ActionId = call.id("id")?;
    let to: ActionVersionId = call.id("version")?;
    let body: RollBack = parse(Value::Object(call.object_or_nothing()?))?;
    let update_draft = body.update_draft.unwrap_or(false);
    let fresh = ActionVersionId::generate(&mut call.app.rng());
    let (audit, now) = (call.audit().about("action", id.as_str()), call.now);
    let change = move |tx: &mut Tx<'_>| {
        let action = tx.actions().by_id_to_change(&id)?.ok_or_else(missing)?;
        let old = tx.actions().version(&id, &to)?.ok_or_else(no_version)?;
        let number = next_number(tx, &id)?;
        let new = (fresh.clone(), number);
        let (after, version) = rules::roll_back(&action, &old, new, update_draft, now);
        tx.actions().add_version(&version)?;
        tx.actions().update(&after)?;
        let told = json!({"version": number, "version_id": version.id, "same_as": old.number});
        audit.record(tx, &Value::Null, &told)?;
        Ok::<_, ApiError>(view::version(&version, Some(&after)))
    };
    let shown = call.app.store.write(&call.tenant.id, change).await?;
    Ok(Reply::ok(shown))
}

fn no_version() -> ApiError {
    let refusal = Refusal::new("inexistent_version", "That version does not exist.")
        .remedy("GET /actions/actions/{id}/versions lists the versions that are kept.");
    ApiError::new(StatusCode::NOT_FOUND, None, refusal)
}
