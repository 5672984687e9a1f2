//! Rings that turn, by schedule, by hand and in an emergency.

use super::*;

const START: Timestamp = Timestamp::from_seconds(1_795_000_000);
const QUARTER: Option<Seconds> = Some(Seconds::days(90));

fn key(id: &str, state: KeyState, at: Timestamp) -> Key {
    Key {
        id: KeyId::parse(id).unwrap(),
        state,
        created_at: at,
        changed_at: at,
    }
}

/// Applies steps as the server does; fresh keys are called k0, k1, ….
fn apply(ring: Vec<Key>, steps: &[KeyStep], now: Timestamp) -> Vec<Key> {
    let mut ring = ring;
    for step in steps {
        let change = |ring: Vec<Key>, id: &KeyId, to| {
            let move_one = |key: Key| {
                if key.id == *id {
                    key.in_state(to, now)
                } else {
                    key
                }
            };
            ring.into_iter().map(move_one).collect()
        };
        ring = match step {
            KeyStep::Activate(id) => change(ring, id, KeyState::Current),
            KeyStep::Retire(id) => change(ring, id, KeyState::Previous),
            KeyStep::Revoke(id) => change(ring, id, KeyState::Revoked),
            KeyStep::Remove(id) => ring.into_iter().filter(|key| key.id != *id).collect(),
            KeyStep::Create(state) => {
                let id = format!("k{}-{}", now.seconds(), ring.len());
                ring.into_iter().chain([key(&id, *state, now)]).collect()
            }
        };
    }
    ring
}

fn states(ring: &[Key]) -> String {
    let mut states: Vec<_> = ring.iter().map(|key| key.state.as_str()).collect();
    states.sort_unstable();
    states.join(" ")
}

#[test]
fn a_fresh_ring_gets_a_current_and_a_next_key() {
    let ring = apply(vec![], &maintain(&[], QUARTER, START), START);
    assert_eq!(states(&ring), "current next");
    assert_eq!(maintain(&ring, QUARTER, START), []);
}

#[test]
fn jwk_02_a_key_signs_only_after_verifiers_could_fetch_it() {
    let ring = [
        key("a", KeyState::Current, START),
        key("b", KeyState::Next, START),
        key("c", KeyState::Previous, START - Seconds(1)),
    ];
    let early = START + Seconds(LEAD.0 - 1);
    assert_eq!(rotate(&ring, early), Err(KeyError::TooEarly(START + LEAD)));
    let turned = apply(
        ring.to_vec(),
        &rotate(&ring, START + LEAD).unwrap(),
        START + LEAD,
    );
    assert_eq!(states(&turned), "current next previous previous");
    assert_eq!(turned[1].state, KeyState::Current);
    assert!(LEAD >= KEY_SET_MAX_AGE);
}

#[test]
fn jwk_02_the_schedule_turns_the_ring_and_keeps_old_keys_while_their_tokens_live() {
    let ring = vec![
        key("a", KeyState::Current, START),
        key("b", KeyState::Next, START),
    ];
    let due = START + Seconds::days(90);
    assert_eq!(maintain(&ring, QUARTER, due - Seconds(1)), []);
    assert_eq!(maintain(&ring, None, due), []);
    let ring = apply(ring.clone(), &maintain(&ring, QUARTER, due), due);
    assert_eq!(states(&ring), "current next previous");
    let last = due + LONGEST_TOKEN;
    assert_eq!(maintain(&ring, QUARTER, last - Seconds(1)), []);
    let removed = [KeyStep::Remove(ring[0].id.clone())];
    assert_eq!(maintain(&ring, QUARTER, last), removed);
}

#[test]
fn jwk_02_an_emergency_replaces_the_current_key_at_once() {
    let ring = vec![
        key("a", KeyState::Current, START),
        key("b", KeyState::Next, START),
    ];
    let steps = revoke(&ring, &ring[0].id, START).unwrap();
    let ring = apply(ring, &steps, START);
    assert_eq!(states(&ring), "current next revoked");
    assert!(!ring[0].state.is_published());
    assert_eq!(ring[1].state, KeyState::Current);
    let again = revoke(&ring, &ring[0].id, START);
    assert_eq!(again, Err(KeyError::Unknown(ring[0].id.clone())));
}

#[test]
fn a_revoked_next_or_previous_key_is_replaced_or_just_goes() {
    let mut ring = vec![
        key("a", KeyState::Current, START),
        key("b", KeyState::Next, START),
    ];
    ring.push(key("c", KeyState::Previous, START));
    let steps = revoke(&ring, &ring[1].id, START).unwrap();
    assert_eq!(
        states(&apply(ring.clone(), &steps, START)),
        "current next previous revoked"
    );
    let steps = revoke(&ring, &ring[2].id, START).unwrap();
    assert_eq!(states(&apply(ring, &steps, START)), "current next revoked");
}

#[test]
fn jwk_02_a_fresh_ring_can_turn_at_once_and_then_has_to_wait() {
    let ring = apply(vec![], &maintain(&[], QUARTER, START), START);
    let later = START + Seconds(1);
    let steps = rotate(&ring, later).expect("every key set there ever was has the next key");
    let ring = apply(ring, &steps, later);
    assert!(matches!(rotate(&ring, later), Err(KeyError::TooEarly(_))));
    assert_eq!(
        rotate_now(&ring, later).len(),
        3,
        "the operator's word counts"
    );
}
