//! Hashes, their strength, and what happens under load.

use std::num::NonZeroUsize;
use std::path::Path;

use super::*;
use crate::config::Config;
use crate::rng::Rng;

fn hashing(queue: usize) -> Hashing {
    let mut security = Config::defaults(Path::new("/data"))
        .expect("defaults")
        .security;
    security.argon2 = Argon2Cost {
        memory_kib: 64,
        iterations: 1,
        lanes: 1,
    };
    security.hashing_threads = NonZeroUsize::MIN;
    security.hashing_queue = queue;
    Hashing::start(&security, Metrics::new(), &mut Rng::seeded(1)).expect("threads")
}

fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

#[tokio::test]
async fn acc_01_a_hash_is_argon2id_with_the_configured_cost() {
    let hashing = hashing(8);
    let hash = hashing
        .hash(secret("correct horse"), &mut Rng::seeded(1))
        .await
        .unwrap();
    assert!(hash.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{hash}");
    let right = hashing.check(secret("correct horse"), Some(&hash)).await;
    assert_eq!(right, Ok(Checked::Right));
    let wrong = hashing.check(secret("correct horsf"), Some(&hash)).await;
    assert_eq!(wrong, Ok(Checked::Wrong));
}

#[tokio::test]
async fn acc_01_weaker_hashes_are_recognised_for_rehashing() {
    let hashing = hashing(8);
    let bcrypt = bcrypt::hash("correct horse", 4).unwrap();
    let right = hashing.check(secret("correct horse"), Some(&bcrypt)).await;
    assert_eq!(right, Ok(Checked::RightButWeak));
    assert_eq!(
        hashing.check(secret("no"), Some(&bcrypt)).await,
        Ok(Checked::Wrong)
    );
    let weak = "$argon2id$v=19$m=16,t=1,p=1$c29tZXNhbHRzb21lc2FsdA\
                $AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    assert!(Stored::parse(weak).is_some_and(|stored| stored.is_weaker_than(hashing.cost)));
}

#[tokio::test]
async fn acc_04_an_unknown_user_costs_the_same_hash() {
    let hashing = hashing(8);
    assert_eq!(hashing.check(secret("any"), None).await, Ok(Checked::Wrong));
    let dummy = Stored::parse(&hashing.dummy).expect("a real hash");
    assert!(!dummy.is_weaker_than(hashing.cost));
    assert_eq!(
        hashing.check(secret("any"), Some("plain text")).await,
        Ok(Checked::Wrong)
    );
}

#[tokio::test]
async fn rel_03_a_full_queue_is_an_error_at_once() {
    let hashing = hashing(1);
    let (hold, held) = std::sync::mpsc::channel::<()>();
    let (started, running) = std::sync::mpsc::channel();
    let block: Job = Box::new(move |_| {
        started.send(()).unwrap();
        assert!(held.recv().is_err(), "nothing is ever sent");
    });
    hashing.queue.try_send(block).unwrap();
    running.recv().unwrap();
    hashing.queue.try_send(Box::new(|_| {})).unwrap();
    let refused = hashing.check(secret("any"), None).await;
    assert_eq!(refused, Err(HashingError::Overloaded));
    let counted = "aldgate_events_total{what=\"password_shed\"} 1";
    assert!(hashing.metrics.render().contains(counted));
    drop(hold);
}

#[tokio::test]
async fn rel_03_long_passwords_are_refused_before_hashing() {
    let hashing = hashing(8);
    let long = "x".repeat(PASSWORD_BYTES_MAX + 1);
    assert_eq!(
        hashing.check(secret(&long), None).await,
        Err(HashingError::TooLong)
    );
    let longest = "x".repeat(PASSWORD_BYTES_MAX);
    assert!(
        hashing
            .hash(secret(&longest), &mut Rng::seeded(1))
            .await
            .is_ok()
    );
}

#[test]
fn rel_03_imported_hashes_cannot_cost_more_than_the_limits() {
    let argon2 =
        |cost: &str| format!("$argon2id$v=19${cost}$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAA");
    assert!(Stored::parse(&argon2("m=64,t=1,p=1")).is_some());
    for cost in [
        "m=4194304,t=1,p=1",
        "m=64,t=9999,p=1",
        "m=64,t=1,p=99",
        "m=0,t=1,p=1",
        "t=1",
    ] {
        assert!(Stored::parse(&argon2(cost)).is_none(), "{cost}");
    }
    assert!(Stored::parse(&format!("$2b$31${}", "a".repeat(53))).is_none());
    assert!(Stored::parse(&format!("$2b$10${}", "a".repeat(53))).is_some());
}
