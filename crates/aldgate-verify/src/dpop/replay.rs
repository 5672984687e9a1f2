//! Remembers proofs for as long as they could be used again.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Remembers which proofs were used.
pub trait ReplayStore: Send + Sync + 'static {
    /// Whether this is the first use of `name`; it must be remembered for at least `keep`.
    ///
    /// # Errors
    /// [`ReplayStoreFull`] when it cannot be remembered: the request is then refused.
    fn first_use(
        &self,
        name: [u8; 32],
        now: Duration,
        keep: Duration,
    ) -> Result<bool, ReplayStoreFull>;
}

/// There is no room for another proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplayStoreFull;

/// In memory: two halves, of which the older is dropped when everything in it is over.
pub struct MemoryReplayStore {
    half_max: usize,
    halves: Mutex<Halves>,
}

#[derive(Default)]
struct Halves {
    young: HashSet<[u8; 32]>,
    old: HashSet<[u8; 32]>,
    turned_at: Duration,
}

impl MemoryReplayStore {
    /// Room for this many proofs per period of validity, at 32 bytes and some overhead each.
    #[must_use]
    pub fn new(proofs_max: usize) -> Self {
        Self {
            half_max: proofs_max,
            halves: Mutex::default(),
        }
    }
}

impl Default for MemoryReplayStore {
    /// Room for 100,000 proofs.
    fn default() -> Self {
        Self::new(100_000)
    }
}

impl ReplayStore for MemoryReplayStore {
    fn first_use(
        &self,
        name: [u8; 32],
        now: Duration,
        keep: Duration,
    ) -> Result<bool, ReplayStoreFull> {
        let mut halves = self.halves.lock().unwrap_or_else(PoisonError::into_inner);
        if now >= halves.turned_at + keep {
            let long_ago = now >= halves.turned_at + keep * 2;
            halves.old = std::mem::take(&mut halves.young);
            if long_ago {
                halves.old.clear();
            }
            halves.turned_at = now;
        }
        if halves.old.contains(&name) || halves.young.contains(&name) {
            return Ok(false);
        }
        if halves.young.len() >= self.half_max {
            return Err(ReplayStoreFull);
        }
        Ok(halves.young.insert(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEEP: Duration = Duration::from_secs(10);

    fn name(n: u64) -> [u8; 32] {
        let mut name = [0; 32];
        name[..8].copy_from_slice(&n.to_be_bytes());
        name
    }

    #[test]
    fn a_name_is_known_for_its_whole_time() {
        for start in [0, 3, 9, 10, 17] {
            let store = MemoryReplayStore::default();
            let at = Duration::from_secs;
            assert_eq!(store.first_use(name(0), at(0), KEEP), Ok(true));
            assert_eq!(store.first_use(name(1), at(start), KEEP), Ok(true));
            for later in 0..10 {
                // Others come in between and make the halves turn.
                let now = at(start + later);
                assert_eq!(store.first_use(name(100 + later), now, KEEP), Ok(true));
                assert_eq!(
                    store.first_use(name(1), now, KEEP),
                    Ok(false),
                    "{start} {later}"
                );
            }
            assert_eq!(store.first_use(name(1), at(start + 40), KEEP), Ok(true));
        }
    }

    #[test]
    fn a_full_store_refuses_instead_of_forgetting() {
        let store = MemoryReplayStore::new(2);
        let now = Duration::from_secs(100);
        assert_eq!(store.first_use(name(1), now, KEEP), Ok(true));
        assert_eq!(store.first_use(name(2), now, KEEP), Ok(true));
        assert_eq!(store.first_use(name(3), now, KEEP), Err(ReplayStoreFull));
        assert_eq!(store.first_use(name(1), now, KEEP), Ok(false));
        assert_eq!(store.first_use(name(3), now + KEEP, KEEP), Ok(true));
    }
}
