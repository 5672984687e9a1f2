//! Attempts are counted before they are evaluated, whoever counts at the same time.

use std::sync::LazyLock;

use aldgate_core::attack_protection::AttackProtection;
use aldgate_core::attempts::{Account, Address, Counted, Limits, Rule, Subject};
use aldgate_core::id::{ConnectionId, TenantId, UserId};
use aldgate_core::time::{Seconds, Timestamp};
use aldgate_store::scratch::Scratch;
use aldgate_store::{Store, StoreError};

static TENANT: LazyLock<TenantId> = LazyLock::new(TenantId::default);
use serde_json::Map;

const NOW: Timestamp = Timestamp::from_seconds(1_795_000_000);

fn account(user: &str) -> Account {
    let connection = ConnectionId::parse("con_1").unwrap();
    Account::of(Some(&UserId::parse(user).unwrap()), &connection, "")
}

fn pair(user: &str, ip: &str) -> Subject {
    Subject::AccountAndAddress(account(user), Address::of(ip.parse().unwrap()))
}

fn limits() -> Limits {
    let address = "192.0.2.1".parse().unwrap();
    Limits::new(&Map::new(), &AttackProtection::default(), address)
}

fn rule() -> Rule {
    limits().account_and_address.unwrap()
}

async fn count(store: &Store, subject: &Subject, rule: Rule, at: Timestamp) -> Counted {
    let subject = subject.clone();
    let counted = store.write(&TENANT, move |tx| tx.attempts().count(&subject, &rule, at));
    counted.await.unwrap()
}

#[tokio::test]
async fn acc_03_ten_attempts_are_evaluated_and_the_count_is_durable() {
    let scratch = Scratch::new();
    let store = scratch.open().await.unwrap();
    let subject = pair("auth0|1", "192.0.2.1");
    for n in 1..=10 {
        assert_eq!(
            count(&store, &subject, rule(), NOW).await,
            Counted::Attempt(n)
        );
    }
    let until = Counted::Blocked(NOW + Seconds::days(30));
    assert_eq!(count(&store, &subject, rule(), NOW).await, until);
    drop(store);
    let store = scratch.open().await.unwrap();
    assert_eq!(
        count(&store, &subject, rule(), NOW + Seconds(5)).await,
        until
    );
    let elsewhere = pair("auth0|1", "192.0.2.2");
    assert_eq!(
        count(&store, &elsewhere, rule(), NOW).await,
        Counted::Attempt(1)
    );
    let later = NOW + Seconds::days(30);
    assert_eq!(
        count(&store, &subject, rule(), later).await,
        Counted::Attempt(1)
    );
}

#[tokio::test]
async fn acc_03_many_at_the_same_time_get_no_more_than_ten_evaluations() {
    let scratch = Scratch::new();
    let store = scratch.open().await.unwrap();
    let attempts: Vec<_> = (0..40)
        .map(|_| {
            let store = store.clone();
            let subject = pair("auth0|1", "192.0.2.1");
            tokio::spawn(async move { count(&store, &subject, rule(), NOW).await })
        })
        .collect();
    let mut numbers = Vec::new();
    for attempt in attempts {
        if let Counted::Attempt(n) = attempt.await.unwrap() {
            numbers.push(n);
        }
    }
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=10).collect::<Vec<_>>());
}

#[tokio::test]
async fn acc_03_a_delay_lets_one_attempt_through_at_a_time() {
    let scratch = Scratch::new();
    let store = scratch.open().await.unwrap();
    let subject = Subject::Account(account("auth0|1"));
    let rule = limits().account.unwrap();
    for n in 1..=50 {
        assert_eq!(
            count(&store, &subject, rule, NOW).await,
            Counted::Attempt(n)
        );
    }
    let blocked = Counted::Blocked(NOW + Seconds(1));
    assert_eq!(count(&store, &subject, rule, NOW).await, blocked);
    let later = NOW + Seconds(1);
    assert_eq!(
        count(&store, &subject, rule, later).await,
        Counted::Attempt(51)
    );
    let blocked = Counted::Blocked(later + Seconds(2));
    assert_eq!(
        count(&store, &subject, rule, later + Seconds(1)).await,
        blocked
    );
}

#[tokio::test]
async fn acc_03_an_account_is_unblocked_everywhere_and_no_other_is() {
    let scratch = Scratch::new();
    let store = scratch.open().await.unwrap();
    let subjects = [
        pair("auth0|1", "192.0.2.1"),
        pair("auth0|1", "2001:db8::1"),
        pair("auth0|10", "192.0.2.1"),
    ];
    for subject in &subjects {
        for _ in 0..10 {
            count(&store, subject, rule(), NOW).await;
        }
    }
    let unblocked = store.write(&TENANT, move |tx| {
        let blocked = tx.attempts().blocked_addresses(&account("auth0|1"), NOW)?;
        assert_eq!(blocked, ["192.0.2.1", "2001:db8::"]);
        tx.attempts().unblock(&account("auth0|1"))
    });
    unblocked.await.unwrap();
    assert_eq!(
        count(&store, &subjects[0], rule(), NOW).await,
        Counted::Attempt(1)
    );
    assert_eq!(
        count(&store, &subjects[1], rule(), NOW).await,
        Counted::Attempt(1)
    );
    assert!(matches!(
        count(&store, &subjects[2], rule(), NOW).await,
        Counted::Blocked(_)
    ));
}

#[tokio::test]
async fn acc_03_an_address_gets_back_only_the_attempt_that_was_right() {
    let scratch = Scratch::new();
    let store = scratch.open().await.unwrap();
    let subject = Subject::Address(Address::of("192.0.2.1".parse().unwrap()));
    let rule = limits().address.unwrap();
    for _ in 0..5 {
        count(&store, &subject, rule, NOW).await;
    }
    let back = subject.clone();
    let taken = store.write(&TENANT, move |tx| {
        tx.attempts().take_back(&back)?;
        tx.attempts().forget(&pair("auth0|1", "192.0.2.1"))?;
        Ok::<_, StoreError>(())
    });
    taken.await.unwrap();
    assert_eq!(
        count(&store, &subject, rule, NOW).await,
        Counted::Attempt(5)
    );
}
