//! Sessions, running authorizations and consents.

use std::sync::LazyLock;

use aldgate_core::authorize::Request;
use aldgate_core::consent::Consent;
use aldgate_core::grant::Grant;
use aldgate_core::id::{ClientId, SessionId, TenantId, UserId};
use aldgate_core::scope::Scopes;
use aldgate_core::secret::TokenHash;
use aldgate_core::session::{Device, Session};
use aldgate_core::time::{Seconds, Timestamp};
use aldgate_core::transaction::{LIFETIME, Transaction};
use aldgate_store::scratch::Scratch;
use aldgate_store::{Page, StoreError};

static TENANT: LazyLock<TenantId> = LazyLock::new(TenantId::default);
const NOW: Timestamp = Timestamp::from_seconds(1_795_000_000);

fn session(id: &str) -> Session {
    Session {
        id: SessionId::parse(id).unwrap(),
        user_id: UserId::parse("auth0|1").unwrap(),
        methods: Vec::new(),
        authenticated_at: NOW,
        created_at: NOW,
        last_interacted_at: NOW,
        idle_expires_at: NOW + Seconds(60),
        expires_at: NOW + Seconds(100),
        clients: Vec::new(),
        persistent: true,
        device: Device::default(),
        metadata: serde_json::Map::new(),
    }
}

#[tokio::test]
async fn ses_01_a_new_cookie_retires_the_old_one_and_every_other_of_the_session() {
    let scratch = Scratch::new();
    let store = scratch.open().await.unwrap();
    let [a, b, c, other] = ["a", "b", "c", "other"].map(TokenHash::of);
    let done = store.write(&TENANT, move |tx| {
        tx.sessions().begin(&other, &session("s0"), None)?;
        tx.sessions().begin(&a, &session("s1"), Some(&other))?;
        assert_eq!(tx.sessions().live(&other, NOW)?, None);
        tx.sessions().begin(&b, &session("s1"), None)?;
        assert_eq!(tx.sessions().live(&a, NOW)?, None);
        assert_eq!(tx.sessions().live(&b, NOW)?, Some(session("s1")));
        assert_eq!(tx.sessions().live(&b, NOW + Seconds(60))?, None);
        let used = session("s1").touched(NOW + Seconds(50), Seconds(60));
        assert!(tx.sessions().touch(&b, &used)?);
        assert!(tx.sessions().live(&b, NOW + Seconds(99))?.is_some());
        assert!(!tx.sessions().touch(&c, &used)?);
        let user = used.user_id.clone();
        assert_eq!(
            tx.sessions().of_user(&user, &Page::largest())?,
            std::slice::from_ref(&used)
        );
        assert_eq!(tx.sessions().end(&b)?, Some(used));
        assert_eq!(tx.sessions().end(&b)?, None);
        tx.sessions().begin(&c, &session("s2"), None)?;
        assert!(tx.sessions().end_by_id(&SessionId::parse("s2").unwrap())?);
        assert_eq!(tx.sessions().by_id(&SessionId::parse("s2").unwrap())?, None);
        Ok::<_, StoreError>(())
    });
    done.await.unwrap();
}

#[tokio::test]
async fn ten_01_a_session_belongs_to_one_tenant() {
    let scratch = Scratch::new();
    let store = scratch.open().await.unwrap();
    let hash = TokenHash::of("a");
    let begun = store.write(&TENANT, move |tx| {
        tx.sessions().begin(&hash, &session("s1"), None)
    });
    begun.await.unwrap();
    let other = TenantId::parse("other").unwrap();
    let elsewhere = store.write(&other, move |tx| {
        let seen = tx.sessions().live(&hash, NOW)?;
        Ok::<_, StoreError>((seen, tx.sessions().end(&hash)?))
    });
    assert_eq!(elsewhere.await.unwrap(), (None, None));
}

#[tokio::test]
async fn a_transaction_is_finished_once_and_not_after_its_end() {
    let scratch = Scratch::new();
    let store = scratch.open().await.unwrap();
    let [hash, late] = ["x", "y"].map(TokenHash::of);
    let done = store.write(&TENANT, move |tx| {
        let mut running = Transaction::begin(Request::default(), TokenHash::of("browser"), NOW);
        tx.transactions().begin(&hash, &running)?;
        tx.transactions().begin(&late, &running)?;
        running.logged_in = Some(SessionId::parse("s1").unwrap());
        assert!(tx.transactions().update(&hash, &running, NOW)?);
        assert_eq!(
            tx.transactions().running(&hash, NOW)?,
            Some(running.clone())
        );
        assert!(tx.transactions().finish(&hash, NOW)?);
        assert!(!tx.transactions().finish(&hash, NOW)?);
        assert!(!tx.transactions().update(&hash, &running, NOW)?);
        let end = NOW + LIFETIME;
        assert_eq!(tx.transactions().running(&late, end)?, None);
        assert!(!tx.transactions().finish(&late, end)?);
        Ok::<_, StoreError>(())
    });
    done.await.unwrap();
}

#[tokio::test]
async fn r13_a_consent_is_remembered_for_each_audience() {
    let scratch = Scratch::new();
    let store = scratch.open().await.unwrap();
    let consent = |id: &str, audience: Option<&str>, scope: &str| Consent {
        id: id.to_owned(),
        user_id: UserId::parse("auth0|1").unwrap(),
        client_id: ClientId::parse("abc").unwrap(),
        audience: audience.map(str::to_owned),
        scope: Scopes::parse(scope).unwrap(),
        created_at: NOW,
        updated_at: NOW,
    };
    let done = store.write(&TENANT, move |tx| {
        tx.consents().give(&consent("1", None, "openid"))?;
        tx.consents()
            .give(&consent("2", Some("https://api.test/"), "read"))?;
        tx.consents()
            .give(&consent("3", Some("https://api.test/"), "read write"))?;
        let (user, client) = (
            UserId::parse("auth0|1").unwrap(),
            ClientId::parse("abc").unwrap(),
        );
        let found = tx
            .consents()
            .find(&user, &client, Some("https://api.test/"))?;
        assert_eq!(
            found,
            Some(consent("2", Some("https://api.test/"), "read write"))
        );
        assert_eq!(
            tx.consents()
                .find(&user, &client, Some("https://b.test/"))?,
            None
        );
        assert_eq!(tx.consents().of_user(&user, &Page::largest())?.len(), 2);
        let grant: Grant = serde_json::from_value(serde_json::json!({
            "id": "gnt_1", "client_id": "abc", "user_id": "auth0|1", "requested": ["openid"],
            "scope": ["openid"], "origin": "code", "created_at": NOW,
        }))
        .unwrap();
        tx.grants().create(&grant, NOW + Seconds(60))?;
        assert!(tx.consents().withdraw("1", NOW)?);
        assert!(!tx.consents().withdraw("1", NOW)?);
        let stored = tx.grants().by_id(&grant.id)?.expect("it is kept");
        assert_eq!(
            stored.revoked_at,
            Some(NOW),
            "its tokens end with the consent"
        );
        assert_eq!(tx.consents().find(&user, &client, None)?, None);
        Ok::<_, StoreError>(())
    });
    done.await.unwrap();
}
