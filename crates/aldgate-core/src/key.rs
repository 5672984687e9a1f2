//! Signing keys: the ring of each algorithm, and how it turns (JWK-02).
//!
//! A ring has one *current* key that signs, one *next* key that is published but does not sign yet,
//! *previous* keys whose tokens still live, and *revoked* keys that count for nothing. A key signs
//! only after every verifier had time to fetch it, and stays published until its last token ended.

use crate::id::KeyId;
use crate::time::{Seconds, Timestamp};

/// For how long verifiers may keep a fetched key set: `max-age` of `/.well-known/jwks.json`.
pub const KEY_SET_MAX_AGE: Seconds = Seconds::minutes(5);

/// For how long a key is published before it signs.
pub const LEAD: Seconds = Seconds::minutes(10);

/// The longest life a token can have: previous keys stay published for so long.
pub const LONGEST_TOKEN: Seconds = Seconds::days(30);

/// For how long a revoked key is remembered.
const REVOKED_KEPT: Seconds = Seconds::days(90);

/// A signing key as its ring sees it: no key material.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// `kid`.
    pub id: KeyId,
    /// What it is used for now.
    pub state: KeyState,
    /// When it was made, and published.
    pub created_at: Timestamp,
    /// When it came into its state.
    pub changed_at: Timestamp,
}

/// What a key is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyState {
    /// Signs.
    Current,
    /// Published, signs later.
    Next,
    /// Published, because tokens it signed are alive.
    Previous,
    /// Not published; its tokens are refused.
    Revoked,
}

/// One step that turns a ring. Applied in order within one unit of work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyStep {
    /// The key begins to sign.
    Activate(KeyId),
    /// A fresh key is made in this state: `Current` or `Next`.
    Create(KeyState),
    /// The key's row goes.
    Remove(KeyId),
    /// The key stops to sign and stays published.
    Retire(KeyId),
    /// The key counts for nothing from now on.
    Revoke(KeyId),
}

/// Why a ring does not turn.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The next key is too young: some verifier may not have fetched it.
    #[error(
        "the next key may not sign before {0}: verifiers keep key sets for a while; \
         wait, or revoke the current key if it is compromised"
    )]
    TooEarly(Timestamp),
    /// The ring has no key of this id.
    #[error("there is no key {0} that could be revoked")]
    Unknown(KeyId),
}

impl KeyState {
    /// The word in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Next => "next",
            Self::Previous => "previous",
            Self::Revoked => "revoked",
        }
    }

    /// Reads the word in the database.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let all = [Self::Current, Self::Next, Self::Previous, Self::Revoked];
        all.into_iter().find(|state| state.as_str() == text)
    }

    /// Whether the key is in the key set.
    #[must_use]
    pub const fn is_published(self) -> bool {
        !matches!(self, Self::Revoked)
    }
}

impl Key {
    /// The key after it came into another state.
    #[must_use]
    pub const fn in_state(mut self, state: KeyState, now: Timestamp) -> Self {
        self.state = state;
        self.changed_at = now;
        self
    }

    fn is_over(&self, now: Timestamp) -> bool {
        match self.state {
            KeyState::Current | KeyState::Next => false,
            KeyState::Previous => self.changed_at + LONGEST_TOKEN <= now,
            KeyState::Revoked => self.changed_at + REVOKED_KEPT <= now,
        }
    }
}

/// Decides what housekeeping a ring needs: missing keys are made, a current key older than `period`
/// is replaced once the next one was published long enough, and what is over goes. `ring` holds the
/// keys of one algorithm.
#[must_use]
pub fn maintain(ring: &[Key], period: Option<Seconds>, now: Timestamp) -> Vec<KeyStep> {
    let mut steps: Vec<KeyStep> = ring
        .iter()
        .filter(|key| key.is_over(now))
        .map(|key| KeyStep::Remove(key.id.clone()))
        .collect();
    let current = find(ring, KeyState::Current);
    let next = find(ring, KeyState::Next);
    let due =
        current.is_some_and(|key| period.is_some_and(|period| key.changed_at + period <= now));
    match (current, next) {
        (None, None) => {
            steps.push(KeyStep::Create(KeyState::Current));
            steps.push(KeyStep::Create(KeyState::Next));
        }
        (None, Some(next)) => {
            steps.push(KeyStep::Activate(next.id.clone()));
            steps.push(KeyStep::Create(KeyState::Next));
        }
        (Some(_), None) => steps.push(KeyStep::Create(KeyState::Next)),
        (Some(current), Some(next)) if due && ready_at(ring, next) <= now => {
            steps.extend(turn(current, next));
        }
        (Some(_), Some(_)) => {}
    }
    steps
}

/// Decides how to turn a ring because somebody asks for it.
///
/// # Errors
/// [`KeyError::TooEarly`] when the next key was not published long enough.
pub fn rotate(ring: &[Key], now: Timestamp) -> Result<Vec<KeyStep>, KeyError> {
    match (find(ring, KeyState::Current), find(ring, KeyState::Next)) {
        (Some(_), Some(next)) if ready_at(ring, next) > now => {
            Err(KeyError::TooEarly(ready_at(ring, next)))
        }
        _ => Ok(rotate_now(ring, now)),
    }
}

/// Turns a ring although some caches may not know the next key yet: the operator's word for it.
#[must_use]
pub fn rotate_now(ring: &[Key], now: Timestamp) -> Vec<KeyStep> {
    match (find(ring, KeyState::Current), find(ring, KeyState::Next)) {
        (Some(current), Some(next)) => turn(current, next).into(),
        _ => maintain(ring, None, now),
    }
}

/// Decides how to revoke a key that may be compromised. The next key steps in at once, although
/// some verifiers do not know it yet: that is better than a thief's tokens.
///
/// # Errors
/// [`KeyError::Unknown`] when the ring has no such key, or it is revoked already.
pub fn revoke(ring: &[Key], id: &KeyId, now: Timestamp) -> Result<Vec<KeyStep>, KeyError> {
    let key = ring
        .iter()
        .find(|key| key.id == *id && key.state.is_published());
    let key = key.ok_or_else(|| KeyError::Unknown(id.clone()))?;
    let rest: Vec<Key> = ring
        .iter()
        .filter(|other| other.id != key.id)
        .cloned()
        .collect();
    let mut steps = vec![KeyStep::Revoke(key.id.clone())];
    steps.extend(maintain(&rest, None, now));
    Ok(steps)
}

/// When a next key may begin to sign: once every cache that lacks it is stale. A key as old as the
/// ring itself was in every key set there ever was.
#[must_use]
pub fn ready_at(ring: &[Key], next: &Key) -> Timestamp {
    if ring.iter().all(|key| key.created_at >= next.created_at) {
        return next.created_at;
    }
    next.created_at + LEAD.max(KEY_SET_MAX_AGE)
}

fn turn(current: &Key, next: &Key) -> [KeyStep; 3] {
    [
        KeyStep::Retire(current.id.clone()),
        KeyStep::Activate(next.id.clone()),
        KeyStep::Create(KeyState::Next),
    ]
}

fn find(ring: &[Key], state: KeyState) -> Option<&Key> {
    ring.iter().find(|key| key.state == state)
}

#[cfg(test)]
mod tests;
