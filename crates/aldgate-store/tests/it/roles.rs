//! Roles, their permissions and their holders.

use aldgate_core::id::{RoleId, TenantId, UserId};
use aldgate_core::role::{Permission, Role};
use aldgate_core::time::Timestamp;
use aldgate_store::scratch::Scratch;
use aldgate_store::{Page, StoreError};

fn role(id: &str, name: &str) -> Role {
    Role {
        id: RoleId::parse(id).unwrap(),
        name: name.to_owned(),
        description: None,
    }
}

fn permission(name: &str) -> Permission {
    Permission {
        api: "https://api.test/".to_owned(),
        name: name.to_owned(),
    }
}

const NOW: Timestamp = Timestamp::from_seconds(1_795_000_000);

#[tokio::test]
async fn a_role_lives_and_dies_with_what_hangs_on_it() {
    let scratch = Scratch::new();
    let store = scratch.open().await.unwrap();
    let (tenant, user) = (TenantId::default(), UserId::parse("auth0|1").unwrap());
    let ann = user.clone();
    store
        .write(&tenant, move |tx| {
            let editor = role("rol_1", "Editor");
            tx.roles().create(&editor, NOW)?;
            tx.roles().create(&role("rol_2", "Reader 50%"), NOW)?;
            let permissions = [
                permission("write:x"),
                permission("read:x"),
                permission("read:x"),
            ];
            tx.roles().permit(&editor.id, &permissions)?;
            tx.roles().give(&editor.id, &ann, NOW)?;
            tx.roles().give(&editor.id, &ann, NOW)
        })
        .await
        .unwrap();
    let ann = user.clone();
    let (listed, permissions, held, holders) = store
        .read(&tenant, move |tx| {
            let id = role("rol_1", "").id;
            assert_eq!(tx.roles().count("e")?, 2);
            Ok::<_, StoreError>((
                tx.roles().list("50%", &Page::at(0, 10))?,
                tx.roles().permissions(&id)?,
                tx.roles().of_user(&ann)?,
                tx.roles().holders(&id, &Page::largest())?,
            ))
        })
        .await
        .unwrap();
    assert_eq!(listed, [role("rol_2", "Reader 50%")]);
    assert_eq!(permissions, [permission("read:x"), permission("write:x")]);
    assert_eq!(held, [role("rol_1", "Editor")]);
    assert_eq!(holders, std::slice::from_ref(&user));
    let left = store
        .write(&tenant, move |tx| {
            let id = role("rol_1", "").id;
            assert!(tx.roles().delete(&id)?);
            assert!(!tx.roles().delete(&id)?);
            Ok::<_, StoreError>((
                tx.roles().permissions(&id)?.len(),
                tx.roles().of_user(&user)?,
            ))
        })
        .await
        .unwrap();
    assert_eq!(left, (0, vec![]));
}

#[tokio::test]
async fn a_taken_name_is_a_conflict_and_nothing_of_the_unit_stays() {
    let scratch = Scratch::new();
    let store = scratch.open().await.unwrap();
    let tenant = TenantId::default();
    store
        .write(&tenant, |tx| tx.roles().create(&role("rol_1", "A"), NOW))
        .await
        .unwrap();
    let refused = store
        .write(&tenant, |tx| {
            tx.roles().create(&role("rol_2", "B"), NOW)?;
            tx.roles().create(&role("rol_3", "A"), NOW)
        })
        .await;
    assert!(
        matches!(refused, Err(StoreError::Conflict("roles"))),
        "{refused:?}"
    );
    let found = store
        .read(&tenant, |tx| tx.roles().by_name("B"))
        .await
        .unwrap();
    assert_eq!(found, None);
}

#[tokio::test]
async fn a_unit_that_ignores_a_failed_statement_is_rolled_back() {
    let scratch = Scratch::new();
    let store = scratch.open().await.unwrap();
    let tenant = TenantId::default();
    let refused = store
        .write(&tenant, |tx| {
            tx.roles().create(&role("rol_1", "A"), NOW)?;
            drop(tx.roles().create(&role("rol_1", "B"), NOW));
            Ok::<_, StoreError>(())
        })
        .await;
    assert!(
        refused
            .unwrap_err()
            .to_string()
            .contains("a statement failed")
    );
    assert_eq!(
        store
            .read(&tenant, |tx| tx.roles().count(""))
            .await
            .unwrap(),
        0
    );
}

#[tokio::test]
async fn ten_01_a_tenant_sees_only_its_own_roles() {
    let scratch = Scratch::new();
    let store = scratch.open().await.unwrap();
    let (ours, theirs) = (TenantId::default(), TenantId::parse("other").unwrap());
    store
        .write(&ours, |tx| tx.roles().create(&role("rol_1", "A"), NOW))
        .await
        .unwrap();
    store
        .write(&theirs, |tx| tx.roles().create(&role("rol_1", "A"), NOW))
        .await
        .unwrap();
    let deleted = store
        .write(&theirs, |tx| tx.roles().delete(&role("rol_1", "").id))
        .await;
    assert!(deleted.unwrap());
    assert_eq!(
        store.read(&ours, |tx| tx.roles().count("")).await.unwrap(),
        1
    );
    assert_eq!(
        store
            .read(&theirs, |tx| tx.roles().by_name("A"))
            .await
            .unwrap(),
        None
    );
}

#[tokio::test]
async fn a_read_cannot_write() {
    let scratch = Scratch::new();
    let store = scratch.open().await.unwrap();
    let tenant = TenantId::default();
    let refused = store
        .read(&tenant, |tx| tx.roles().create(&role("rol_1", "A"), NOW))
        .await;
    assert!(
        refused
            .unwrap_err()
            .to_string()
            .contains("expected it within Store::write")
    );
}
