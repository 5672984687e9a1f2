//! What an action said and asked for, for people.

use aldgate_actions::{Claims, Command, Finding, MetadataField};
use aldgate_core::action::Next;
use serde_json::{Map, Value, json};

use super::Tried;
use crate::ui;

/// Shows a run: findings, log, commands, tokens, and what it used.
pub(super) fn tried(tried: &Tried) {
    let colour = ui::stdout_is_terminal();
    tried.findings.iter().for_each(|one| finding(one, colour));
    for line in &tried.outcome.logs {
        let level = ui::paint(colour, ui::DIM, &format!("[{}]", line.level));
        ui::result(&format!("{level} {}", line.text));
    }
    match &tried.outcome.fault {
        None => commands(&tried.outcome.commands),
        Some(fault) => {
            let word = ui::paint(colour, ui::RED, "failed:");
            ui::result(&format!("{word} {}\n{}", fault.message, fault.stack));
        }
    }
    end(tried, colour);
    let stats = tried.outcome.stats;
    let used = format!(
        "{:.1} ms, {} KiB of heap, {} requests",
        stats.wall_us as f64 / 1000.0,
        stats.heap_bytes / 1024,
        stats.fetches
    );
    ui::result(&ui::paint(colour, ui::DIM, &used));
}

fn finding(finding: &Finding, colour: bool) {
    let place = match finding.line {
        0 => "the code".to_owned(),
        line => format!("line {line}"),
    };
    let place = ui::paint(colour, ui::YELLOW, &place);
    ui::result(&format!("{place}: {} {}", finding.problem, finding.remedy));
}

fn commands(commands: &[Command]) {
    let rows: Vec<Vec<String>> = commands
        .iter()
        .map(|command| describe(command).to_vec())
        .collect();
    match rows.is_empty() {
        true => ui::result("The action asks for nothing."),
        false => ui::table(&["what", "name", "value"], &rows),
    }
}

/// How the login would end, with its tokens.
fn end(tried: &Tried, colour: bool) {
    let left_out = match &tried.applied {
        None => return,
        Some(Err(refusal)) => {
            let word = ui::paint(colour, ui::RED, "refused:");
            let remedy = refusal.remedy.as_deref().unwrap_or_default();
            ui::result(&format!("{word} {} {remedy}", refusal.cause));
            return;
        }
        Some(Ok(applied)) => {
            match &applied.next {
                Next::GoOn => {}
                Next::Denied(denial) => ui::result(&format!("denied: {}", denial.reason)),
                Next::Redirect(to) => ui::result(&format!("the user is sent to {to}")),
            }
            &applied.left_out
        }
    };
    for story in left_out {
        let word = ui::paint(colour, ui::YELLOW, "left out:");
        let remedy = story.remedy.as_deref().unwrap_or_default();
        ui::result(&format!("{word} {} {remedy}", story.cause));
    }
    if let Some(tokens) = &tried.tokens {
        token("ID token", tokens.id_token.as_ref());
        token("access token", tokens.access_token.as_ref());
    }
}

fn token(name: &str, claims: Option<&Map<String, Value>>) {
    match claims {
        None => ui::result(&format!("{name}: none that can be read")),
        Some(claims) => ui::result(&format!("{name}: {:#}", json!(claims))),
    }
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
