//! Durable commits a second: the disk alone, the store with one caller, the store with many.
//!
//! `cargo run --release -p aldgate-bench --bin commits [postgres://…]`. Without an argument a
//! temporary SQLite file beside the build is used, with the server's own options.

use std::io::Write as _;
use std::time::{Duration, Instant};

use aldgate_core::id::{RoleId, TenantId};
use aldgate_core::role::Role;
use aldgate_core::time::Timestamp;
use aldgate_store::{DatabaseUrl, Store, StoreError, Tx};
use anyhow::Context as _;

/// How long each case runs.
const TIME: Duration = Duration::from_secs(3);

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let directory = tempfile::tempdir_in(".")?;
    let url = match std::env::args().nth(1) {
        Some(text) => DatabaseUrl::parse(&text)?,
        None => DatabaseUrl::sqlite(directory.path().join("bench.db")),
    };
    let store = Store::open(&url).await?;
    store.migrate().await?;
    let disk = syncs(directory.path())?;
    println!("disk: {disk:.0} fdatasync a second, one after the other");
    for tasks in [1, 16, 64, 256] {
        let before = store.stats();
        let seconds = run(&store, tasks).await?;
        let after = store.stats();
        let units = (after.units - before.units) as f64;
        let commits = (after.commits - before.commits) as f64;
        println!(
            "{} with {tasks} callers: {:.0} units a second in {:.0} commits a second, {:.1} times \
             the disk's rate",
            store.engine_name(),
            units / seconds,
            commits / seconds,
            units / seconds / disk,
        );
    }
    Ok(())
}

/// Callers that each wait for one durable unit of work after the other.
async fn run(store: &Store, tasks: usize) -> anyhow::Result<f64> {
    let begun = now();
    let callers: Vec<_> = (0..tasks)
        .map(|task| tokio::spawn(call(store.clone(), format!("{tasks}-{task}"), begun)))
        .collect();
    for caller in callers {
        caller.await??;
    }
    Ok(begun.elapsed().as_secs_f64())
}

async fn call(store: Store, name: String, begun: Instant) -> anyhow::Result<()> {
    for number in 0.. {
        if begun.elapsed() > TIME {
            break;
        }
        let name = format!("{}-{name}-{number}", std::process::id());
        let id = RoleId::parse(&format!("rol_{name}")).context("a name that is no id")?;
        let role = Role {
            id,
            name,
            description: None,
        };
        let work = move |tx: &mut Tx<'_>| -> Result<(), StoreError> {
            tx.roles().create(&role, Timestamp::from_seconds(1))
        };
        store.write(&TenantId::default(), work).await?;
    }
    Ok(())
}

/// What the disk does by itself: a page appended and synced, again and again.
fn syncs(directory: &std::path::Path) -> anyhow::Result<f64> {
    let mut file = std::fs::File::create(directory.join("syncs"))?;
    let begun = now();
    let mut count = 0;
    while begun.elapsed() < TIME {
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        count += 1;
    }
    Ok(f64::from(count) / begun.elapsed().as_secs_f64())
}

#[expect(clippy::disallowed_methods, reason = "a measurement measures")]
fn now() -> Instant {
    Instant::now()
}
