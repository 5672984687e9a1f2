//! `PATCH /clients/{id}`.

use aldgate_core::application::{rules, secrets};
use aldgate_core::id::ClientId;
use aldgate_store::Tx;

use super::{missing, secret, view};
use crate::op::{ApiError, Call, Reply, ceiling, secret_of};

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let id: ClientId = call.id("id")?;
    let mut body = call.object()?;
    let given = secret_of(&mut body, "client_secret")?;
    let store = |secret| secret::stored(&call.app, &call.tenant.id, &id, secret);
    let fresh = secret::fresh(&call.app);
    let (given_stored, fresh_stored) = (given.as_ref().map(store), store(&fresh));
    let (audit, actor) = (call.audit().about_application(&id), call.actor.clone());
    let (management, now) = (call.tenant.issuer.management(), call.now);
    let tenant = call.tenant.id.clone();
    let change = move |tx: &mut Tx<'_>| {
        let before = tx
            .applications()
            .by_id_to_change(&id)?
            .ok_or_else(missing)?;
        ceiling::application(tx, &actor, &management, &id)?;
        let mut after = rules::update(&before, body.clone(), now)?;
        let made = secrets::settle(&mut after, given_stored.as_ref(), &fresh_stored)?;
        tx.applications().update(&after)?;
        let (before, shown) = (
            view(&before, tenant.as_str()),
            view(&after, tenant.as_str()),
        );
        audit.record(tx, &before, &shown)?;
        Ok::<_, ApiError>((shown, made))
    };
    let (shown, made) = call.app.store.write(&call.tenant.id, change).await?;
    Ok(Reply::ok(secret::show_once(
        shown,
        made.then_some(&fresh),
        given.as_ref(),
    )))
}
