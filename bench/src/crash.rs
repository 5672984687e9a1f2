//! `aldgate-bench crash`: `kill -9` under load, in a loop. After each restart everything that was
//! acknowledged has to be there, and nothing that was spent may work again (REL-01).
//!
//! The load writes down what the server acknowledged and what it has in hand; see [`load`]. What
//! was under way when the server died may have happened or not: it is not judged.

mod check;
mod load;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;

use crate::server::Server;
use check::Found;
use load::Notes;

const USAGE: &str = "aldgate-bench crash [--binary FILE] [--rounds N] [--database URL]";

/// Connections that send at once.
const WORKERS: usize = 9;

struct Options {
    binary: PathBuf,
    rounds: usize,
    /// A PostgreSQL database, empty; otherwise the embedded one.
    database: Option<String>,
}

/// Runs the loop and prints what it found; an error when something was lost or came back.
pub(crate) fn run() -> anyhow::Result<()> {
    let options = Options::parse()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let found = runtime.block_on(rounds(&options))?;
    println!("{} rounds: {found}", options.rounds);
    anyhow::ensure!(found.is_good(), "see the lines above");
    Ok(())
}

async fn rounds(options: &Options) -> anyhow::Result<Found> {
    let dir = tempfile::tempdir()?;
    let mut server = Server::start(&options.binary, dir.path(), options.variables()).await?;
    let (mut all, mut found) = (Notes::default(), Found::default());
    for round in 0..options.rounds {
        let span = 150 + (round * 331) % 900;
        let notes = load_and_kill(&mut server, round, Duration::from_millis(span as u64)).await?;
        server.restart().await?;
        found.check(&server, &notes).await?;
        all.keep_some(notes);
    }
    // What an early round left behind is still there, and still spent, many crashes later.
    found.check_again(&server, &all).await?;
    server.command(&["doctor"]).context("doctor")?;
    server.kill()?;
    if options.database.is_none() {
        integrity(&server.database())?;
    }
    Ok(found)
}

/// Runs the load for `span` of time, kills the server and gives what it had acknowledged.
async fn load_and_kill(server: &mut Server, round: usize, span: Duration) -> anyhow::Result<Notes> {
    let mut workers = Vec::new();
    for worker in 0..WORKERS {
        let worker = load::Worker::start(server, round, worker).await?;
        workers.push(tokio::spawn(worker.run()));
    }
    let never = std::future::pending::<()>();
    let _elapsed = tokio::time::timeout(span, never).await.is_err();
    server.kill()?;
    let mut notes = Notes::default();
    for worker in workers {
        let (seen, end) = worker.await?;
        // Only the server's death may end a worker.
        if end.downcast_ref::<std::io::Error>().is_none() {
            return Err(end.context(format!("round {round}")));
        }
        notes.add(seen);
    }
    Ok(notes)
}

fn integrity(database: &Path) -> anyhow::Result<()> {
    let file = rusqlite::Connection::open(database)?;
    let health: String = file.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
    anyhow::ensure!(health == "ok", "integrity_check: {health}");
    Ok(())
}

impl Options {
    fn parse() -> anyhow::Result<Self> {
        let mut options = Self {
            binary: PathBuf::from("target/debug/aldgate"),
            rounds: 10,
            database: None,
        };
        let mut arguments = std::env::args().skip(2);
        while let Some(argument) = arguments.next() {
            let value = arguments.next().context(USAGE)?;
            match argument.as_str() {
                "--binary" => options.binary = value.into(),
                "--rounds" => options.rounds = value.parse().context(USAGE)?,
                "--database" => options.database = Some(value),
                _ => anyhow::bail!("unknown argument `{argument}`\n{USAGE}"),
            }
        }
        Ok(options)
    }

    /// Cheap hashes, and a client address of its own for every sign-up: the limits on guessing
    /// are not what is tried here.
    fn variables(&self) -> Vec<(&'static str, String)> {
        let mut variables = vec![
            ("ALDGATE_SECURITY__ARGON2_MEMORY_KIB", "8192".to_owned()),
            ("ALDGATE_SECURITY__ARGON2_ITERATIONS", "1".to_owned()),
            ("ALDGATE_SERVER__TRUSTED_PROXIES", "127.0.0.1".to_owned()),
        ];
        if let Some(url) = &self.database {
            variables.push(("ALDGATE_DATABASE__URL", url.clone()));
        }
        variables
    }
}
