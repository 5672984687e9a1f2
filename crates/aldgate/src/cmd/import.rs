//! `aldgate import auth0`: takes what fits of a tenant's export, and reports on all of it.

use anyhow::Result;
use serde_json::json;

use crate::apply::keywords::Keywords;
use crate::apply::{self, Action, Applied, Mode, Rules, Step, layout};
use crate::cli::{Cli, Import, ImportAuth0};
use crate::{context, ui};

/// Runs the command.
pub(crate) async fn run(cli: &Cli, command: &Import) -> Result<()> {
    let Import::Auth0(args) = command;
    auth0(cli, args).await
}

/// One line of the report.
struct Line {
    outcome: Outcome,
    what: String,
    why: String,
}

/// What became of something in the export.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Taken,
    Adapted,
    Refused,
}

impl Outcome {
    const fn word(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Adapted => "adapted",
            Self::Refused => "refused",
        }
    }
}

async fn auth0(cli: &Cli, args: &ImportAuth0) -> Result<()> {
    let keywords = Keywords::load(args.keywords.file.as_deref(), &context::variable)?;
    let mut read = layout::read(&args.path, keywords)?;
    let (app, tenant) = context::open(cli, &args.tenant.tenant).await?;
    let adaptations = apply::adapt(&mut read.sections, &tenant);
    let mode = match args.dry_run {
        true => Mode::DryRun,
        false => Mode::Commit,
    };
    let rules = Rules {
        lenient: true,
        ..Rules::default()
    };
    let applied = apply::apply(&app, &tenant, read.sections, mode, rules).await?;
    let mut lines: Vec<Line> = applied.steps.iter().map(|(step, _)| taken(step)).collect();
    let adapted = |(what, why)| Line {
        outcome: Outcome::Adapted,
        what,
        why,
    };
    lines.extend(adaptations.into_iter().map(adapted));
    let dropped = applied.dropped.iter();
    lines.extend(dropped.map(|left| adapted((left.what.clone(), left.why.clone()))));
    lines.extend(read.open.iter().map(|open| {
        let why = format!(
            "left out: {} was masked by the export; set it here",
            open.name
        );
        adapted((open.at.clone(), why))
    }));
    let refused = |what, why| Line {
        outcome: Outcome::Refused,
        what,
        why,
    };
    lines.extend(
        applied
            .refused
            .iter()
            .map(|(step, why)| refused(name(step), why.clone())),
    );
    let left = applied.left_out.iter();
    lines.extend(left.map(|left| refused(left.what.clone(), left.why.clone())));
    match args.output.json {
        true => ui::json(&as_json(&lines, &applied)),
        false => print(&lines, &applied, mode),
    }
    Ok(())
}

fn name(step: &Step) -> String {
    format!("{} {}", step.kind.label, step.key)
        .trim_end()
        .to_owned()
}

fn taken(step: &Step) -> Line {
    let why = match step.action {
        Action::Create => "made".to_owned(),
        Action::Delete => "deleted".to_owned(),
        Action::Update => {
            let names: Vec<&str> = step.changes.iter().map(|c| c.path.as_str()).collect();
            format!("changed: {}", names.join(", "))
        }
    };
    Line {
        outcome: Outcome::Taken,
        what: name(step),
        why,
    }
}

fn print(lines: &[Line], applied: &Applied, mode: Mode) {
    let terminal = ui::stdout_is_terminal();
    let row = |line: &Line| {
        // Several lines of a refusal are one here.
        let why = line.why.split_whitespace().collect::<Vec<_>>().join(" ");
        vec![line.outcome.word().to_owned(), line.what.clone(), why]
    };
    let rows: Vec<_> = lines.iter().map(row).collect();
    ui::table(&["OUTCOME", "WHAT", "HOW"], &rows);
    for (step, done) in &applied.steps {
        if let Some(secret) = &done.client_secret {
            ui::result(&format!(
                "New client secret of {} (shown once): {secret}",
                step.key
            ));
        }
    }
    let count = |outcome| lines.iter().filter(|line| line.outcome == outcome).count();
    let tense = match mode {
        Mode::DryRun => " would be",
        Mode::Commit => "",
    };
    let (taken, adapted) = (count(Outcome::Taken), count(Outcome::Adapted));
    let refused = count(Outcome::Refused);
    let style = if refused > 0 { ui::YELLOW } else { ui::GREEN };
    let text = format!(
        "{taken}{tense} taken, {} already as they should be, {adapted} adapted, {refused} refused.",
        applied.unchanged
    );
    ui::result(&ui::paint(terminal, style, &text));
}

fn as_json(lines: &[Line], applied: &Applied) -> serde_json::Value {
    let of = |outcome: Outcome| -> Vec<serde_json::Value> {
        let lines = lines.iter().filter(|line| line.outcome == outcome);
        lines
            .map(|l| json!({"what": l.what, "how": l.why}))
            .collect()
    };
    let secrets = applied.steps.iter().filter_map(|(step, done)| {
        let secret = done.client_secret.as_ref()?;
        Some(json!({"name": step.key, "client_id": done.client_id, "client_secret": secret}))
    });
    json!({
        "taken": of(Outcome::Taken),
        "adapted": of(Outcome::Adapted),
        "refused": of(Outcome::Refused),
        "unchanged": applied.unchanged,
        "client_secrets": secrets.collect::<Vec<_>>(),
    })
}
