//! Backup and restore, and single use.

use std::path::Path;

use aldgate_core::id::RoleId;
use aldgate_core::role::Role;
use aldgate_core::secret::TokenHash;
use aldgate_core::time::Seconds;
use aldgate_store::scratch::Scratch;
use aldgate_store::{Logins, NewTicket, Restored, Store, StoreError, Tx, restore};
use serde_json::{Value, json};

use crate::fixtures::{NOW, tenant};

fn add_role(name: &'static str) -> impl Fn(&mut Tx<'_>) -> Result<(), StoreError> + Send {
    move |tx| {
        let id = RoleId::parse(&format!("rol_{name}")).unwrap();
        tx.roles().create(
            &Role {
                id,
                name: name.to_owned(),
                description: None,
            },
            NOW,
        )
    }
}

fn add_ticket(token: &'static str) -> impl Fn(&mut Tx<'_>) -> Result<(), StoreError> + Send {
    move |tx| {
        let row = NewTicket {
            hash: &TokenHash::of(token),
            purpose: "test",
            user: None,
            document: &json!({"for": token}),
            expires_at: NOW + Seconds::days(1),
        };
        tx.tickets().put(&row, NOW)
    }
}

fn take(token: &'static str) -> impl Fn(&mut Tx<'_>) -> Result<Option<Value>, StoreError> + Send {
    move |tx| tx.tickets().take_as(&TokenHash::of(token), "test", NOW)
}

async fn reopen(scratch: &Scratch) -> Store {
    Store::open_with(scratch.url(), Scratch::options())
        .await
        .unwrap()
}

/// Restores as soon as the threads of a store that was just dropped have let go of the file.
fn restore_when_free(scratch: &Scratch, file: &Path, logins: Logins) -> Restored {
    for _ in 0..1000 {
        match restore(scratch.url(), file, logins) {
            Err(error) if error.to_string().contains("stop the server first") => {
                std::thread::yield_now();
            }
            other => return other.unwrap(),
        }
    }
    panic!("the file stays in use");
}

#[tokio::test]
async fn fifty_parallel_takes_of_a_ticket_have_one_winner() {
    let scratch = Scratch::new();
    let store = scratch.open().await.unwrap();
    for token in ["a", "b", "c", "d", "e", "f", "g", "h"] {
        store
            .write(&tenant("default"), add_ticket(token))
            .await
            .unwrap();
        let takes = (0..50).map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.write(&tenant("default"), take(token)).await })
        });
        let mut winners = 0;
        for take in takes.collect::<Vec<_>>() {
            winners += usize::from(take.await.unwrap().unwrap().is_some());
        }
        assert_eq!(winners, 1);
    }
}

#[tokio::test]
async fn rel_02_a_restored_backup_brings_back_data_but_no_logins() {
    let scratch = Scratch::new();
    let store = scratch.open().await.unwrap();
    let Some(path) = scratch.url().sqlite_path().map(Path::to_owned) else {
        let refused = store
            .backup(Path::new("backup.db"))
            .await
            .unwrap_err()
            .to_string();
        assert!(refused.contains("pg_dump"), "{refused}");
        return;
    };
    let file = path.with_file_name("backup.db");
    let default = tenant("default");
    store.write(&default, add_role("before")).await.unwrap();
    store.write(&default, add_ticket("x")).await.unwrap();
    store.backup(&file).await.unwrap();
    let again = store.backup(&file).await.unwrap_err().to_string();
    assert!(again.contains("exists already"), "{again}");
    // The ticket is used after the backup was made: restoring must not revive it.
    assert!(store.write(&default, take("x")).await.unwrap().is_some());
    store.write(&default, add_role("after")).await.unwrap();

    let in_use = restore(scratch.url(), &file, Logins::End)
        .unwrap_err()
        .to_string();
    assert!(in_use.contains("stop the server first"), "{in_use}");
    drop(store);
    let restored = restore_when_free(&scratch, &file, Logins::End);
    assert_eq!(restored.ended, 1);

    let store = reopen(&scratch).await;
    let names = store
        .read(&default, |tx| {
            Ok::<_, StoreError>((tx.roles().by_name("before")?, tx.roles().count("")?))
        })
        .await
        .unwrap();
    assert!(names.0.is_some());
    assert_eq!(names.1, 1);
    assert_eq!(store.write(&default, take("x")).await.unwrap(), None);

    drop(store);
    let kept = restore_when_free(&scratch, &file, Logins::Keep);
    assert_eq!(kept.ended, 0);
    let store = reopen(&scratch).await;
    assert!(store.write(&default, take("x")).await.unwrap().is_some());
}

#[tokio::test]
async fn a_damaged_backup_leaves_the_database_as_it_was() {
    let scratch = Scratch::new();
    let store = scratch.open().await.unwrap();
    let Some(path) = scratch.url().sqlite_path().map(Path::to_owned) else {
        return;
    };
    store
        .write(&tenant("default"), add_role("kept"))
        .await
        .unwrap();
    drop(store);
    let file = path.with_file_name("damaged.db");
    std::fs::write(&file, b"no database at all").unwrap();
    assert!(restore(scratch.url(), &file, Logins::End).is_err());
    rusqlite::Connection::open(path.with_file_name("other.db"))
        .and_then(|other| other.execute_batch("CREATE TABLE notes (id TEXT)"))
        .unwrap();
    let other = restore(scratch.url(), &path.with_file_name("other.db"), Logins::End);
    assert!(
        other
            .unwrap_err()
            .to_string()
            .contains("no database of this program")
    );
    let store = reopen(&scratch).await;
    let count = store
        .read(&tenant("default"), |tx| tx.roles().count(""))
        .await
        .unwrap();
    assert_eq!(count, 1);
}

#[tokio::test]
async fn all_logins_end_together() {
    let scratch = Scratch::new();
    let store = scratch.open().await.unwrap();
    for name in ["ours", "theirs"] {
        store.write(&tenant(name), add_ticket("x")).await.unwrap();
    }
    assert_eq!(store.end_all_logins().await.unwrap(), 2);
    assert_eq!(store.write(&tenant("ours"), take("x")).await.unwrap(), None);
}
