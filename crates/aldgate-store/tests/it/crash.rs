//! What was acknowledged survives `kill -9`.

use std::io::{BufRead, BufReader, Write as _};
use std::process::{Command, Stdio};

use aldgate_core::id::RoleId;
use aldgate_core::role::Role;
use aldgate_store::scratch::Scratch;
use aldgate_store::{DatabaseUrl, Store, StoreError, Tx};

use crate::fixtures::{NOW, tenant};

/// Names the database for the child; the child is this test program.
const DATABASE: &str = "ALDGATE_TEST_CRASH_DATABASE";

/// How often the child is killed: enough to hit different moments, and still a second of time.
const ROUNDS: usize = 12;

#[tokio::test]
async fn rel_01_what_was_acknowledged_survives_kill_9() {
    let scratch = Scratch::new();
    let mut store = scratch.open().await.unwrap();
    let mut acknowledged = Vec::new();
    for round in 0..ROUNDS {
        drop(store);
        // A different number of answers each time, so that the kill hits different moments.
        acknowledged.extend(run_and_kill(
            &scratch.url_text(),
            round,
            5 + round * 17 % 60,
        ));
        store = Store::open_with(scratch.url(), Scratch::options())
            .await
            .unwrap();
        let names = acknowledged.clone();
        let lost = store
            .read(&tenant("default"), move |tx| {
                let mut lost = Vec::new();
                for name in &names {
                    if tx.roles().by_name(name)?.is_none() {
                        lost.push(name.clone());
                    }
                }
                Ok::<_, StoreError>(lost)
            })
            .await
            .unwrap();
        assert!(lost.is_empty(), "round {round}: {lost:?}");
    }
    assert!(acknowledged.len() > ROUNDS * 5);
    if let Some(path) = scratch.url().sqlite_path() {
        let file = rusqlite::Connection::open(path).unwrap();
        let health = file.query_row("PRAGMA integrity_check", [], |row| row.get(0));
        assert_eq!(health, Ok("ok".to_owned()));
    }
}

/// Starts the child, reads `answers` names that it says are stored, kills it, and reads what it had
/// said besides.
fn run_and_kill(database: &str, round: usize, answers: usize) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::child", "--ignored", "--nocapture"])
        .env(DATABASE, format!("{round} {database}"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut names = Vec::new();
    while names.len() < answers {
        let line = lines
            .next()
            .expect("the child runs until it is killed")
            .unwrap();
        names.extend(line.strip_prefix("stored ").map(str::to_owned));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // The last line may be cut off in the middle of a name; whole ones end with a full stop.
    let rest = lines.map_while(Result::ok);
    names.extend(rest.filter_map(|line| line.strip_prefix("stored ").map(str::to_owned)));
    let whole = names.iter().filter_map(|name| name.strip_suffix('.'));
    whole.map(str::to_owned).collect()
}

/// Stores roles without end and says so, from several tasks at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "runs only as the child that is killed"]
#[expect(
    clippy::disallowed_methods,
    reason = "the parent passes the database this way"
)]
async fn child() {
    let text = std::env::var(DATABASE).expect("set by the parent");
    let (round, database) = text.split_once(' ').unwrap();
    let url = DatabaseUrl::parse(database).unwrap();
    // As a server would: with the default options, which wait for the disk.
    let store = Store::open(&url).await.unwrap();
    let tasks = (0..8).map(|task| write_forever(store.clone(), format!("{round}-{task}")));
    for task in tasks.map(tokio::spawn).collect::<Vec<_>>() {
        task.await.unwrap();
    }
}

async fn write_forever(store: Store, name: String) {
    for number in 0.. {
        let name = format!("{name}-{number}");
        let role = Role {
            id: RoleId::parse(&format!("rol_{name}")).unwrap(),
            name: name.clone(),
            description: None,
        };
        let create = move |tx: &mut Tx<'_>| tx.roles().create(&role, NOW);
        store.write(&tenant("default"), create).await.unwrap();
        let mut out = std::io::stdout().lock();
        writeln!(out, "stored {name}.").unwrap();
        out.flush().unwrap();
    }
}
