//! `aldgate users import`: a file of users, however long, in bounded memory.
//!
//! How far it came is kept in the database; a run that was interrupted goes on there. What was
//! refused is in `FILE.errors.ndjson`, one line each.

mod checkpoint;
mod source;

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

use aldgate_app::App;
use aldgate_app::transfer::{Batch, Importer, Tally, import_users};
use aldgate_core::connection::Connection;
use aldgate_core::tenant::Tenant;
use anyhow::{Context as _, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use crate::cli::{Cli, Users, UsersImport};
use crate::{context, people, ui};
use checkpoint::Place;
use source::{BadLines, Source};

/// Runs the command.
pub(crate) async fn run(cli: &Cli, command: &Users) -> Result<()> {
    let Users::Import(args) = command;
    import(cli, args).await
}

async fn import(cli: &Cli, args: &UsersImport) -> Result<()> {
    let (app, tenant) = context::open(cli, &args.tenant.tenant).await?;
    let connection = connection(&app, &tenant, args.connection.as_deref()).await?;
    let bytes = std::fs::metadata(&args.file)
        .with_context(|| format!("cannot read {}", args.file.display()))?
        .len();
    let errors_at = args.errors.clone();
    let errors_at = errors_at.unwrap_or_else(|| beside(&args.file, ".errors.ndjson"));
    let bad = BadLines::default();
    let place = Place::of(&app, &tenant.id, &connection, &args.file, Arc::clone(&bad))?;
    let mut errors = Errors::new(errors_at);
    let before = resume(&place, &mut errors).await?;
    let bar = progress_bar(bytes);
    let source = Source::open(&args.file, &bar, before.total(), Arc::clone(&bad))?;
    let importer = Importer {
        app: app.clone(),
        tenant,
        connection: Arc::new(connection),
        upsert: args.upsert,
        ceiling: None,
    };
    let (began, mut failure) = (app.now(), None);
    let stopped = source.stopped();
    let progress = |batch: &Batch| {
        let lines = std::mem::take(&mut *bad.lock().unwrap_or_else(PoisonError::into_inner));
        let written = errors.write(checkpoint::lines(batch, &lines).as_bytes());
        place.errors_end_at(errors.length);
        failure = failure.take().or_else(|| written.err());
        bar.set_message(format!("{} users", batch.tally.total()));
    };
    let kept = Some(place.checkpoint());
    let tally = import_users(&importer, source, before, kept, progress).await;
    bar.finish_and_clear();
    if let Some(error) = failure {
        return Err(error);
    }
    let tally = tally.context("the import stopped; run it again and it goes on")?;
    app.events.flush().await;
    let cause = stopped
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    if let Some(cause) = cause {
        bail!("{cause}; {} users before it were imported", tally.total());
    }
    place.forget().await?;
    let micros = app.now().micros() - began.micros();
    let rate = rate(tally.total() - before.total(), micros);
    conclude(tally, rate, &errors, args)
}

/// Finds out how far an earlier run came, and puts its file of refusals right.
async fn resume(place: &Place, errors: &mut Errors) -> Result<Tally> {
    let Some((reached, refused)) = place.find().await? else {
        errors.begin();
        place.errors_end_at(errors.length);
        return Ok(Tally::default());
    };
    ui::note(&format!("Going on after {} users.", reached.tally.total()));
    errors.go_on_at(reached.errors_at)?;
    errors.write(&refused)?;
    place.errors_end_at(errors.length);
    Ok(reached.tally)
}

/// Says what came of it.
fn conclude(tally: Tally, rate: u64, errors: &Errors, args: &UsersImport) -> Result<()> {
    let report = Report {
        tally,
        rate,
        errors: errors.path(),
    };
    report.print(args.output.json);
    if tally.failed > 0 && tally.inserted + tally.updated == 0 {
        bail!("not one user was imported");
    }
    Ok(())
}

/// The connection that was named, or the tenant's default database.
async fn connection(app: &App, tenant: &Tenant, named: Option<&str>) -> Result<Connection> {
    let Some(name) = named else {
        return people::database(app, tenant).await;
    };
    match app.connection_by_name(&tenant.id, name).await? {
        Some(connection) => Ok((*connection).clone()),
        None => bail!("--connection: the tenant has no connection {name:?}"),
    }
}

/// A file beside another.
fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.to_owned().into_os_string();
    name.push(suffix);
    PathBuf::from(name)
}

fn rate(users: u64, micros: i64) -> u64 {
    let micros = u64::try_from(micros).unwrap_or(1).max(1);
    users.saturating_mul(1_000_000) / micros
}

struct Report<'a> {
    tally: Tally,
    rate: u64,
    errors: Option<&'a Path>,
}

impl Report<'_> {
    fn print(&self, as_json: bool) {
        let Tally {
            inserted,
            updated,
            failed,
        } = self.tally;
        if as_json {
            ui::json(&json!({
                "inserted": inserted, "updated": updated, "failed": failed,
                "users_per_second": self.rate, "errors": self.errors,
            }));
            return;
        }
        ui::result(&format!(
            "{inserted} users imported, {updated} updated, {failed} refused; {} a second.",
            self.rate
        ));
        if let Some(path) = self.errors {
            ui::result(&format!("What was refused, and why: {}", path.display()));
        }
    }
}

fn progress_bar(bytes: u64) -> ProgressBar {
    let bar = ProgressBar::new(bytes);
    let style = "{bar:30} {percent:>3} %  {msg}  {eta} left";
    if let Ok(style) = ProgressStyle::with_template(style) {
        bar.set_style(style);
    }
    bar
}

/// The file of refusals, made when there is one.
struct Errors {
    path: PathBuf,
    file: Option<File>,
    length: u64,
    /// Where this import's begin: another one may have left some.
    began_at: u64,
}

impl Errors {
    const fn new(path: PathBuf) -> Self {
        Self {
            path,
            file: None,
            length: 0,
            began_at: 0,
        }
    }

    fn path(&self) -> Option<&Path> {
        (self.length > self.began_at).then_some(self.path.as_path())
    }

    /// Begins behind what another import left.
    fn begin(&mut self) {
        self.length = std::fs::metadata(&self.path).map_or(0, |found| found.len());
        self.began_at = self.length;
    }

    /// Drops what was written after `length`: it is written again.
    fn go_on_at(&mut self, length: u64) -> Result<()> {
        let there = std::fs::metadata(&self.path).map_or(0, |found| found.len());
        if there == 0 {
            return Ok(());
        }
        let mut options = OpenOptions::new();
        let opened = options.write(true).open(&self.path);
        let file = opened.with_context(|| told(&self.path))?;
        self.length = there.min(length);
        file.set_len(self.length).with_context(|| told(&self.path))
    }

    fn write(&mut self, lines: &[u8]) -> Result<()> {
        if lines.is_empty() {
            return Ok(());
        }
        let file = match &mut self.file {
            Some(file) => file,
            None => {
                let mut options = OpenOptions::new();
                let opened = options.create(true).append(true).open(&self.path);
                self.file.insert(opened.with_context(|| told(&self.path))?)
            }
        };
        self.length += lines.len() as u64;
        file.write_all(lines).with_context(|| told(&self.path))
    }
}

fn told(path: &Path) -> String {
    format!("cannot write {}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_of_a_run_that_was_killed_are_told_once() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("users.errors.ndjson");
        let mut errors = Errors::new(path.clone());
        errors.write(b"one\n").unwrap();
        let kept = errors.length;
        errors.write(b"two\n").unwrap();
        let mut again = Errors::new(path.clone());
        again.go_on_at(kept).unwrap();
        again.write(b"two\n").unwrap();
        assert_eq!(again.length, 8);
        assert_eq!(std::fs::read(&path).unwrap(), b"one\ntwo\n");
        let mut other = Errors::new(path.clone());
        other.begin();
        assert_eq!(other.path(), None, "it has refused nobody yet");
        other.write(b"three\n").unwrap();
        assert_eq!(other.path(), Some(path.as_path()));
    }
}
