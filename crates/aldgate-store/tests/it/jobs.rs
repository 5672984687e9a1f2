//! Background work, leases and the janitor.

use aldgate_core::id::JobId;
use aldgate_core::time::Seconds;
use aldgate_store::scratch::Scratch;
use aldgate_store::{Page, StoreError, StoredJob};
use serde_json::{Value, json};

use crate::fixtures::{NOW, tenant};

fn id(number: u32) -> JobId {
    JobId::parse(&format!("job_{number}")).unwrap()
}

/// How long jobs that were given up are kept.
const KEPT: Seconds = Seconds::days(14);

#[tokio::test]
async fn a_claim_that_was_lost_finishes_nothing() {
    let scratch = Scratch::new();
    let store = scratch.open().await.unwrap();
    let default = tenant("default");
    let mail = json!({"to": "ann@example.com"});
    store
        .write(&default, move |tx| {
            tx.jobs().enqueue(&id(1), "mail", &mail, NOW)
        })
        .await
        .unwrap();
    store
        .write_system(|system| {
            let until = NOW + Seconds(60);
            let claim = |system: &mut aldgate_store::SystemTx<'_>, now| {
                system.job_queue().claim("mail", now, now + Seconds(60), 10)
            };
            assert_eq!(claim(system, NOW - Seconds(1))?, []);
            let first: StoredJob = claim(system, NOW)?.remove(0);
            assert_eq!(first.document::<Value>()?["to"], "ann@example.com");
            assert_eq!((first.attempts, &first.tenant), (1, &tenant("default")));
            assert_eq!(claim(system, NOW)?, []);
            assert_eq!(system.job_queue().next_due("mail")?, Some(until));
            let second = claim(system, until)?.remove(0);
            assert_eq!(second.attempts, 2);
            let tx = system.within(&tenant("default"));
            tx.jobs().finish(&first)?;
            assert!(!tx.jobs().retry(&first, NOW, NOW)?);
            assert!(tx.jobs().retry(&second, NOW, NOW)?);
            let third = claim(system, NOW)?.remove(0);
            let tx = system.within(&tenant("default"));
            assert!(tx.jobs().give_up(&third, NOW)?);
            assert_eq!(tx.jobs().failed(&Page::largest())?[0].id, id(1));
            assert_eq!(claim(system, until + Seconds(600))?, []);
            Ok::<_, StoreError>(())
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn fifty_parallel_claims_have_one_winner_for_each_job() {
    let scratch = Scratch::new();
    let store = scratch.open().await.unwrap();
    let default = tenant("default");
    for round in 0..10 {
        let work = move |tx: &mut aldgate_store::Tx<'_>| {
            tx.jobs().enqueue(&id(round), "mail", &json!({}), NOW)
        };
        store.write(&default, work).await.unwrap();
        let claims = (0..50).map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                let claim = store.write_system(|system| {
                    system
                        .job_queue()
                        .claim("mail", NOW, NOW + Seconds::days(1), 1)
                });
                claim.await.unwrap().len()
            })
        });
        let mut winners = 0;
        for claim in claims.collect::<Vec<_>>() {
            winners += claim.await.unwrap();
        }
        assert_eq!(winners, 1);
    }
}

#[tokio::test]
async fn a_lease_has_one_holder_until_it_ends() {
    let scratch = Scratch::new();
    let store = scratch.open().await.unwrap();
    store
        .write_system(|system| {
            let until = NOW + Seconds(30);
            assert!(system.leases().take("janitor", "a", NOW, until)?);
            assert!(!system.leases().take("janitor", "b", NOW, until)?);
            assert!(system.leases().take("janitor", "a", NOW, until)?);
            assert!(
                system
                    .leases()
                    .take("janitor", "b", until, until + Seconds(30))?
            );
            system.leases().give_back("janitor", "a")?;
            assert!(!system.leases().take("janitor", "a", until, until)?);
            system.leases().give_back("janitor", "b")?;
            assert!(system.leases().take("janitor", "a", until, until)?);
            Ok::<_, StoreError>(())
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn the_janitor_removes_what_is_over_in_batches() {
    let scratch = Scratch::new();
    let store = scratch.open().await.unwrap();
    store
        .write_system(|system| {
            for number in 0..1200 {
                let name = format!("lease {number}");
                let until = if number < 1100 {
                    NOW
                } else {
                    NOW + Seconds(60)
                };
                system.leases().take(&name, "a", NOW, until)?;
            }
            Ok::<_, StoreError>(())
        })
        .await
        .unwrap();
    assert_eq!(store.sweep(NOW, KEPT).await.unwrap(), 0);
    assert_eq!(store.sweep(NOW + Seconds(1), KEPT).await.unwrap(), 1100);
    assert_eq!(store.sweep(NOW + Seconds(1), KEPT).await.unwrap(), 0);
}
