//! `aldgate actions test`: one run of an action, in the same sandbox as the server's.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use aldgate_actions::{
    Claims, Command, Finding, Job, Limits, MetadataField, Outcome, Pool, PoolOptions, Trigger,
};
use aldgate_app::sandbox::Guarded;
use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use crate::cli::{Actions, Cli};
use crate::{context, ui};

/// The most bytes of an event's file.
const EVENT_BYTES_MAX: u64 = 1 << 20;

/// Runs an action once; fails (exit code 1) if the action does.
pub(crate) async fn run(cli: &Cli, command: &Actions) -> Result<()> {
    let Actions::Test {
        file,
        event,
        trigger,
        output,
    } = command;
    let trigger = named(trigger)?;
    let code = read(file)?;
    let findings = aldgate_actions::check(&code, trigger);
    let event: Value = serde_json::from_str(&read(event)?)
        .with_context(|| format!("{} is not JSON", event.display()))?;
    let job = job(file, code, trigger, event)?;
    let pool = pool(cli)?;
    let outcome = pool.run(job).await?;
    if output.json {
        ui::json(&json!({"findings": findings, "outcome": outcome}));
    } else {
        show(&findings, &outcome);
    }
    match &outcome.fault {
        None => Ok(()),
        Some(fault) => bail!("the action failed: {}", fault.message),
    }
}

fn named(text: &str) -> Result<Trigger> {
    let known = Trigger::ALL.map(Trigger::as_str);
    let found = Trigger::ALL
        .into_iter()
        .find(|trigger| trigger.as_str() == text);
    found.with_context(|| format!("no trigger {text:?}; expected one of {}", known.join(", ")))
}

fn read(path: &Path) -> Result<String> {
    let size =
        std::fs::metadata(path).with_context(|| format!("cannot read {}", path.display()))?;
    if size.len() > EVENT_BYTES_MAX {
        bail!("{} is larger than {EVENT_BYTES_MAX} bytes", path.display());
    }
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

/// `event.secrets` of the file become the action's secrets, so that they are kept out of its log.
fn job(file: &Path, code: String, trigger: Trigger, mut event: Value) -> Result<Job> {
    let Some(members) = event.as_object_mut() else {
        bail!("the event must be a JSON object");
    };
    let secrets: BTreeMap<String, String> = match members.remove("secrets") {
        None => BTreeMap::new(),
        Some(secrets) => serde_json::from_value(secrets).context("event.secrets: texts by name")?,
    };
    Ok(Job {
        name: file.display().to_string(),
        code,
        trigger,
        handler: trigger.handler().to_owned(),
        event,
        secrets,
        limits: Limits::default(),
    })
}

/// One worker: this program itself.
fn pool(cli: &Cli) -> Result<Pool> {
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    let config = context::config(cli, &[])?;
    let outbound = aldgate_app::outbound::Outbound::new(&config.outbound)?;
    let options = PoolOptions {
        program: std::env::current_exe().context("cannot find this program")?,
        arguments: vec!["action-worker".to_owned()],
        workers: 1,
        waiting_max: 1,
        runs_per_worker: 1,
    };
    Ok(Pool::new(options, Arc::new(Guarded(outbound))))
}

fn show(findings: &[Finding], outcome: &Outcome) {
    let colour = ui::stdout_is_terminal();
    for Finding {
        line,
        problem,
        remedy,
    } in findings
    {
        let place = match line {
            0 => "the code".to_owned(),
            line => format!("line {line}"),
        };
        let place = ui::paint(colour, ui::YELLOW, &place);
        ui::result(&format!("{place}: {problem} {remedy}"));
    }
    for line in &outcome.logs {
        let level = ui::paint(colour, ui::DIM, &format!("[{}]", line.level));
        ui::result(&format!("{level} {}", line.text));
    }
    match &outcome.fault {
        None => {
            let rows = outcome
                .commands
                .iter()
                .map(|command| describe(command).to_vec());
            let rows: Vec<Vec<String>> = rows.collect();
            match rows.is_empty() {
                true => ui::result("The action asks for nothing."),
                false => ui::table(&["what", "name", "value"], &rows),
            }
        }
        Some(fault) => {
            let word = ui::paint(colour, ui::RED, "failed:");
            ui::result(&format!("{word} {}\n{}", fault.message, fault.stack));
        }
    }
    let stats = outcome.stats;
    let used = format!(
        "{:.1} ms, {} KiB of heap, {} requests",
        stats.wall_us as f64 / 1000.0,
        stats.heap_bytes / 1024,
        stats.fetches
    );
    ui::result(&ui::paint(colour, ui::DIM, &used));
}

/// A command in three words: what, which, how.
fn describe(command: &Command) -> [String; 3] {
    let text = |what: &str, name: &str, value: String| [what.to_owned(), name.to_owned(), value];
    match command {
        Command::SetClaim { token, name, value } => match token {
            Claims::Id => text("ID token claim", name, value.to_string()),
            Claims::Access => text("access token claim", name, value.to_string()),
        },
        Command::AddScope { scope } => text("add scope", scope, String::new()),
        Command::RemoveScope { scope } => text("remove scope", scope, String::new()),
        Command::Deny { code, reason, .. } => text(
            "deny",
            code.as_deref().unwrap_or("access_denied"),
            reason.clone(),
        ),
        Command::SetMetadata { field, key, value } => match field {
            MetadataField::UserMetadata => text("user metadata", key, value.to_string()),
            MetadataField::AppMetadata => text("app metadata", key, value.to_string()),
        },
        Command::Redirect { url, query } => text("redirect", url, json!(query).to_string()),
        Command::ValidationError { code, message } => text("error page", code, message.clone()),
        Command::CacheSet { key, value, .. } => text("cache", key, value.clone()),
        Command::CacheDelete { key } => text("forget", key, String::new()),
        Command::SetPrimaryUser { user_id } => text("primary user", user_id, String::new()),
        Command::RecordMethod { url } => text("record method", url, String::new()),
        Command::RevokeSession { reason } => text("revoke session", "", reason.clone()),
        Command::RevokeRefreshToken { reason } => text("revoke refresh token", "", reason.clone()),
    }
}
