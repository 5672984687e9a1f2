//! A plan as people read it: `+` create, `~` change, `-` delete; and the same for scripts.

use serde_json::{Value, json};

use super::carry::Done;
use super::plan::{Action, Change, Step};
use super::{Applied, Mode};
use crate::ui;

/// Longer texts, and those of several lines, are shown by their length.
const CHARACTERS_MAX: usize = 120;

/// Prints a plan and what came of it.
pub(crate) fn print(applied: &Applied, mode: Mode) {
    let terminal = ui::stdout_is_terminal();
    for (step, done) in &applied.steps {
        step_lines(step, done, terminal)
            .iter()
            .for_each(|line| ui::result(line));
    }
    applied.users.iter().for_each(|user| {
        ui::result(&ui::paint(terminal, ui::GREEN, &format!("+ user {user}")));
    });
    let verb = match mode {
        Mode::DryRun => "to make",
        Mode::Commit => "made",
    };
    let changes = applied.steps.len() + applied.users.len();
    ui::result(&format!(
        "{changes} changes {verb}, {} as they should be.",
        applied.unchanged
    ));
}

fn step_lines(step: &Step, done: &Done, terminal: bool) -> Vec<String> {
    let (mark, style) = match step.action {
        Action::Create => ("+", ui::GREEN),
        Action::Update => ("~", ui::YELLOW),
        Action::Delete => ("-", ui::RED),
    };
    let head = format!("{mark} {} {}", step.kind.label, step.key);
    let mut lines = vec![ui::paint(terminal, style, head.trim_end())];
    for change in &step.changes {
        let Change {
            path,
            before,
            after,
            secret,
        } = change;
        lines.push(match (step.action, secret) {
            (_, true) => format!("    {path}: (secret)"),
            (Action::Create, false) => format!("    {path}: {}", shown(after.as_ref())),
            _ => format!(
                "    {path}: {} → {}",
                shown(before.as_ref()),
                shown(after.as_ref())
            ),
        });
    }
    if let Some(id) = &done.client_id {
        lines.push(format!("    client_id: {id}"));
    }
    if let Some(secret) = &done.client_secret {
        lines.push(format!("    client_secret (shown once): {secret}"));
    }
    lines
}

fn shown(value: Option<&Value>) -> String {
    match value {
        None => "(unset)".to_owned(),
        Some(Value::String(text)) if text.len() > CHARACTERS_MAX || text.contains('\n') => {
            format!("({} characters)", text.chars().count())
        }
        Some(value) => value.to_string(),
    }
}

/// The same for scripts.
pub(crate) fn as_json(applied: &Applied) -> Value {
    let steps: Vec<Value> = applied.steps.iter().map(|(s, d)| step_json(s, d)).collect();
    json!({"changes": steps, "users": applied.users, "unchanged": applied.unchanged})
}

fn step_json(step: &Step, done: &Done) -> Value {
    let action = match step.action {
        Action::Create => "create",
        Action::Update => "update",
        Action::Delete => "delete",
    };
    let field = |change: &Change| match change.secret {
        true => json!({"field": change.path, "secret": true}),
        false => json!({"field": change.path, "before": change.before, "after": change.after}),
    };
    let fields: Vec<Value> = step.changes.iter().map(field).collect();
    let mut value =
        json!({"action": action, "kind": step.kind.label, "name": step.key, "fields": fields});
    if let Some(id) = &done.client_id {
        value["client_id"] = json!(id);
    }
    if let Some(secret) = &done.client_secret {
        value["client_secret"] = json!(secret);
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::apply::kind::KINDS;

    #[test]
    fn secrets_and_long_texts_are_not_printed() {
        let change = |path: &str, after: Value, secret| Change {
            path: path.to_owned(),
            before: None,
            after: Some(after),
            secret,
        };
        let step = Step {
            action: Action::Update,
            kind: &KINDS[2],
            key: "Shop".to_owned(),
            id: None,
            changes: vec![
                change("callbacks", json!(["https://x/"]), false),
                change("custom_login_page", json!("<html>\n"), false),
                change("client_secret", json!("tell nobody"), true),
            ],
            body: serde_json::Map::new(),
            permissions_before: None,
        };
        let lines = step_lines(&step, &Done::default(), false);
        let expected = [
            "~ application Shop",
            "    callbacks: (unset) → [\"https://x/\"]",
            "    custom_login_page: (unset) → (7 characters)",
            "    client_secret: (secret)",
        ];
        assert_eq!(lines, expected);
        assert!(
            !step_json(&step, &Done::default())
                .to_string()
                .contains("tell nobody")
        );
    }
}
