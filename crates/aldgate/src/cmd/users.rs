//! `aldgate users import`: a file of users, however long, in bounded memory.
//!
//! How far it came is in `FILE.checkpoint`; a run that was interrupted goes on there. What was
//! refused is in `FILE.errors.ndjson`, one line each.

mod source;

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use aldgate_app::App;
use aldgate_app::transfer::{Batch, Importer, Tally, import_users};
use aldgate_core::connection::Connection;
use aldgate_core::tenant::Tenant;
use anyhow::{Context as _, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::cli::{Cli, Users, UsersImport};
use crate::{context, people, ui};
use source::{BadLine, Source};

/// Runs the command.
pub(crate) async fn run(cli: &Cli, command: &Users) -> Result<()> {
    let Users::Import(args) = command;
    import(cli, args).await
}

/// How far an import came.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Checkpoint {
    /// Length of the file: another file under the same name is not gone on with.
    bytes: u64,
    /// What came of the users before.
    tally: Tally,
}

async fn import(cli: &Cli, args: &UsersImport) -> Result<()> {
    let (app, tenant) = context::open(cli, &args.tenant.tenant).await?;
    let connection = connection(&app, &tenant, args.connection.as_deref()).await?;
    let bytes = std::fs::metadata(&args.file)
        .with_context(|| format!("cannot read {}", args.file.display()))?
        .len();
    let checkpoint = beside(&args.file, ".checkpoint");
    let errors_at = args.errors.clone();
    let errors_at = errors_at.unwrap_or_else(|| beside(&args.file, ".errors.ndjson"));
    let tally = resume(&checkpoint, bytes)?;
    if tally.total() > 0 {
        ui::note(&format!("Going on after {} users.", tally.total()));
    }
    let bar = progress_bar(bytes);
    let bad = Arc::new(Mutex::new(Vec::new()));
    let source = Source::open(&args.file, &bar, tally.total(), Arc::clone(&bad))?;
    let importer = Importer {
        app: app.clone(),
        tenant,
        connection: Arc::new(connection),
        upsert: args.upsert,
        ceiling: None,
    };
    let mut errors = Errors::new(errors_at);
    let (began, before) = (app.now(), tally.total());
    let mut failure = None;
    let stopped = source.stopped();
    let progress = |batch: &Batch| {
        let lines: Vec<BadLine> =
            std::mem::take(&mut *bad.lock().unwrap_or_else(PoisonError::into_inner));
        let reached = Checkpoint {
            bytes,
            tally: batch.tally,
        };
        let written = errors
            .write(batch, &lines)
            .and_then(|()| save(&checkpoint, reached));
        failure = failure.take().or_else(|| written.err());
        bar.set_message(format!("{} users", batch.tally.total()));
    };
    let tally = import_users(&importer, source, tally, None, progress).await;
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
    remove(&checkpoint)?;
    let micros = app.now().micros() - began.micros();
    conclude(tally, rate(tally.total() - before, micros), &errors, args)
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

fn resume(path: &Path, bytes: u64) -> Result<Tally> {
    let Ok(text) = std::fs::read(path) else {
        return Ok(Tally::default());
    };
    let read: Checkpoint = serde_json::from_slice(&text)
        .with_context(|| format!("{} cannot be read; remove it to start over", path.display()))?;
    if read.bytes != bytes {
        bail!(
            "{} belongs to a file of {} bytes, this one has {bytes}; remove it to start over",
            path.display(),
            read.bytes
        );
    }
    Ok(read.tally)
}

/// Written beside and renamed: a checkpoint is whole or not there.
fn save(path: &Path, reached: Checkpoint) -> Result<()> {
    let mut new = path.to_owned().into_os_string();
    new.push(".new");
    let told = || format!("cannot write {}", path.display());
    std::fs::write(&new, serde_json::to_vec(&reached)?).with_context(told)?;
    std::fs::rename(&new, path).with_context(told)
}

fn remove(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}

/// The file of refusals, made when there is one.
struct Errors {
    path: PathBuf,
    file: Option<BufWriter<File>>,
}

impl Errors {
    const fn new(path: PathBuf) -> Self {
        Self { path, file: None }
    }

    fn path(&self) -> Option<&Path> {
        self.file.as_ref().map(|_| self.path.as_path())
    }

    fn write(&mut self, batch: &Batch, lines: &[BadLine]) -> Result<()> {
        for line in lines {
            self.line(&json!({"line": line.number, "errors": [{"message": line.cause}]}))?;
        }
        // A line that is no JSON came to the engine as `null`; it was told above.
        let faults = batch.faults.iter().filter(|fault| !fault.user.is_null());
        for fault in faults {
            self.line(&json!({"user": fault.user, "errors": fault.errors}))?;
        }
        match &mut self.file {
            Some(file) => file.flush().with_context(|| told(&self.path)),
            None => Ok(()),
        }
    }

    fn line(&mut self, value: &Value) -> Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            None => {
                let mut options = OpenOptions::new();
                let opened = options.create(true).append(true).open(&self.path);
                let opened = opened.with_context(|| told(&self.path))?;
                self.file.insert(BufWriter::new(opened))
            }
        };
        writeln!(file, "{value}").with_context(|| told(&self.path))
    }
}

fn told(path: &Path) -> String {
    format!("cannot write {}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_belongs_to_one_file() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("users.checkpoint");
        assert_eq!(resume(&path, 10).unwrap(), Tally::default());
        let tally = Tally {
            inserted: 3,
            ..Tally::default()
        };
        save(&path, Checkpoint { bytes: 10, tally }).unwrap();
        assert_eq!(resume(&path, 10).unwrap(), tally);
        let told = resume(&path, 11).unwrap_err().to_string();
        assert!(told.contains("remove it to start over"), "{told}");
    }
}
