//! After a change of the master key: seals anew what is under a retired one (OPS-02), so that the
//! retired key can be thrown away.
//!
//! Signing keys, client secrets and signing secrets that are kept for HS256, and the secrets of
//! actions, of connections and of settings: members whose name ends in `_sealed`. Mails in the
//! queue are sent or given up long before anybody throws a key away.

use aldgate_core::action::SealedSecret;
use aldgate_core::application::Application;
use aldgate_core::id::TenantId;
use aldgate_jose::b64;
use aldgate_store::{ActionFilter, Page, StoreError, Tx};
use serde_json::{Map, Value};

use crate::action_secrets::action_secret_place;
use crate::app::App;
use crate::keys::KeysError;
use crate::seal::Place;
use crate::shared_keys::{
    client_secret_place, connection_secret_place, settings_secret_place, signing_secret_place,
    upstream_tokens_place, upstream_tokens_row,
};

/// What a member with a sealed text is called: the name of the secret, and this.
const SUFFIX: &str = "_sealed";

/// How deep sealed members of settings may lie.
const DEPTH_MAX: usize = 8;

/// Seals anew what one tenant has.
pub(super) async fn tenant(app: &App, tenant: &TenantId) -> Result<(), KeysError> {
    signing_keys(app, tenant).await?;
    applications(app, tenant).await?;
    apis(app, tenant).await?;
    connections(app, tenant).await?;
    actions(app, tenant).await?;
    settings(app, tenant).await?;
    upstream_tokens(app, tenant).await?;
    Ok(())
}

async fn upstream_tokens(app: &App, tenant: &TenantId) -> Result<(), KeysError> {
    let mut offset = 0;
    loop {
        let page = Page::at(offset, 500);
        let list = move |tx: &mut Tx<'_>| tx.upstream_tokens().list(&page);
        let some = app.store.read(tenant, list).await?;
        let count = some.len();
        for one in some
            .into_iter()
            .filter(|one| app.sealer.is_stale(&one.sealed))
        {
            let row = upstream_tokens_row(&one.connection_id, &one.subject);
            let place = upstream_tokens_place(tenant, &row);
            let plain = match app.sealer.open(&place, &one.sealed) {
                Ok(plain) => plain,
                Err(error) => {
                    tracing::warn!(%error, "tokens of a provider cannot be sealed anew");
                    continue;
                }
            };
            let fresh = app.sealer.seal(&place, plain.expose(), &mut app.rng());
            let reseal = move |tx: &mut Tx<'_>| tx.upstream_tokens().reseal(&one, &fresh);
            let _replaced: bool = app.store.write(tenant, reseal).await?;
        }
        if count < 500 {
            return Ok(());
        }
        offset += 500;
    }
}

async fn signing_keys(app: &App, tenant: &TenantId) -> Result<(), KeysError> {
    let stored = app.store.read(tenant, |tx| tx.signing_keys().all()).await?;
    for row in stored
        .into_iter()
        .filter(|row| app.sealer.is_stale(&row.sealed))
    {
        let place = crate::keys::place(tenant, &row.id);
        let plain = app.sealer.open(&place, &row.sealed)?;
        let fresh = app.sealer.seal(&place, plain.expose(), &mut app.rng());
        let reseal = move |tx: &mut Tx<'_>| tx.signing_keys().reseal(&row.id, &row.sealed, &fresh);
        let _replaced: bool = app.store.write(tenant, reseal).await?;
    }
    Ok(())
}

async fn applications(app: &App, tenant: &TenantId) -> Result<(), StoreError> {
    let mut offset = 0;
    loop {
        let page = Page::at(offset, 500);
        let list = move |tx: &mut Tx<'_>| tx.applications().list("", &page);
        let some: Vec<Application> = app.store.read(tenant, list).await?;
        for one in &some {
            let place = client_secret_place(tenant, &one.id);
            let Some(change) = stale(app, &place, one.secret_sealed.as_deref()) else {
                continue;
            };
            let id = one.id.clone();
            let write = move |tx: &mut Tx<'_>| {
                let Some(mut found) = tx.applications().by_id_to_change(&id)? else {
                    return Ok::<_, StoreError>(());
                };
                if change.applies_to(found.secret_sealed.as_deref()) {
                    found.secret_sealed = Some(change.to.clone());
                    let _exists: bool = tx.applications().update(&found)?;
                }
                Ok(())
            };
            app.store.write(tenant, write).await?;
        }
        if some.len() < 500 {
            return Ok(());
        }
        offset += 500;
    }
}

async fn apis(app: &App, tenant: &TenantId) -> Result<(), StoreError> {
    let all = app
        .store
        .read(tenant, |tx| tx.apis().list(&Page::largest()));
    for one in all.await? {
        let place = signing_secret_place(tenant, &one.id);
        let Some(change) = stale(app, &place, one.signing_secret_sealed.as_deref()) else {
            continue;
        };
        let write = move |tx: &mut Tx<'_>| {
            let Some(mut found) = tx.apis().by_id_to_change(&one.id)? else {
                return Ok::<_, StoreError>(());
            };
            if change.applies_to(found.signing_secret_sealed.as_deref()) {
                found.signing_secret_sealed = Some(change.to.clone());
                let _exists: bool = tx.apis().update(&found)?;
            }
            Ok(())
        };
        app.store.write(tenant, write).await?;
    }
    Ok(())
}

async fn connections(app: &App, tenant: &TenantId) -> Result<(), StoreError> {
    let list = |tx: &mut Tx<'_>| tx.connections().list(None, &Page::largest());
    for one in app.store.read(tenant, list).await? {
        for (name, value) in &one.options {
            let Some(option) = name.strip_suffix(SUFFIX) else {
                continue;
            };
            let place = connection_secret_place(tenant, one.id.as_str(), option);
            let Some(change) = stale(app, &place, value.as_str()) else {
                continue;
            };
            let (id, name) = (one.id.clone(), name.clone());
            let write = move |tx: &mut Tx<'_>| {
                let Some(mut found) = tx.connections().by_id_to_change(&id)? else {
                    return Ok::<_, StoreError>(());
                };
                if change.applies_to(found.options.get(&name).and_then(Value::as_str)) {
                    found.options.insert(name.clone(), change.to.clone().into());
                    let _exists: bool = tx.connections().update(&found)?;
                }
                Ok(())
            };
            app.store.write(tenant, write).await?;
        }
    }
    Ok(())
}

/// Actions and every version of theirs that is kept: they share the seals of secrets.
async fn actions(app: &App, tenant: &TenantId) -> Result<(), StoreError> {
    let list = |tx: &mut Tx<'_>| {
        tx.actions()
            .list(&ActionFilter::default(), &Page::largest())
    };
    for action in app.store.read(tenant, list).await? {
        let id = action.id.clone();
        let list = move |tx: &mut Tx<'_>| tx.actions().versions(&id, &Page::largest());
        let versions = app.store.read(tenant, list).await?;
        let mut changes: Vec<Change> = Vec::new();
        let all = versions.iter().flat_map(|version| &version.secrets);
        for secret in action.secrets.iter().chain(all) {
            let place = action_secret_place(tenant, &action.id, &secret.name);
            if !changes.iter().any(|known| known.from == secret.sealed) {
                changes.extend(stale(app, &place, Some(&secret.sealed)));
            }
        }
        if changes.is_empty() {
            continue;
        }
        let write = move |tx: &mut Tx<'_>| {
            let id = &action.id;
            let Some(mut found) = tx.actions().by_id_to_change(id)? else {
                return Ok::<_, StoreError>(());
            };
            reseal_secrets(&mut found.secrets, &changes);
            let _exists: bool = tx.actions().update(&found)?;
            for mut version in tx.actions().versions(id, &Page::largest())? {
                reseal_secrets(&mut version.secrets, &changes);
                tx.actions().reseal_version(&version)?;
            }
            Ok(())
        };
        app.store.write(tenant, write).await?;
    }
    Ok(())
}

fn reseal_secrets(secrets: &mut [SealedSecret], changes: &[Change]) {
    for secret in secrets {
        if let Some(change) = changes.iter().find(|change| change.from == secret.sealed) {
            secret.sealed.clone_from(&change.to);
        }
    }
}

async fn settings(app: &App, tenant: &TenantId) -> Result<(), StoreError> {
    let all = app.store.read(tenant, |tx| tx.settings().everything());
    for (kind, id, document) in all.await? {
        let Value::Object(before) = document else {
            continue;
        };
        let mut after = before.clone();
        reseal_members(app, (tenant, &kind), &mut after, 0);
        if after == before {
            continue;
        }
        let now = app.now();
        let write = move |tx: &mut Tx<'_>| {
            let present: Option<Map<String, Value>> = tx.settings().load(&kind, &id)?;
            if present.as_ref() == Some(&before) {
                tx.settings().save(&kind, &id, &after, now)?;
            }
            Ok::<_, StoreError>(())
        };
        app.store.write(tenant, write).await?;
    }
    Ok(())
}

fn reseal_members(
    app: &App,
    (tenant, kind): (&TenantId, &str),
    members: &mut Map<String, Value>,
    depth: usize,
) {
    for (name, value) in members.iter_mut() {
        match value {
            Value::Object(inner) if depth < DEPTH_MAX => {
                reseal_members(app, (tenant, kind), inner, depth + 1);
            }
            Value::String(sealed) => {
                let Some(secret) = name.strip_suffix(SUFFIX) else {
                    continue;
                };
                let place = settings_secret_place(tenant, kind, secret);
                if let Some(change) = stale(app, &place, Some(sealed)) {
                    *sealed = change.to;
                }
            }
            _ => {}
        }
    }
}

/// One sealed text and what takes its place.
struct Change {
    from: String,
    to: String,
}

impl Change {
    /// Whether the text is still the one that was opened.
    fn applies_to(&self, present: Option<&str>) -> bool {
        present == Some(self.from.as_str())
    }
}

/// What takes the place of a text under a retired key. One that does not open is left as it is:
/// its use fails and says why.
fn stale(app: &App, place: &Place<'_>, sealed: Option<&str>) -> Option<Change> {
    let from = sealed?;
    let bytes = b64::decode(from).ok()?;
    if !app.sealer.is_stale(&bytes) {
        return None;
    }
    match app.sealer.open(place, &bytes) {
        Ok(plain) => Some(Change {
            from: from.to_owned(),
            to: b64::encode(&app.sealer.seal(place, plain.expose(), &mut app.rng())),
        }),
        Err(error) => {
            tracing::warn!(%error, table = place.table, row = place.row, "cannot be sealed anew");
            None
        }
    }
}
