//! What the store does about faults: damaged rows, foreign schemas, deadlocks, lost connections.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Barrier};

use aldgate_core::id::{RoleId, UserId};
use aldgate_core::role::Role;
use aldgate_store::scratch::Scratch;
use aldgate_store::{DatabaseUrl, Saved, Store, StoreError, Tx};

use crate::fixtures::{NOW, behind_the_back, tenant, user};

fn add_role(number: u32) -> impl Fn(&mut Tx<'_>) -> Result<(), StoreError> + Send + 'static {
    move |tx| {
        let id = RoleId::parse(&format!("rol_{number}")).unwrap();
        let name = number.to_string();
        let description = Some("a-secret".to_owned());
        tx.roles().create(
            &Role {
                id,
                name,
                description,
            },
            NOW,
        )
    }
}

#[tokio::test]
async fn a_damaged_row_is_named_but_not_shown() {
    let scratch = Scratch::new();
    let store = scratch.open().await.unwrap();
    store.write(&tenant("default"), add_role(1)).await.unwrap();
    behind_the_back(&scratch, "UPDATE roles SET document = '{\"id\":\"a-secret'");
    let error = store
        .read(&tenant("default"), |tx| {
            tx.roles().by_id(&RoleId::parse("rol_1").unwrap())
        })
        .await
        .unwrap_err();
    assert!(
        matches!(error, StoreError::Corrupt { table: "roles", .. }),
        "{error:?}"
    );
    let text = error.to_string();
    assert!(
        text.contains("column document, row \"rol_1\"") && !text.contains("a-secret"),
        "{text}"
    );
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused_at_the_start() {
    let scratch = Scratch::new();
    drop(scratch.open().await.unwrap());
    behind_the_back(
        &scratch,
        "INSERT INTO schema_migrations (version, name, checksum) VALUES (9999, 'later', '')",
    );
    let opened = Store::open_with(scratch.url(), Scratch::options()).await;
    let error = opened.err().unwrap().to_string();
    assert!(error.contains("has migration 9999"), "{error}");
}

#[tokio::test]
async fn a_changed_migration_is_refused_at_the_start() {
    let scratch = Scratch::new();
    drop(scratch.open().await.unwrap());
    behind_the_back(&scratch, "UPDATE schema_migrations SET checksum = 'other'");
    let opened = Store::open_with(scratch.url(), Scratch::options()).await;
    let error = opened.err().unwrap().to_string();
    assert!(error.contains("was applied with checksum other"), "{error}");
}

#[tokio::test]
async fn a_database_that_is_not_there_is_unavailable() {
    let scratch = Scratch::new();
    let url = match scratch.url().sqlite_path() {
        Some(path) => DatabaseUrl::sqlite(path.join("no-directory").join("aldgate.db")),
        None => DatabaseUrl::parse("postgres://nobody:a-secret@127.0.0.1:1/none").unwrap(),
    };
    let error = Store::open_with(&url, Scratch::options())
        .await
        .err()
        .unwrap();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    assert!(!error.to_string().contains("a-secret"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deadlock_ends_with_both_units_done() {
    let scratch = Scratch::new();
    let store = scratch.open().await.unwrap();
    if store.engine_name() == "sqlite" {
        return; // One writer cannot block itself.
    }
    let create = |tx: &mut Tx<'_>| -> Result<(), StoreError> {
        for number in [1, 2] {
            let created = tx
                .users()
                .create(&user(number, &format!("{number}@example.com")))?;
            assert_eq!(created, Saved::Done);
        }
        Ok(())
    };
    store.write(&tenant("default"), create).await.unwrap();
    let met = Arc::new(Barrier::new(2));
    let runs = Arc::new(AtomicU32::new(0));
    let unit = |first: &'static str, second: &'static str| {
        let (store, met, runs) = (store.clone(), Arc::clone(&met), Arc::clone(&runs));
        tokio::spawn(async move {
            let work = move |tx: &mut Tx<'_>| -> Result<(), StoreError> {
                change(tx, first)?;
                // Only the first two runs meet; the one that runs again goes alone.
                if runs.fetch_add(1, Ordering::SeqCst) < 2 {
                    met.wait();
                }
                change(tx, second)
            };
            store.write(&tenant("default"), work).await
        })
    };
    let (a, b) = tokio::join!(unit("auth0|1", "auth0|2"), unit("auth0|2", "auth0|1"));
    a.unwrap().unwrap();
    b.unwrap().unwrap();
    assert_eq!(runs.load(Ordering::SeqCst), 3);
    let id = UserId::parse("auth0|1").unwrap();
    let ann = store
        .read(&tenant("default"), move |tx| tx.users().by_id(&id))
        .await
        .unwrap();
    assert_eq!(ann.unwrap().logins_count, 2);
}

fn change(tx: &mut Tx<'_>, id: &str) -> Result<(), StoreError> {
    let id = UserId::parse(id).unwrap();
    let mut user = tx.users().by_id_to_change(&id)?.unwrap();
    user.logins_count += 1;
    tx.users().touch(&user).map(drop)
}

#[tokio::test]
async fn a_lost_connection_is_replaced_before_anybody_notices() {
    let scratch = Scratch::new();
    drop(scratch.open().await.unwrap());
    if scratch.url().sqlite_path().is_some() {
        return; // There is no connection to lose.
    }
    let name = format!("lost_{}", std::process::id());
    let text = format!("{}&application_name={name}", scratch.url_text());
    let url = DatabaseUrl::parse(&text).unwrap();
    let store = Store::open_with(&url, Scratch::options()).await.unwrap();
    for number in 0..10 {
        store
            .write(&tenant("default"), add_role(number))
            .await
            .unwrap();
        let kill = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE application_name = '{name}'"
        );
        behind_the_back(&scratch, &kill);
    }
    let count = store
        .read(&tenant("default"), |tx| tx.roles().count(""))
        .await
        .unwrap();
    assert_eq!(count, 10);
}
