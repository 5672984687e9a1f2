//! `PATCH /resource-servers/{id}`. A scope that vanishes is taken from everyone who had it; a
//! former identifier works on for a while (ruling R11).

use aldgate_app::shared_keys::signing_secret_place;
use aldgate_core::api::{Api, rules};
use aldgate_core::role::Permission;
use aldgate_core::time::Timestamp;
use aldgate_store::{StoreError, Tx};
use serde_json::{Map, Value};

use super::{find, find_to_change, missing, signing_secret, taken, view, without_needless_secret};
use crate::op::{ApiError, Call, Reply};

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let mut body = call.object()?;
    let (key, now) = (call.segment("id").to_owned(), call.now);
    let mut sealed = None;
    if let Some(secret) = signing_secret(&mut body)? {
        let lookup = key.clone();
        let load = move |tx: &mut Tx<'_>| find(tx, &lookup, now);
        let api = call.app.store.read(&call.tenant.id, load).await?;
        let id = api.ok_or_else(missing)?.id;
        let place = signing_secret_place(&call.tenant.id, &id);
        sealed = Some(call.app.seal_text(&place, &secret));
    }
    let audit = call.audit().about("resource_server", &key);
    let change = move |tx: &mut Tx<'_>| {
        let before = find_to_change(tx, &key, now)?;
        let after = decide(&before, body.clone(), sealed.as_ref(), now)?;
        save(tx, &before, &after, now)?;
        let shown = view(&after);
        audit.record(tx, &view(&before), &shown)?;
        Ok::<_, ApiError>(shown)
    };
    Ok(Reply::ok(
        call.app.store.write(&call.tenant.id, change).await?,
    ))
}

fn decide(
    before: &Api,
    mut body: Map<String, Value>,
    sealed: Option<&String>,
    now: Timestamp,
) -> Result<Api, ApiError> {
    let renamed = match body.remove("identifier") {
        None => before.clone(),
        Some(Value::String(identifier)) => rules::rename(before, &identifier, now)?,
        Some(_) => return Err(ApiError::invalid_body("identifier must be a string")),
    };
    let mut basis = renamed;
    if let Some(sealed) = sealed.filter(|_| !basis.is_system) {
        basis.signing_secret_sealed = Some(sealed.clone());
    }
    Ok(without_needless_secret(rules::update(&basis, body, now)?))
}

fn save(tx: &mut Tx<'_>, before: &Api, after: &Api, now: Timestamp) -> Result<(), ApiError> {
    let (from, to) = (&before.identifier, &after.identifier);
    if from != to {
        let holder = tx.apis().by_identifier(to, now)?;
        if holder.is_some_and(|holder| holder.id != before.id) {
            return Err(taken());
        }
    }
    match tx.apis().update(after) {
        Err(StoreError::Conflict(_)) => return Err(taken()),
        other => other?,
    };
    if from != to {
        tx.apis().rename(from, to)?;
    }
    let gone = before.scopes.iter().map(|scope| &scope.value);
    let gone: Vec<String> = gone.filter(|s| !after.defines(s)).cloned().collect();
    for name in &gone {
        let (api, name) = (to.clone(), name.clone());
        tx.permissions().abolish(&Permission { api, name })?;
    }
    if !gone.is_empty() {
        tx.client_grants().abolish(to, &gone)?;
    }
    Ok(())
}
