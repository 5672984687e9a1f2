//! What a unit of work promises, whatever it does.

use aldgate_core::id::TenantId;
use aldgate_store::StoreError;
use aldgate_store::scratch::Scratch;

#[tokio::test]
async fn migrating_is_done_once() {
    let scratch = Scratch::new();
    let store = scratch.open().await.unwrap();
    assert_eq!(store.migrate().await.unwrap(), Vec::<&str>::new());
    assert_eq!(
        store.pending_migrations().await.unwrap(),
        Vec::<&str>::new()
    );
}

#[tokio::test]
async fn two_nodes_may_migrate_at_the_same_time() {
    let scratch = Scratch::new();
    let stores = [
        open_unmigrated(&scratch).await,
        open_unmigrated(&scratch).await,
    ];
    let (a, b) = tokio::join!(stores[0].migrate(), stores[1].migrate());
    let applied = a.unwrap().len() + b.unwrap().len();
    assert!(applied >= 1);
    assert_eq!(
        stores[0].pending_migrations().await.unwrap(),
        Vec::<&str>::new()
    );
}

#[tokio::test]
async fn a_panic_is_an_error_for_its_caller_alone() {
    let scratch = Scratch::new();
    let store = scratch.open().await.unwrap();
    let tenant = TenantId::default();
    let panicked: Result<(), StoreError> = store
        .write(&tenant, |_| -> Result<(), StoreError> {
            panic!("on purpose")
        })
        .await;
    assert!(panicked.unwrap_err().to_string().contains("panicked"));
    let next = store
        .write(&tenant, |tx| Ok::<_, StoreError>(tx.tenant().to_string()))
        .await;
    assert_eq!(next.unwrap(), "default");
}

async fn open_unmigrated(scratch: &Scratch) -> aldgate_store::Store {
    aldgate_store::Store::open_with(scratch.url(), Scratch::options())
        .await
        .unwrap()
}
