//! Tickets work once, for one purpose, until they expire or are replaced.

use std::sync::LazyLock;

use aldgate_core::id::{TenantId, UserId};
use aldgate_core::logout::backchannel::Initiator;
use aldgate_core::secret::TokenHash;
use aldgate_core::ticket::{Ticket, TicketPurpose};
use aldgate_core::time::{Seconds, Timestamp};
use aldgate_store::scratch::Scratch;
use aldgate_store::{Store, StoreError};

static TENANT: LazyLock<TenantId> = LazyLock::new(TenantId::default);
const NOW: Timestamp = Timestamp::from_seconds(1_795_000_000);
const RESET: TicketPurpose = TicketPurpose::ResetPassword;

fn ticket(purpose: TicketPurpose, at: Timestamp) -> Ticket {
    Ticket {
        purpose,
        user_id: UserId::parse("auth0|1").unwrap(),
        email: "ann@example.com".into(),
        client_id: None,
        result_url: None,
        proves_email: true,
        created_at: at,
        expires_at: at + purpose.lifetime(),
    }
}

async fn issue(store: &Store, value: &'static str, ticket: Ticket) {
    let issued = store.write(&TENANT, move |tx| {
        tx.tickets().issue(&TokenHash::of(value), &ticket)
    });
    issued.await.unwrap();
}

async fn take(store: &Store, value: &'static str, purpose: TicketPurpose, at: Timestamp) -> bool {
    let taken = store.write(&TENANT, move |tx| {
        let seen = tx.tickets().peek(&TokenHash::of(value), purpose, at)?;
        let taken = tx.tickets().take(&TokenHash::of(value), purpose, at)?;
        assert_eq!(seen, taken);
        Ok::<_, StoreError>(taken.is_some())
    });
    taken.await.unwrap()
}

#[tokio::test]
async fn acc_05_a_ticket_works_once_and_only_for_its_purpose_and_tenant() {
    let scratch = Scratch::new();
    let store = scratch.open().await.unwrap();
    issue(&store, "a", ticket(RESET, NOW)).await;
    assert!(!take(&store, "a", TicketPurpose::VerifyEmail, NOW).await);
    let other = TenantId::parse("other").unwrap();
    let elsewhere = store.write(&other, move |tx| {
        tx.tickets().take(&TokenHash::of("a"), RESET, NOW)
    });
    assert_eq!(elsewhere.await.unwrap(), None);
    assert!(take(&store, "a", RESET, NOW).await);
    assert!(!take(&store, "a", RESET, NOW).await);
}

#[tokio::test]
async fn acc_05_a_ticket_expires_to_the_second() {
    let scratch = Scratch::new();
    let store = scratch.open().await.unwrap();
    issue(&store, "a", ticket(RESET, NOW)).await;
    let end = NOW + RESET.lifetime();
    assert!(!take(&store, "a", RESET, end + Seconds(1)).await);
    assert!(!take(&store, "a", RESET, end).await);
    assert!(take(&store, "a", RESET, end - Seconds(1)).await);
}

#[tokio::test]
async fn acc_05_a_newer_ticket_replaces_the_older_of_its_purpose() {
    let scratch = Scratch::new();
    let store = scratch.open().await.unwrap();
    issue(&store, "a", ticket(RESET, NOW)).await;
    issue(&store, "v", ticket(TicketPurpose::VerifyEmail, NOW)).await;
    issue(&store, "b", ticket(RESET, NOW + Seconds(1))).await;
    assert!(!take(&store, "a", RESET, NOW + Seconds(2)).await);
    assert!(take(&store, "b", RESET, NOW + Seconds(2)).await);
    assert!(take(&store, "v", TicketPurpose::VerifyEmail, NOW + Seconds(2)).await);
}

#[tokio::test]
async fn acc_05_of_many_at_the_same_time_one_gets_the_ticket() {
    let scratch = Scratch::new();
    let store = scratch.open().await.unwrap();
    issue(&store, "a", ticket(RESET, NOW)).await;
    let attempts: Vec<_> = (0..50)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                let taken = store.write(&TENANT, move |tx| {
                    tx.tickets().take(&TokenHash::of("a"), RESET, NOW)
                });
                taken.await.unwrap().is_some()
            })
        })
        .collect();
    let mut winners = 0;
    for attempt in attempts {
        winners += usize::from(attempt.await.unwrap());
    }
    assert_eq!(winners, 1);
}

#[tokio::test]
async fn acc_07_cutting_access_voids_every_ticket_of_the_user() {
    let scratch = Scratch::new();
    let store = scratch.open().await.unwrap();
    for (value, purpose) in ["a", "b", "c", "d"].into_iter().zip(TicketPurpose::ALL) {
        issue(&store, value, ticket(purpose, NOW)).await;
    }
    let cut = store.write(&TENANT, move |tx| {
        tx.access().cut(
            &UserId::parse("auth0|1").unwrap(),
            None,
            Initiator::PasswordChanged,
            NOW,
        )
    });
    cut.await.unwrap();
    for (value, purpose) in ["a", "b", "c", "d"].into_iter().zip(TicketPurpose::ALL) {
        assert!(!take(&store, value, purpose, NOW).await, "{purpose:?}");
    }
}
