//! `api.cache`: what actions of a trigger keep for each other, in this process's memory (Auth0:
//! a cache that may be empty at any time).

use aldgate_core::action::{CacheChange, Trigger};
use aldgate_core::id::TenantId;
use aldgate_core::time::Timestamp;
use serde_json::{Value, json};

use crate::sandbox::{Kept, Sandbox};

/// Entries of one trigger (Auth0: 20).
const ENTRIES_MAX: usize = 20;

/// Bytes of a key (Auth0: 64).
const KEY_BYTES_MAX: usize = 64;

/// Bytes of a value (Auth0: 4 kB).
const VALUE_BYTES_MAX: usize = 4096;

/// Bytes of all keys and values (Auth0: 8 kB).
const BYTES_MAX: usize = 8192;

/// The longest that an entry stays, in milliseconds (Auth0: 24 h).
const LIFETIME_MAX_MS: f64 = 86_400_000.0;

type Place<'a> = (&'a TenantId, Trigger);

/// What is kept now, for the event.
pub(super) fn shown(sandbox: &Sandbox, (tenant, trigger): Place<'_>, now: Timestamp) -> Value {
    match sandbox.kept(tenant, trigger) {
        Some(kept) => Value::Object(live(&kept, millis(now))),
        None => json!({}),
    }
}

/// Does what an action asked for; what is too large is not kept.
pub(super) fn change(
    sandbox: &Sandbox,
    (tenant, trigger): Place<'_>,
    changes: Vec<CacheChange>,
    now: Timestamp,
) {
    if changes.is_empty() {
        return;
    }
    let now = millis(now);
    let kept = sandbox.kept(tenant, trigger);
    let mut kept = kept.map(|kept| live(&kept, now)).unwrap_or_default();
    for change in changes {
        apply(&mut kept, change, now);
    }
    sandbox.keep(tenant, trigger, kept);
}

fn apply(kept: &mut Kept, change: CacheChange, now: f64) {
    match change {
        CacheChange::Delete(key) => drop(kept.remove(&key)),
        CacheChange::Set(key, value, expires_at) => {
            let former = kept.remove(&key);
            let used: usize = kept
                .iter()
                .map(|(key, entry)| key.len() + size(entry))
                .sum();
            let fits = kept.len() < ENTRIES_MAX
                && key.len() <= KEY_BYTES_MAX
                && value.len() <= VALUE_BYTES_MAX
                && used + key.len() + value.len() <= BYTES_MAX;
            if fits {
                let expires_at = expires_at.min(now + LIFETIME_MAX_MS);
                kept.insert(key, json!({"value": value, "expires_at": expires_at}));
            } else if let Some(former) = former {
                kept.insert(key, former);
            }
        }
    }
}

fn live(kept: &Kept, now: f64) -> Kept {
    let lives = |entry: &Value| entry["expires_at"].as_f64().is_some_and(|end| end > now);
    let live = kept.iter().filter(|(_, entry)| lives(entry));
    live.map(|(key, entry)| (key.clone(), entry.clone()))
        .collect()
}

fn size(entry: &Value) -> usize {
    entry["value"].as_str().map_or(0, str::len)
}

fn millis(now: Timestamp) -> f64 {
    now.micros() as f64 / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_is_bounded_and_forgets() {
        let mut kept = Kept::new();
        let set = |key: &str, value: usize, end: f64| {
            CacheChange::Set(key.into(), "v".repeat(value), end)
        };
        apply(&mut kept, set("a", 10, 50.0), 0.0);
        apply(&mut kept, set(&"k".repeat(65), 1, 50.0), 0.0);
        apply(&mut kept, set("big", 4097, 50.0), 0.0);
        assert_eq!(kept.len(), 1);
        assert_eq!(live(&kept, 49.0).len(), 1);
        assert_eq!(live(&kept, 50.0).len(), 0);
        apply(&mut kept, set("b", 4096, 1e18), 0.0);
        apply(&mut kept, set("c", 4096, 50.0), 0.0);
        assert!(!kept.contains_key("c"), "all together within 8 kB");
        assert_eq!(kept["b"]["expires_at"], LIFETIME_MAX_MS);
        apply(&mut kept, set("a", 5000, 50.0), 0.0);
        assert_eq!(
            size(&kept["a"]),
            10,
            "a value that does not fit changes nothing"
        );
        apply(&mut kept, CacheChange::Delete("b".into()), 0.0);
        for n in 0..40 {
            apply(&mut kept, set(&format!("n{n}"), 1, 50.0), 0.0);
        }
        assert_eq!(kept.len(), ENTRIES_MAX);
    }
}
