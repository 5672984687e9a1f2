//! Users, the ways to find them, their passwords and permissions.

use aldgate_core::id::{RoleId, UserId};
use aldgate_core::role::{Permission, Role};
use aldgate_core::secret::Secret;
use aldgate_core::time::Timestamp;
use aldgate_store::scratch::Scratch;
use aldgate_store::{HeldPermission, LoginName, Page, Saved, StoreError, Taken, Tx, UserFilter};

use crate::fixtures::{NOW, database, tenant, user};

fn login(tx: &mut Tx<'_>, kind: LoginName, name: &str) -> Result<Option<UserId>, StoreError> {
    Ok(tx
        .users()
        .by_login(&database(), kind, name)?
        .map(|user| user.id))
}

#[tokio::test]
async fn a_user_is_found_by_every_name_in_any_case_until_it_changes() {
    let scratch = Scratch::new();
    let store = scratch.open().await.unwrap();
    let tenant = tenant("default");
    store
        .write(&tenant, |tx| {
            let mut ann = user(1, "Ann@Example.com");
            ann.username = Some("Ann".to_owned());
            assert_eq!(tx.users().create(&ann)?, Saved::Done);
            assert_eq!(
                login(tx, LoginName::Email, "ANN@example.COM")?,
                Some(ann.id.clone())
            );
            assert_eq!(login(tx, LoginName::Username, "ann")?, Some(ann.id.clone()));
            assert_eq!(login(tx, LoginName::Email, "ann")?, None);
            assert_eq!(tx.users().by_identity(&database(), "1")?, Some(ann.clone()));
            assert_eq!(tx.users().by_email("ann@EXAMPLE.com")?, [ann.clone()]);

            ann.email = Some("new@example.com".to_owned());
            assert_eq!(tx.users().update(&ann)?, Saved::Done);
            assert_eq!(login(tx, LoginName::Email, "ann@example.com")?, None);
            assert_eq!(
                login(tx, LoginName::Email, "new@example.com")?,
                Some(ann.id)
            );
            assert_eq!(
                tx.users().update(&user(9, "nobody@example.com"))?,
                Saved::Missing
            );
            Ok::<_, StoreError>(())
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn a_taken_name_is_told_and_nothing_is_written() {
    let scratch = Scratch::new();
    let store = scratch.open().await.unwrap();
    let tenant = tenant("default");
    store
        .write(&tenant, |tx| {
            assert_eq!(tx.users().create(&user(1, "ann@example.com"))?, Saved::Done);
            assert_eq!(tx.users().create(&user(2, "bob@example.com"))?, Saved::Done);
            let email = Saved::Taken(Taken::Name(LoginName::Email));
            assert_eq!(tx.users().create(&user(3, "ANN@example.com"))?, email);
            assert_eq!(tx.users().update(&user(2, "ann@example.com"))?, email);
            assert_eq!(
                tx.users().create(&user(1, "x@example.com"))?,
                Saved::Taken(Taken::Id)
            );
            let mut twin = user(4, "twin@example.com");
            twin.identities[0].user_id = "1".to_owned();
            assert_eq!(tx.users().create(&twin)?, Saved::Taken(Taken::Identity));
            assert_eq!(tx.users().count(&UserFilter::default())?, 2);
            Ok::<_, StoreError>(())
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn users_are_searched_counted_and_paged() {
    let scratch = Scratch::new();
    let store = scratch.open().await.unwrap();
    let tenant = tenant("default");
    store
        .write(&tenant, |tx| {
            for number in 1..=5 {
                let mut someone = user(number, &format!("user{number}@example.com"));
                someone.created_at = Timestamp::from_seconds(i64::from(number));
                someone.blocked = number == 3;
                assert_eq!(tx.users().create(&someone)?, Saved::Done);
            }
            let all = UserFilter::default();
            let newest = tx.users().search(&all, &Page::at(1, 2))?;
            let ids: Vec<&str> = newest.iter().map(|user| user.id.as_str()).collect();
            assert_eq!(ids, ["auth0|4", "auth0|3"]);
            let blocked = UserFilter {
                blocked: Some(true),
                ..all.clone()
            };
            assert_eq!(tx.users().search(&blocked, &Page::largest())?.len(), 1);
            let text = UserFilter {
                text: Some("USER2@".to_owned()),
                ..all.clone()
            };
            assert_eq!(tx.users().count(&text)?, 1);
            let id = UserFilter {
                text: Some("auth0|5".to_owned()),
                ..all.clone()
            };
            assert_eq!(tx.users().count(&id)?, 1);
            let here = UserFilter {
                connection: Some(database()),
                ..all
            };
            assert_eq!(tx.users().count(&here)?, 5);
            let rest = tx.users().list(&Page::after("auth0|3", 10))?;
            assert_eq!(rest.len(), 2);
            Ok::<_, StoreError>(())
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn a_deleted_user_leaves_nothing_behind() {
    let scratch = Scratch::new();
    let store = scratch.open().await.unwrap();
    let tenant = tenant("default");
    store
        .write(&tenant, |tx| {
            let ann = user(1, "ann@example.com");
            assert_eq!(tx.users().create(&ann)?, Saved::Done);
            tx.passwords()
                .set(&ann.id, &Secret::new("hash".to_owned()), 0, NOW)?;
            tx.permissions().give(&ann.id, &[permission("read:x")])?;
            assert!(tx.users().delete(&ann.id)?);
            assert!(!tx.users().delete(&ann.id)?);
            assert!(tx.passwords().of(&ann.id)?.is_none());
            assert_eq!(tx.permissions().held(&ann.id)?, []);
            assert_eq!(login(tx, LoginName::Email, "ann@example.com")?, None);
            assert_eq!(tx.users().create(&ann)?, Saved::Done);
            Ok::<_, StoreError>(())
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn a_password_keeps_its_history_and_is_upgraded_only_if_unchanged() {
    let scratch = Scratch::new();
    let store = scratch.open().await.unwrap();
    let tenant = tenant("default");
    store
        .write(&tenant, |tx| {
            let ann = user(1, "ann@example.com").id;
            let hash = |text: &str| Secret::new(text.to_owned());
            for text in ["one", "two", "three"] {
                tx.passwords().set(&ann, &hash(text), 1, NOW)?;
            }
            assert!(
                !tx.passwords()
                    .upgrade(&ann, &hash("two"), &hash("better"))?
            );
            assert!(
                tx.passwords()
                    .upgrade(&ann, &hash("three"), &hash("better"))?
            );
            let stored = tx.passwords().of(&ann)?.unwrap();
            assert!(stored.hash == hash("better"));
            assert!(stored.former == [hash("two")]);
            Ok::<_, StoreError>(())
        })
        .await
        .unwrap();
}

fn permission(name: &str) -> Permission {
    Permission {
        api: "https://api.test/".to_owned(),
        name: name.to_owned(),
    }
}

#[tokio::test]
async fn permissions_come_from_roles_and_directly() {
    let scratch = Scratch::new();
    let store = scratch.open().await.unwrap();
    let tenant = tenant("default");
    store
        .write(&tenant, |tx| {
            let ann = user(1, "ann@example.com").id;
            let id = RoleId::parse("rol_1").unwrap();
            let role = Role {
                id: id.clone(),
                name: "Editor".to_owned(),
                description: None,
            };
            tx.roles().create(&role, NOW)?;
            tx.roles()
                .permit(&id, &[permission("read:x"), permission("write:x")])?;
            tx.roles().give(&id, &ann, NOW)?;
            tx.permissions()
                .give(&ann, &[permission("read:x"), permission("audit:x")])?;
            let names = tx.permissions().of_user_at(&ann, "https://api.test/")?;
            assert_eq!(names, ["audit:x", "read:x", "write:x"]);
            assert_eq!(
                tx.permissions()
                    .of_user_at(&ann, "https://other.test/")?
                    .len(),
                0
            );
            let held = tx.permissions().held(&ann)?;
            assert_eq!(held.len(), 4);
            let through_role = HeldPermission {
                permission: permission("read:x"),
                role: Some(id),
            };
            assert!(held.contains(&through_role));
            tx.permissions().abolish(&permission("read:x"))?;
            let names = tx.permissions().of_user_at(&ann, "https://api.test/")?;
            assert_eq!(names, ["audit:x", "write:x"]);
            Ok::<_, StoreError>(())
        })
        .await
        .unwrap();
}
