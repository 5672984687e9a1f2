//! Grants and what hangs on them: codes, refresh tokens, opaque access tokens, assertions.

use aldgate_core::grant::refresh::RefreshToken;
use aldgate_core::grant::{Code, Grant};
use aldgate_core::id::{ClientId, GrantId, TenantId, UserId};
use aldgate_core::scope::Scopes;
use aldgate_core::secret::TokenHash;
use aldgate_core::time::{Seconds, Timestamp};
use aldgate_store::scratch::Scratch;
use aldgate_store::{AccessToken, Store, StoreError};
use serde_json::json;

const NOW: Timestamp = Timestamp::from_seconds(1_795_000_000);

fn grant(id: &str) -> Grant {
    serde_json::from_value(json!({
        "id": id, "client_id": "app", "user_id": "auth0|1", "requested": ["openid"],
        "scope": ["openid"], "origin": "code", "created_at": NOW,
    }))
    .unwrap()
}

fn id(text: &str) -> GrantId {
    GrantId::parse(text).unwrap()
}

fn end() -> Timestamp {
    NOW + Seconds(60)
}

async fn store_with_grant(scratch: &Scratch) -> (Store, TenantId) {
    let (store, tenant) = (scratch.open().await.unwrap(), TenantId::default());
    store
        .write(&tenant, |tx| tx.grants().create(&grant("gnt_1"), end()))
        .await
        .unwrap();
    (store, tenant)
}

/// How long jobs that were given up are kept.
const KEPT: Seconds = Seconds::days(14);

#[tokio::test]
async fn a_grant_is_revoked_once_and_for_good() {
    let scratch = Scratch::new();
    let (store, tenant) = store_with_grant(&scratch).await;
    let revoked = store
        .write(&tenant, |tx| {
            let first = tx.grants().revoke(&id("gnt_1"), NOW)?;
            let second = tx.grants().revoke(&id("gnt_1"), end())?;
            tx.grants().keep_until(&id("gnt_1"), end() + Seconds(1))?;
            Ok::<_, StoreError>((first, second, tx.grants().by_id(&id("gnt_1"))?))
        })
        .await
        .unwrap();
    assert_eq!((revoked.0, revoked.1), (true, false));
    let stored = revoked.2.unwrap();
    assert_eq!(
        (stored.grant.clone(), stored.revoked_at),
        (grant("gnt_1"), Some(NOW))
    );
    assert_eq!(stored.live(), None);
    assert_eq!(
        store.sweep(end() + Seconds(1), KEPT).await.unwrap(),
        0,
        "kept longer"
    );
    assert_eq!(store.sweep(end() + Seconds(2), KEPT).await.unwrap(), 1);
}

#[tokio::test]
async fn what_a_user_gave_an_application_is_revoked_together() {
    let scratch = Scratch::new();
    let (store, tenant) = store_with_grant(&scratch).await;
    let count = store
        .write(&tenant, |tx| {
            tx.grants().create(&grant("gnt_2"), end())?;
            let (user, client) = (
                UserId::parse("auth0|1").unwrap(),
                ClientId::parse("app").unwrap(),
            );
            let other = ClientId::parse("other").unwrap();
            assert_eq!(tx.grants().revoke_between(&user, &other, NOW)?, 0);
            tx.grants().revoke_between(&user, &client, NOW)
        })
        .await;
    assert_eq!(count.unwrap(), 2);
}

#[tokio::test]
async fn oau_03_fifty_at_once_spend_a_code_once() {
    let scratch = Scratch::new();
    let (store, tenant) = store_with_grant(&scratch).await;
    let code: Code = serde_json::from_value(json!({
        "grant_id": "gnt_1", "client_id": "app", "expires_at": end(),
    }))
    .unwrap();
    let made = code.clone();
    store
        .write(&tenant, move |tx| {
            tx.codes().create(&TokenHash::of("c"), &made)
        })
        .await
        .unwrap();
    let spent = in_parallel(&store, &tenant, |tx| {
        tx.codes().take(&TokenHash::of("c"), NOW)
    })
    .await;
    assert_eq!(spent, 1);
    let found = store
        .read(&tenant, |tx| tx.codes().find(&TokenHash::of("c")))
        .await;
    let (found, grant) = found.unwrap().unwrap();
    assert_eq!((found.code, found.spent), (code, true));
    assert_eq!(grant.grant.id, id("gnt_1"));
}

#[tokio::test]
async fn rtk_02_fifty_at_once_retire_a_token_once() {
    let scratch = Scratch::new();
    let (store, tenant) = store_with_grant(&scratch).await;
    let token = |generation| RefreshToken {
        grant_id: id("gnt_1"),
        generation,
        idle_expires_at: end(),
        expires_at: end(),
        retired_at: None,
    };
    let (first, second) = (TokenHash::of("r0"), TokenHash::of("r1"));
    let made = token(0);
    store
        .write(&tenant, move |tx| {
            tx.refresh_tokens().create(&first, &made, NOW)
        })
        .await
        .unwrap();
    let retired = in_parallel(&store, &tenant, move |tx| {
        tx.refresh_tokens().retire(&first, NOW)
    })
    .await;
    assert_eq!(retired, 1);
    let next = token(1);
    let (old, new) = store
        .write(&tenant, move |tx| {
            tx.refresh_tokens().create(&second, &next, NOW)?;
            tx.refresh_tokens().touch(&first, end() + Seconds(5))?;
            tx.refresh_tokens().touch(&second, end() + Seconds(5))?;
            let mut find = |hash| tx.refresh_tokens().find(hash);
            Ok::<_, StoreError>((find(&first)?.unwrap(), find(&second)?.unwrap()))
        })
        .await
        .unwrap();
    assert_eq!((old.token.retired_at, old.newest), (Some(NOW), 1));
    assert_eq!(
        old.token.idle_expires_at,
        end(),
        "a retired token is not prolonged"
    );
    assert_eq!(new.token.idle_expires_at, end() + Seconds(5));
    assert_eq!(new.grant.grant, grant("gnt_1"));
}

#[tokio::test]
async fn an_opaque_token_keeps_its_first_facts() {
    let scratch = Scratch::new();
    let (store, tenant) = store_with_grant(&scratch).await;
    let found = store
        .write(&tenant, |tx| {
            let hash = TokenHash::of("a");
            let mut token = AccessToken {
                grant_id: id("gnt_1"),
                scope: Scopes::parse("openid email").unwrap(),
                created_at: NOW,
                expires_at: end(),
            };
            tx.access_tokens().create(&hash, &token)?;
            token.scope = Scopes::none();
            tx.access_tokens().create(&hash, &token)?;
            let found = tx.access_tokens().find(&hash)?;
            assert!(tx.access_tokens().delete(&hash)? && !tx.access_tokens().delete(&hash)?);
            Ok::<_, StoreError>(found)
        })
        .await;
    let (token, stored) = found.unwrap().unwrap();
    assert_eq!(token.scope.to_string(), "openid email");
    assert_eq!(stored.grant.id, id("gnt_1"));
}

#[tokio::test]
async fn oau_06_fifty_at_once_use_an_assertion_once() {
    let scratch = Scratch::new();
    let (store, tenant) = store_with_grant(&scratch).await;
    let first = in_parallel(&store, &tenant, |tx| {
        let client = ClientId::parse("app").unwrap();
        tx.assertions().take(&client, &TokenHash::of("jti"), end())
    });
    assert_eq!(first.await, 1);
}

async fn in_parallel<F>(store: &Store, tenant: &TenantId, work: F) -> usize
where
    F: Fn(&mut aldgate_store::Tx<'_>) -> Result<bool, StoreError> + Clone + Send + 'static,
{
    let mut tasks = Vec::new();
    for _ in 0..50 {
        let (store, tenant, work) = (store.clone(), tenant.clone(), work.clone());
        tasks.push(tokio::spawn(async move {
            store.write(&tenant, work).await.unwrap()
        }));
    }
    let mut done = 0;
    for task in tasks {
        done += usize::from(task.await.unwrap());
    }
    done
}

#[tokio::test]
async fn the_oldest_refresh_tokens_beyond_a_number_go() {
    let scratch = Scratch::new();
    let (store, tenant) = store_with_grant(&scratch).await;
    let hash = |n: usize| TokenHash::of(&format!("token {n}"));
    let found = store
        .write(&tenant, move |tx| {
            for n in 2..=6 {
                let mut grant = grant(&format!("gnt_{n}"));
                grant.created_at = NOW + Seconds(n);
                tx.grants().create(&grant, end())?;
                let token = RefreshToken {
                    grant_id: grant.id.clone(),
                    generation: 0,
                    idle_expires_at: end(),
                    // The third does not work any more: it does not count.
                    expires_at: if n == 3 { NOW } else { end() },
                    retired_at: None,
                };
                tx.refresh_tokens().create(&hash(n as usize), &token, NOW)?;
            }
            let user = UserId::parse("auth0|1").unwrap();
            let (client, other) = (
                ClientId::parse("app").unwrap(),
                ClientId::parse("other").unwrap(),
            );
            tx.refresh_tokens().keep_youngest((&user, &other), 0, NOW)?;
            tx.refresh_tokens()
                .keep_youngest((&user, &client), 9, NOW)?;
            tx.refresh_tokens()
                .keep_youngest((&user, &client), 2, NOW)?;
            let mut found = Vec::new();
            for n in 2..=6 {
                if tx.refresh_tokens().find(&hash(n))?.is_some() {
                    found.push(n);
                }
            }
            Ok::<_, StoreError>(found)
        })
        .await;
    assert_eq!(found.unwrap(), [3, 5, 6]);
}
