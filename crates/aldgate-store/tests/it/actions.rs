//! Actions: drafts, versions, bindings, executions, kept events.

use aldgate_core::action::{
    Action, ActionVersion, Binding, Execution, ExecutionStatus, FailureMode, KEPT_MAX, KeptEvent,
    Trigger,
};
use aldgate_core::id::{ActionId, ActionVersionId, ExecutionId, TenantId};
use aldgate_core::time::{Seconds, Timestamp};
use aldgate_store::scratch::Scratch;
use aldgate_store::{ActionFilter, Page, Store, StoreError};
use serde_json::json;

use crate::fixtures::NOW;

fn uuid(number: u32) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

fn action(number: u32, name: &str) -> Action {
    Action {
        id: ActionId::parse(&uuid(number)).unwrap(),
        name: name.to_owned(),
        trigger: Trigger::PostLogin,
        trigger_version: None,
        code: "exports.onExecutePostLogin = async () => {};".to_owned(),
        dependencies: vec![],
        runtime: None,
        secrets: vec![],
        failure_mode: None,
        deployed: None,
        all_changes_deployed: false,
        created_at: NOW,
        updated_at: NOW,
    }
}

fn version(action: &Action, number: u32) -> ActionVersion {
    ActionVersion {
        id: ActionVersionId::parse(&uuid(1000 + number)).unwrap(),
        action_id: action.id.clone(),
        number,
        trigger: action.trigger,
        trigger_version: None,
        code: format!("version {number} as written"),
        javascript: Some(format!("version {number}")),
        dependencies: vec![],
        runtime: None,
        secrets: vec![],
        created_at: NOW,
    }
}

fn binding(action: &Action) -> Binding {
    Binding {
        id: action.id.to_string(),
        trigger: action.trigger,
        action_id: action.id.clone(),
        display_name: action.name.clone(),
        created_at: NOW,
        updated_at: NOW,
    }
}

/// Two actions, both bound, the second one deployed twice.
async fn seed(store: &Store, tenant: &TenantId) -> (Action, Action) {
    let (first, second) = (action(1, "B first"), action(2, "A second"));
    let pair = (first.clone(), second.clone());
    store
        .write(tenant, move |tx| {
            let (first, mut second) = pair.clone();
            tx.actions().create(&first)?;
            tx.actions().create(&second)?;
            for number in [1, 2] {
                let version = version(&second, number);
                tx.actions().add_version(&version)?;
                second.deployed = Some(version.id);
            }
            assert!(tx.actions().update(&second)?);
            tx.actions()
                .bind(Trigger::PostLogin, &[binding(&first), binding(&second)])
        })
        .await
        .unwrap();
    (first, second)
}

#[tokio::test]
async fn sbx_07_a_trigger_runs_the_deployed_version_of_what_is_bound_in_its_order() {
    let scratch = Scratch::new();
    let store = scratch.open().await.unwrap();
    let tenant = TenantId::default();
    let (first, second) = seed(&store, &tenant).await;
    let bound = store
        .read(&tenant, |tx| tx.actions().bound(Trigger::PostLogin))
        .await
        .unwrap();
    // What was never deployed does not run.
    let runs: Vec<(&str, &str)> = bound.iter().map(|d| (d.name.as_str(), &*d.code)).collect();
    assert_eq!(runs, [("A second", "version 2")]);
    assert_eq!(bound[0].failure, FailureMode::Closed);
    let order = store
        .write(&tenant, move |tx| {
            let (mut first, mut second) = (first.clone(), second.clone());
            let version = version(&first, 1);
            tx.actions().add_version(&version)?;
            first.deployed = Some(version.id);
            tx.actions().update(&first)?;
            // Rolled back, and failing open.
            second.deployed = Some(ActionVersionId::parse(&uuid(1001)).unwrap());
            second.failure_mode = Some(FailureMode::Open);
            tx.actions().update(&second)?;
            tx.actions().bound(Trigger::PostLogin)
        })
        .await
        .unwrap();
    let order: Vec<_> = order.iter().map(|d| (d.number, d.failure)).collect();
    assert_eq!(order, [(1, FailureMode::Closed), (1, FailureMode::Open)]);
    let none = store.read(&tenant, |tx| {
        tx.actions().bound(Trigger::CredentialsExchange)
    });
    assert_eq!(none.await.unwrap(), []);
}

#[tokio::test]
async fn actions_are_filtered_and_names_are_unique() {
    let scratch = Scratch::new();
    let store = scratch.open().await.unwrap();
    let tenant = TenantId::default();
    let (first, second) = seed(&store, &tenant).await;
    let (a, b) = (first.id.clone(), second.id.clone());
    let seen = store
        .read(&tenant, move |tx| {
            let mut names = |filter: &ActionFilter| {
                let page = Page::at(0, 10);
                let list = tx.actions().list(filter, &page)?;
                assert_eq!(tx.actions().count(filter)?, list.len() as u64);
                let names = list.into_iter().map(|action| action.name);
                Ok::<_, StoreError>(names.collect::<Vec<_>>().join(","))
            };
            let of = |trigger, name: Option<&str>, deployed| ActionFilter {
                trigger,
                name: name.map(str::to_owned),
                deployed,
            };
            Ok::<_, StoreError>([
                names(&ActionFilter::default())?,
                names(&of(Some(Trigger::PostLogin), None, Some(true)))?,
                names(&of(None, None, Some(false)))?,
                names(&of(None, Some("A second"), None))?,
                names(&of(Some(Trigger::CredentialsExchange), None, None))?,
                tx.actions()
                    .binding_of(&a)?
                    .map_or_else(String::new, |one| one.id),
                tx.actions().versions(&b, &Page::at(0, 1))?[0]
                    .number
                    .to_string(),
                tx.actions().count_versions(&b)?.to_string(),
            ])
        })
        .await
        .unwrap();
    let id = first.id.to_string();
    let expected = [
        "A second,B first",
        "A second",
        "B first",
        "A second",
        "",
        &id,
        "2",
        "2",
    ];
    assert_eq!(seen, expected);
    let taken = store.write(&tenant, |tx| tx.actions().create(&action(9, "B first")));
    assert!(matches!(taken.await, Err(StoreError::Conflict("actions"))));
    let gone = store.write(&tenant, move |tx| {
        assert!(tx.actions().delete(&second.id)?);
        let left = tx.actions().bindings(Trigger::PostLogin)?;
        Ok::<_, StoreError>((left.len(), tx.actions().count_versions(&second.id)?))
    });
    assert_eq!(gone.await.unwrap(), (1, 0));
}

#[tokio::test]
async fn old_versions_go_but_never_the_deployed_one() {
    let scratch = Scratch::new();
    let store = scratch.open().await.unwrap();
    let tenant = TenantId::default();
    let left = store
        .write(&tenant, |tx| {
            let mut action = action(1, "busy");
            action.deployed = Some(version(&action, 1).id);
            tx.actions().create(&action)?;
            for number in 1..=203 {
                tx.actions().add_version(&version(&action, number))?;
            }
            let oldest = tx.actions().version(&action.id, &version(&action, 1).id)?;
            let second = tx.actions().version(&action.id, &version(&action, 2).id)?;
            let count = tx.actions().count_versions(&action.id)?;
            Ok::<_, StoreError>((oldest.is_some(), second.is_some(), count))
        })
        .await
        .unwrap();
    assert_eq!(left, (true, false, 201));
}

fn at(seconds: u64) -> Timestamp {
    NOW + Seconds(seconds)
}

fn execution_id(number: u64) -> ExecutionId {
    ExecutionId::parse(&format!("{number:020}")).unwrap()
}

#[tokio::test]
async fn executions_and_kept_events_are_bounded() {
    let scratch = Scratch::new();
    let store = scratch.open().await.unwrap();
    let tenant = TenantId::default();
    let kept = store
        .write(&tenant, |tx| {
            for number in 0..u64::from(KEPT_MAX) + 5 {
                let event = KeptEvent {
                    id: execution_id(number),
                    trigger: Trigger::PostLogin,
                    continues: None,
                    event: json!({"number": number}),
                    at: at(number),
                };
                tx.action_records().keep(&event, at(number + 1))?;
                let execution = Execution {
                    id: execution_id(number),
                    trigger: Trigger::PostLogin,
                    status: ExecutionStatus::Final,
                    results: vec![],
                    created_at: at(number),
                    updated_at: at(number),
                };
                tx.action_records().executed(&execution, at(number + 1))?;
            }
            let all = tx
                .action_records()
                .kept(Trigger::PostLogin, u32::MAX, NOW)?;
            let late = tx.action_records().kept(Trigger::PostLogin, 9, at(503))?;
            Ok::<_, StoreError>((all.len(), all[0].at, late.len()))
        })
        .await
        .unwrap();
    assert_eq!(kept, (KEPT_MAX as usize, at(504), 2));
    store.sweep(at(503), Seconds(0)).await.unwrap();
    let left = store.write(&tenant, |tx| {
        let mut records = tx.action_records();
        let two = records.executions(Trigger::PostLogin, &Page::at(0, 9))?;
        let older = Page::after(two[0].id.as_str(), 9);
        let one = records.executions(Trigger::PostLogin, &older)?;
        let found = records.execution(&execution_id(504))?.is_some();
        let forgotten = records.forget_kept()?;
        Ok::<_, StoreError>((two.len(), one.len(), found, forgotten))
    });
    // The sweep leaves what expires at that very moment: nothing acts on it any more.
    assert_eq!(left.await.unwrap(), (3, 2, true, 3));
}
