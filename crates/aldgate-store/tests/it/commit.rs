//! Group commit, overload, and what others hear of a commit.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};

use aldgate_core::attempts::{Address, Counted, Penalty, Rule, Subject};
use aldgate_core::id::RoleId;
use aldgate_core::role::Role;
use aldgate_core::time::Seconds;
use aldgate_store::scratch::Scratch;
use aldgate_store::{Change, ChangeKind, Store, StoreError, StoreOptions, Tx};
use serde_json::json;

use crate::fixtures::{NOW, tenant};

fn add_role(number: usize) -> impl Fn(&mut Tx<'_>) -> Result<(), StoreError> + Send + 'static {
    move |tx| {
        let id = RoleId::parse(&format!("rol_{number}")).unwrap();
        let role = Role {
            id,
            name: format!("{number}"),
            description: None,
        };
        tx.roles().create(&role, NOW)
    }
}

/// Holds up the one writer until the sender is used.
fn block(
    store: &Store,
) -> (
    mpsc::Sender<()>,
    tokio::task::JoinHandle<Result<(), StoreError>>,
) {
    let (release, blocked) = mpsc::channel::<()>();
    let blocked = Mutex::new(blocked);
    let (begun, has_begun) = mpsc::channel::<()>();
    let store = store.clone();
    let task = tokio::spawn(async move {
        let wait = move |_: &mut Tx<'_>| {
            begun.send(()).unwrap();
            blocked
                .lock()
                .unwrap()
                .recv()
                .map_err(StoreError::unavailable)
        };
        store.write(&tenant("default"), wait).await
    });
    tokio::task::block_in_place(|| has_begun.recv().unwrap());
    (release, task)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn units_that_wait_together_are_committed_together_and_fail_alone() {
    let scratch = Scratch::new();
    let store = scratch.open().await.unwrap();
    if store.engine_name() != "sqlite" {
        return; // PostgreSQL groups commits by itself.
    }
    let (release, blocker) = block(&store);
    let before = store.stats();
    let tasks: Vec<_> = (0..50)
        .map(|number| {
            let store = store.clone();
            // Every fifth has the name of its predecessor.
            let number = if number % 5 == 4 { number - 1 } else { number };
            tokio::spawn(async move { store.write(&tenant("default"), add_role(number)).await })
        })
        .collect();
    while store.stats().waiting < 50 {
        tokio::task::yield_now().await;
    }
    release.send(()).unwrap();
    blocker.await.unwrap().unwrap();
    let mut failed = 0;
    for task in tasks {
        failed += usize::from(task.await.unwrap().is_err());
    }
    assert_eq!(failed, 10);
    let count = store
        .read(&tenant("default"), |tx| tx.roles().count(""))
        .await
        .unwrap();
    assert_eq!(count, 40);
    let after = store.stats();
    assert_eq!(after.units - before.units, 41);
    assert_eq!(after.commits - before.commits, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rel_01_a_batch_that_runs_again_has_each_effect_once() {
    let scratch = Scratch::new();
    let store = scratch.open().await.unwrap();
    if store.engine_name() != "sqlite" {
        return; // There a unit runs again by itself; see `faults`.
    }
    let subject = Subject::Address(Address::of("203.0.113.9".parse().unwrap()));
    let rule = Rule {
        max: 100,
        memory: Seconds::hours(1),
        penalty: Penalty::Notice,
    };
    let runs = Arc::new(AtomicUsize::new(0));
    let (release, blocker) = block(&store);
    let tasks: Vec<_> = (0..9)
        .map(|number| {
            let (store, subject, runs) = (store.clone(), subject.clone(), Arc::clone(&runs));
            // Counting has another effect each time that it happens. The fifth counts and writes
            // as its neighbours do, then changes its mind.
            let count = move |tx: &mut Tx<'_>| {
                runs.fetch_add(1, Ordering::SeqCst);
                tx.settings()
                    .save("numbers", &number.to_string(), &json!(number), NOW)?;
                match tx.attempts().count(&subject, &rule, NOW)? {
                    Counted::Attempt(_) if number == 4 => Err(StoreError::Conflict("on purpose")),
                    Counted::Attempt(place) => Ok(place),
                    Counted::Blocked(_) => unreachable!("the rule allows more"),
                }
            };
            tokio::spawn(async move { store.write(&tenant("default"), count).await })
        })
        .collect();
    while store.stats().waiting < 9 {
        tokio::task::yield_now().await;
    }
    release.send(()).unwrap();
    blocker.await.unwrap().unwrap();
    let mut places = Vec::new();
    for (number, task) in tasks.into_iter().enumerate() {
        let counted = task.await.unwrap();
        assert_eq!(counted.is_err(), number == 4);
        places.extend(counted.ok());
    }
    places.sort_unstable();
    assert_eq!(places, (1..=8).collect::<Vec<_>>());
    assert!(
        runs.load(Ordering::SeqCst) > 9,
        "the batch did not run again"
    );
    // What the next one sees is what was committed.
    let next = store
        .write(&tenant("default"), move |tx| {
            let stored = tx.settings().load::<usize>("numbers", "4")?;
            Ok::<_, StoreError>((stored, tx.attempts().count(&subject, &rule, NOW)?))
        })
        .await
        .unwrap();
    assert_eq!(next, (None, Counted::Attempt(9)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rel_03_a_full_queue_refuses_at_once() {
    let scratch = Scratch::new();
    let options = StoreOptions {
        queue_limit: 3,
        postgres_connections: 1,
        ..Scratch::options()
    };
    let store = Store::open_with(scratch.url(), options).await.unwrap();
    store.migrate().await.unwrap();
    let (release, blocker) = block(&store);
    let waiting: Vec<_> = (0..3)
        .map(|number| {
            let store = store.clone();
            tokio::spawn(async move { store.write(&tenant("default"), add_role(number)).await })
        })
        .collect();
    while store.stats().waiting < 3 {
        tokio::task::yield_now().await;
    }
    let refused = store
        .write(&tenant("default"), add_role(9))
        .await
        .unwrap_err();
    assert!(
        refused.to_string().contains("3 units of work are waiting"),
        "{refused}"
    );
    release.send(()).unwrap();
    blocker.await.unwrap().unwrap();
    for task in waiting {
        task.await.unwrap().unwrap();
    }
    store.write(&tenant("default"), add_role(9)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_is_heard_here_before_its_answer_and_elsewhere_soon() {
    let scratch = Scratch::new();
    let here = scratch.open().await.unwrap();
    let elsewhere = scratch.open().await.unwrap();
    let heard_here = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&heard_here);
    here.on_change(move |change| heard.lock().unwrap().push(change.clone()))
        .unwrap();
    let (told, hears) = mpsc::channel();
    let told = Mutex::new(told);
    elsewhere
        .on_change(move |change| drop(told.lock().unwrap().send(change.clone())))
        .unwrap();

    let save =
        |name: &'static str| move |tx: &mut Tx<'_>| tx.settings().save(name, "", &json!({}), NOW);
    let expected = |name: &str| Change::Row {
        tenant: tenant("default"),
        kind: ChangeKind::Settings,
        id: name.to_owned(),
    };
    here.write(&tenant("default"), save("branding"))
        .await
        .unwrap();
    assert!(heard_here.lock().unwrap().contains(&expected("branding")));

    // The watcher may begin to look only after the first change: repeat until it hears.
    let mut rounds = 0;
    loop {
        here.write(&tenant("default"), save("prompts"))
            .await
            .unwrap();
        let next =
            tokio::task::block_in_place(|| hears.recv_timeout(std::time::Duration::from_secs(2)));
        rounds += 1;
        match next {
            Ok(change) if change == expected("prompts") => break,
            _ => assert!(rounds < 10, "nothing was heard in ten rounds"),
        }
    }
    let refused = here
        .write(&tenant("default"), |tx| {
            tx.settings().save("refused", "", &json!({}), NOW)?;
            Err::<(), _>(StoreError::Conflict("on purpose"))
        })
        .await;
    assert!(refused.is_err());
    assert!(!heard_here.lock().unwrap().contains(&expected("refused")));
}
