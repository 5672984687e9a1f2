//! Turns a ring: plans, makes the keys the plan needs, and stores both if nobody was faster.

use std::sync::Arc;

use aldgate_core::api::SigningAlg;
use aldgate_core::event::{Event, EventType};
use aldgate_core::id::{EventId, KeyId};
use aldgate_core::key::{self, Key, KeyError, KeyState, KeyStep};
use aldgate_core::tenant::Tenant;
use aldgate_core::time::{Seconds, Timestamp};
use aldgate_store::{StoreError, StoredKey, Tx};

use super::KeysError;
use super::make::{jose_alg, make};
use crate::app::App;

/// How often the ring may change under our hands.
const TRIES: u32 = 5;

/// What a ring is asked to do.
#[derive(Clone)]
pub(super) enum Order {
    Maintain,
    Revoke(KeyId),
    Rotate,
    RotateNow,
}

/// Turns the ring of `alg`; says whether anything changed.
pub(super) async fn turn(
    app: &App,
    tenant: &Tenant,
    alg: SigningAlg,
    order: Order,
) -> Result<bool, KeysError> {
    jose_alg(alg)?;
    let period = app.config.security.key_rotation;
    for _ in 0..TRIES {
        let now = app.now();
        let stored = app
            .store
            .read(&tenant.id, |tx| tx.signing_keys().all())
            .await?;
        let steps = plan(&order, &ring_of(&stored, alg), period, now)?;
        if steps.is_empty() {
            return Ok(false);
        }
        let mut fresh = Vec::new();
        for step in &steps {
            if let KeyStep::Create(state) = step {
                fresh.push(make(app, tenant, alg, *state, now).await?);
            }
        }
        let event = event(app, alg, &steps, now);
        let (steps, fresh) = (Arc::new(steps), Arc::new(fresh));
        let order = order.clone();
        let done = app.store.write(&tenant.id, move |tx| {
            let stored = tx.signing_keys().all()?;
            let again = plan(&order, &ring_of(&stored, alg), period, now);
            // Somebody else turned it: look again. The keys just made were never seen.
            if again.as_ref() != Ok(&*steps) {
                return Ok(false);
            }
            apply(tx, &stored, &steps, &fresh, now)?;
            tx.events().record(std::slice::from_ref(&event))?;
            Ok::<_, StoreError>(true)
        });
        match done.await {
            Ok(true) => return Ok(true),
            Ok(false) => {}
            // Two looked at the same ring and both made a key: only one of them is in office.
            Err(StoreError::Conflict(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(KeysError::Busy)
}

fn plan(
    order: &Order,
    ring: &[Key],
    period: Option<Seconds>,
    now: Timestamp,
) -> Result<Vec<KeyStep>, KeyError> {
    match order {
        Order::Maintain => Ok(key::maintain(ring, period, now)),
        Order::Revoke(id) => key::revoke(ring, id, now),
        Order::Rotate => key::rotate(ring, now),
        Order::RotateNow => Ok(key::rotate_now(ring, now)),
    }
}

fn ring_of(stored: &[StoredKey], alg: SigningAlg) -> Vec<Key> {
    let rows = stored.iter().filter(|row| row.alg == alg);
    rows.map(|row| Key {
        id: row.id.clone(),
        state: row.state,
        created_at: row.created_at,
        changed_at: row.updated_at,
    })
    .collect()
}

fn apply(
    tx: &mut Tx<'_>,
    stored: &[StoredKey],
    steps: &[KeyStep],
    fresh: &[StoredKey],
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut fresh = fresh.iter();
    let move_to = |tx: &mut Tx<'_>, id: &KeyId, to: KeyState| {
        let from = stored.iter().find(|row| row.id == *id).map(|row| row.state);
        match from {
            Some(from) => tx.signing_keys().advance(id, from, to, now).map(drop),
            None => Ok(()),
        }
    };
    for step in steps {
        match step {
            KeyStep::Activate(id) => move_to(tx, id, KeyState::Current)?,
            KeyStep::Retire(id) => move_to(tx, id, KeyState::Previous)?,
            KeyStep::Revoke(id) => move_to(tx, id, KeyState::Revoked)?,
            KeyStep::Remove(id) => drop(tx.signing_keys().delete(id)?),
            KeyStep::Create(_) => {
                if let Some(key) = fresh.next() {
                    tx.signing_keys().create(key)?;
                }
            }
        }
    }
    Ok(())
}

fn event(app: &App, alg: SigningAlg, steps: &[KeyStep], now: Timestamp) -> Event {
    let revoked = steps.iter().any(|step| matches!(step, KeyStep::Revoke(_)));
    let kind = if revoked {
        EventType::KeyRevoked
    } else {
        EventType::KeysRotated
    };
    let mut event = Event::new(EventId::at(now, &mut app.rng()), kind, now);
    event.description = format!("The {} keys of the tenant changed", alg.as_str());
    event
}
