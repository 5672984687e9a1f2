//! `aldgate logs tail`: the tenant log on a terminal.

use std::time::Duration;

use aldgate_core::event::Event;
use aldgate_core::id::EventId;
use aldgate_store::{EventFilter, Page, StoreError, Tx};
use anyhow::Result;

use crate::cli::{Cli, Logs};
use crate::{context, ui};

/// How often a following tail looks.
const POLL: Duration = Duration::from_secs(1);

/// The most past events.
const LINES_MAX: usize = 1000;

/// Runs the command.
#[expect(clippy::disallowed_methods, reason = "a tail waits between looks")]
pub(crate) async fn run(cli: &Cli, command: &Logs) -> Result<()> {
    let Logs::Tail {
        tenant,
        lines,
        no_follow,
        code,
        output,
    } = command;
    let (app, tenant) = context::open(cli, &tenant.tenant).await?;
    let filter = EventFilter {
        support_code: code.clone(),
        ..EventFilter::default()
    };
    let limit = u32::try_from((*lines).min(LINES_MAX)).unwrap_or(0);
    let search = move |tx: &mut Tx<'_>| tx.events().search(&filter, &Page::at(0, limit));
    let past: Result<Vec<Event>, StoreError> = app.store.read(&tenant.id, search).await;
    let mut past = past?;
    past.sort_by(|a, b| a.id.cmp(&b.id));
    let mut last: Option<EventId> = past.last().map(|event| event.id.clone());
    past.iter().for_each(|event| print(event, output.json));
    while !no_follow && code.is_none() {
        tokio::time::sleep(POLL).await;
        let from = last.clone();
        let more = move |tx: &mut Tx<'_>| tx.events().after(from.as_ref(), 1000);
        let more: Result<Vec<Event>, StoreError> = app.store.read(&tenant.id, more).await;
        for event in more? {
            print(&event, output.json);
            last = Some(event.id);
        }
    }
    Ok(())
}

fn print(event: &Event, as_json: bool) {
    if as_json {
        // One object a line, for programs that read lines.
        ui::result(&serde_json::to_value(event).unwrap_or_default().to_string());
        return;
    }
    let terminal = ui::stdout_is_terminal();
    let style = if event.kind.is_failure() {
        ui::RED
    } else {
        ui::GREEN
    };
    let code = ui::paint(terminal, style, &format!("{:<10}", event.kind.code()));
    let who = event
        .user_name
        .as_deref()
        .or(event.client_name.as_deref())
        .unwrap_or("");
    let mut line = format!("{}  {code}  {who}  {}", event.at, event.description);
    if let Some(code) = &event.support_code {
        line.push_str(&format!("  [{code}]"));
    }
    ui::result(&line);
    let Some(refusal) = &event.refusal else {
        return;
    };
    let parts = [
        ("cause", Some(refusal.cause.as_ref())),
        ("expected", refusal.expected.as_deref()),
        ("actual", refusal.actual.as_deref()),
        ("remedy", refusal.remedy.as_deref()),
    ];
    for (name, text) in parts {
        if let Some(text) = text {
            ui::result(&ui::paint(
                terminal,
                ui::DIM,
                &format!("    {name}: {}", printable(text)),
            ));
        }
    }
}

/// Values come from requests: control characters must not steer the terminal (LOG-01).
fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}
