//! Background work: one loop, jobs that may run twice without harm, a lease so that one node does
//! the housekeeping.

mod reseal;

use std::time::Duration;

use aldgate_core::random::alphanumeric;
use aldgate_core::time::{Seconds, Timestamp};
use aldgate_store::StoreError;

use crate::app::App;
use crate::keys::KeysError;
use crate::serve::Stop;

/// Between two looks at the queues.
const TICK: Duration = Duration::from_secs(1);
const HOUSEKEEPING: Seconds = Seconds::minutes(1);
const LEASE: &str = "housekeeping";
const LEASE_LIFETIME: Seconds = Seconds::minutes(3);
/// Events that one statement removes; many small ones let others in between.
const PRUNE_BATCH: u32 = 1000;

/// Runs the background work until `stop`: mails and housekeeping, and beside them imports and
/// exports, behind which no mail should wait.
pub async fn run(app: App, stop: Stop) {
    tokio::join!(keep_house(&app, &stop), transfer(&app, &stop));
    app.events.flush().await;
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is part of the one job loop"
)]
async fn transfer(app: &App, stop: &Stop) {
    while !stop.is_given() {
        if let Err(error) = app.run_transfers(stop).await {
            tracing::warn!(%error, "imports and exports go on later");
        }
        tokio::select! {
            () = stop.wait() => {}
            () = tokio::time::sleep(TICK) => {}
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one job loop")]
async fn keep_house(app: &App, stop: &Stop) {
    let holder = alphanumeric(&mut app.rng(), 20);
    let mut next_housekeeping = app.now();
    while !stop.is_given() {
        if let Err(error) = app.deliver_mail().await {
            tracing::warn!(%error, "the mail queue is looked at again");
        }
        if let Err(error) = app.deliver_logouts().await {
            tracing::warn!(%error, "the sessions that ended are looked at again");
        }
        let now = app.now();
        if now >= next_housekeeping {
            next_housekeeping = now + HOUSEKEEPING;
            if let Err(error) = take_turn(app, &holder).await {
                tracing::warn!(%error, "housekeeping is done again");
            }
        }
        tokio::select! {
            () = stop.wait() => {}
            () = tokio::time::sleep(TICK) => {}
        }
    }
    let give_back = app
        .store
        .write_system(move |system| system.leases().give_back(LEASE, &holder));
    if let Err(error) = give_back.await {
        tracing::debug!(%error, "the housekeeping lease ends by itself");
    }
}

/// Does the housekeeping if this node has the lease.
async fn take_turn(app: &App, holder: &str) -> Result<(), KeysError> {
    let (now, holder) = (app.now(), holder.to_owned());
    let until = now + LEASE_LIFETIME;
    let take = move |system: &mut aldgate_store::SystemTx<'_>| {
        system.leases().take(LEASE, &holder, now, until)
    };
    let ours: Result<bool, StoreError> = app.store.write_system(take).await;
    if ours? {
        housekeeping(app).await?;
    }
    Ok(())
}

/// Removes what is over and turns the signing keys. Safe to run on several nodes.
///
/// # Errors
/// When the database does not answer, or a key cannot be made.
pub async fn housekeeping(app: &App) -> Result<(), KeysError> {
    let now = app.now();
    let removed = app.store.sweep(now, app.config.retention.mail).await?;
    tracing::debug!(rows = removed, "expired rows are removed");
    let before = now - app.config.retention.mail;
    if let Err(error) = app.mailer.prune_outbox(before).await {
        tracing::warn!(%error, "old mails of the outbox are removed later");
    }
    for tenant in app.tenants().await? {
        prune_log(app, &tenant.id, now).await?;
        let ring = app.key_ring(&tenant.id).await?;
        let mut algs: Vec<_> = ring.keys().iter().map(|key| key.alg).collect();
        algs.sort_by_key(|alg| alg.as_str());
        algs.dedup();
        for alg in algs {
            app.maintain_keys(&tenant, alg).await?;
        }
        reseal::tenant(app, &tenant.id).await?;
    }
    Ok(())
}

async fn prune_log(
    app: &App,
    tenant: &aldgate_core::id::TenantId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let before = now - app.config.retention.log;
    loop {
        let prune = move |tx: &mut aldgate_store::Tx<'_>| tx.events().prune(before, PRUNE_BATCH);
        if app.store.write(tenant, prune).await? < u64::from(PRUNE_BATCH) {
            return Ok(());
        }
    }
}
