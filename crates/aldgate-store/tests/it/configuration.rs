//! Tenants, applications, APIs, client grants, connections, keys and settings.

use aldgate_core::api::{Api, IdentifierAlias, SigningAlg};
use aldgate_core::application::Application;
use aldgate_core::client_grant::{ClientGrant, SubjectType};
use aldgate_core::connection::Connection;
use aldgate_core::id::KeyId;
use aldgate_core::key::KeyState;
use aldgate_core::tenant::{Issuer, Tenant, TenantSettings};
use aldgate_core::time::Seconds;
use aldgate_store::scratch::Scratch;
use aldgate_store::{ClientGrantFilter, Page, Saved, StoreError, StoredKey, Tx, UserFilter};
use serde_json::{Value, json};

use crate::fixtures::{NOW, tenant, user};

fn application(id: &str) -> Application {
    serde_json::from_value(json!({"client_id": id, "name": format!("App {id}")})).unwrap()
}

fn api(digit: char, identifier: &str) -> Api {
    let id = digit.to_string().repeat(24);
    serde_json::from_value(json!({"id": id, "identifier": identifier, "updated_at": NOW})).unwrap()
}

fn client_grant(id: &str, client: &str, audience: &str) -> ClientGrant {
    let document = json!({"id": id, "client_id": client, "audience": audience});
    serde_json::from_value(document).unwrap()
}

fn issuer(name: &str) -> Tenant {
    Tenant {
        id: tenant(name),
        issuer: Issuer::parse(&format!("https://{name}.test")).unwrap(),
        settings: TenantSettings::default(),
        created_at: NOW,
    }
}

#[tokio::test]
async fn ten_01_deleting_a_tenant_removes_what_is_its_own_alone() {
    let scratch = Scratch::new();
    let store = scratch.open().await.unwrap();
    store
        .write_system(|system| {
            for name in ["ours", "theirs"] {
                system.tenants().create(&issuer(name))?;
                let tx = system.within(&tenant(name));
                assert_eq!(tx.users().create(&user(1, "ann@example.com"))?, Saved::Done);
                tx.applications().create(&application("app"))?;
            }
            Ok::<_, StoreError>(())
        })
        .await
        .unwrap();
    let taken = store
        .write_system(|system| system.tenants().create(&issuer("ours")))
        .await;
    assert!(
        matches!(taken, Err(StoreError::Conflict("tenants"))),
        "{taken:?}"
    );
    store
        .write_system(|system| {
            let found = system.tenants().by_authority("ours.test")?.unwrap();
            assert_eq!(found.id, tenant("ours"));
            assert!(system.tenants().delete(&tenant("ours"))?);
            assert!(!system.tenants().delete(&tenant("ours"))?);
            let left = system.tenants().list(&Page::largest())?;
            assert_eq!(left, [issuer("theirs")]);
            for (name, expected) in [("ours", 0), ("theirs", 1)] {
                let tx = system.within(&tenant(name));
                assert_eq!(tx.users().count(&UserFilter::default())?, expected);
                assert_eq!(tx.applications().count("")?, expected);
            }
            Ok::<_, StoreError>(())
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn a_tenant_changes_only_itself() {
    let scratch = Scratch::new();
    let store = scratch.open().await.unwrap();
    store
        .write_system(|system| system.tenants().create(&issuer("ours")))
        .await
        .unwrap();
    let ours = tenant("ours");
    let renamed = store
        .write(&ours, |tx| {
            let mut own = tx.own_tenant().load_to_change()?.unwrap();
            own.settings.friendly_name = Some("Ours".to_owned());
            tx.own_tenant().update(&own, NOW)?;
            tx.own_tenant().load()
        })
        .await
        .unwrap();
    assert_eq!(
        renamed.unwrap().settings.friendly_name.as_deref(),
        Some("Ours")
    );
    let refused = store
        .write(&ours, |tx| tx.own_tenant().update(&issuer("theirs"), NOW))
        .await;
    assert!(
        matches!(refused, Err(StoreError::Conflict(_))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn an_application_takes_its_client_grants_along() {
    let scratch = Scratch::new();
    let store = scratch.open().await.unwrap();
    store
        .write(&tenant("default"), |tx| {
            let app = application("app");
            tx.applications().create(&app)?;
            tx.applications().create(&application("other"))?;
            for (id, client) in [("cgr_1", "app"), ("cgr_2", "other")] {
                tx.client_grants()
                    .create(&client_grant(id, client, "https://a/"))?;
            }
            assert_eq!(
                tx.applications().by_id_to_change(&app.id)?,
                Some(app.clone())
            );
            assert_eq!(tx.applications().list("APP o", &Page::largest())?.len(), 1);
            assert!(tx.applications().delete(&app.id)?);
            assert_eq!(tx.applications().by_id(&app.id)?, None);
            assert_eq!(tx.client_grants().count(&ClientGrantFilter::default())?, 1);
            Ok::<_, StoreError>(())
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn a_former_identifier_works_until_its_end() {
    let scratch = Scratch::new();
    let store = scratch.open().await.unwrap();
    store
        .write(&tenant("default"), |tx| {
            let mut orders = api('a', "https://old/");
            tx.apis().create(&orders)?;
            tx.client_grants()
                .create(&client_grant("cgr_1", "app", "https://old/"))?;
            orders.identifier = "https://new/".to_owned();
            let until = NOW + Seconds::days(1);
            let identifier = "https://old/".to_owned();
            orders.aliases = vec![IdentifierAlias { identifier, until }];
            assert!(tx.apis().update(&orders)?);
            tx.apis().rename("https://old/", "https://new/")?;
            let found = tx.apis().by_identifier("https://old/", NOW)?.unwrap();
            assert_eq!(found.identifier, "https://new/");
            assert_eq!(tx.apis().by_identifier("https://old/", until)?, None);
            let app = application("app").id;
            let granted = tx
                .client_grants()
                .of(&app, "https://new/", SubjectType::Client)?;
            assert_eq!(granted.unwrap().audience, "https://new/");
            Ok::<_, StoreError>(())
        })
        .await
        .unwrap();
    let default = tenant("default");
    let steal = |tx: &mut Tx<'_>| tx.apis().create(&api('b', "https://old/"));
    let stolen = store.write(&default, steal).await;
    assert!(
        matches!(stolen, Err(StoreError::Conflict("api_aliases"))),
        "{stolen:?}"
    );
}

#[tokio::test]
async fn an_application_has_one_client_grant_for_each_api_and_subject() {
    let scratch = Scratch::new();
    let store = scratch.open().await.unwrap();
    let default = tenant("default");
    let first = client_grant("cgr_1", "app", "https://a/");
    store
        .write(&default, move |tx| tx.client_grants().create(&first))
        .await
        .unwrap();
    let second = client_grant("cgr_2", "app", "https://a/");
    let refused = store
        .write(&default, move |tx| tx.client_grants().create(&second))
        .await;
    assert!(
        matches!(refused, Err(StoreError::Conflict("client_grants"))),
        "{refused:?}"
    );
    let mut for_users = client_grant("cgr_3", "app", "https://a/");
    for_users.subject_type = SubjectType::User;
    store
        .write(&default, move |tx| tx.client_grants().create(&for_users))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_connection_goes_only_without_users() {
    let scratch = Scratch::new();
    let store = scratch.open().await.unwrap();
    let default = tenant("default");
    let connection: Connection =
        serde_json::from_value(json!({"id": "con_db", "name": "DB", "strategy": "auth0"})).unwrap();
    let id = connection.id.clone();
    store
        .write(&default, move |tx| {
            tx.connections().create(&connection)?;
            assert_eq!(tx.connections().by_name("DB")?, Some(connection.clone()));
            assert_eq!(tx.connections().count(Some("oidc"))?, 0);
            assert_eq!(tx.users().create(&user(1, "ann@example.com"))?, Saved::Done);
            Ok::<_, StoreError>(())
        })
        .await
        .unwrap();
    let kept = id.clone();
    let refused = store
        .write(&default, move |tx| tx.connections().delete(&kept))
        .await;
    assert!(
        matches!(refused, Err(StoreError::Conflict("identities"))),
        "{refused:?}"
    );
    store
        .write(&default, move |tx| {
            for someone in tx.connections().users(&id, 100)? {
                tx.users().delete(&someone)?;
            }
            assert!(tx.connections().delete(&id)?);
            Ok::<_, StoreError>(())
        })
        .await
        .unwrap();
}

fn key(id: &str, state: KeyState) -> StoredKey {
    StoredKey {
        id: KeyId::parse(id).unwrap(),
        alg: SigningAlg::Es256,
        state,
        sealed: vec![0, 159, 255],
        document: json!({"kty": "EC"}),
        created_at: NOW,
        updated_at: NOW,
    }
}

#[tokio::test]
async fn jwk_02_there_is_never_a_second_current_key() {
    let scratch = Scratch::new();
    let store = scratch.open().await.unwrap();
    let default = tenant("default");
    store
        .write(&default, |tx| {
            tx.signing_keys().create(&key("k1", KeyState::Current))
        })
        .await
        .unwrap();
    let create = |tx: &mut Tx<'_>| tx.signing_keys().create(&key("k2", KeyState::Current));
    let second = store.write(&default, create).await;
    assert!(
        matches!(second, Err(StoreError::Conflict("signing_keys"))),
        "{second:?}"
    );
    store
        .write(&default, |tx| {
            let (k1, k2) = (key("k1", KeyState::Current).id, key("k2", KeyState::Next));
            tx.signing_keys().create(&k2)?;
            assert!(
                tx.signing_keys()
                    .advance(&k1, KeyState::Current, KeyState::Previous, NOW)?
            );
            assert!(
                !tx.signing_keys()
                    .advance(&k1, KeyState::Current, KeyState::Previous, NOW)?
            );
            assert!(
                tx.signing_keys()
                    .advance(&k2.id, KeyState::Next, KeyState::Current, NOW)?
            );
            assert!(!tx.signing_keys().reseal(&k2.id, &[1], &[2])?);
            assert!(tx.signing_keys().reseal(&k2.id, &k2.sealed, &[2])?);
            let states: Vec<KeyState> = tx.signing_keys().all()?.iter().map(|k| k.state).collect();
            assert_eq!(states, [KeyState::Previous, KeyState::Current]);
            assert_eq!(tx.signing_keys().by_id(&k2.id)?.unwrap().sealed, [2]);
            Ok::<_, StoreError>(())
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn settings_are_one_document_for_each_kind_and_id() {
    let scratch = Scratch::new();
    let store = scratch.open().await.unwrap();
    store
        .write(&tenant("default"), |tx| {
            tx.settings()
                .save("prompt", "en", &json!({"title": "Hi"}), NOW)?;
            tx.settings()
                .save("prompt", "en", &json!({"title": "Hello"}), NOW)?;
            tx.settings()
                .save("prompt", "de", &json!({"title": "Hallo"}), NOW)?;
            let all: Vec<(String, Value)> = tx.settings().all("prompt")?;
            assert_eq!(all[0], ("de".to_owned(), json!({"title": "Hallo"})));
            assert_eq!(all[1], ("en".to_owned(), json!({"title": "Hello"})));
            assert!(tx.settings().delete("prompt", "de")?);
            assert_eq!(tx.settings().load::<Value>("prompt", "de")?, None);
            Ok::<_, StoreError>(())
        })
        .await
        .unwrap();
}
