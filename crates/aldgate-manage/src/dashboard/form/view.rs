//! A form with its values, as templates show it.

use serde::Serialize;
use serde_json::Value;

use super::read::member;
use super::{Choice, Field, Form, Kind};
use crate::dashboard::api::Refused;
use crate::dashboard::fields::Fields;

/// A form with its values and what is wrong with them.
#[derive(Clone, Debug, Serialize)]
pub(in crate::dashboard) struct Filled {
    sections: Vec<FilledSection>,
    /// What is wrong, if no field is to blame.
    problem: Option<Problem>,
    /// How many fields are marked.
    marked: usize,
}

/// What is wrong, and what helps.
#[derive(Clone, Debug, Serialize)]
struct Problem {
    cause: String,
    expected: Option<String>,
    remedy: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
struct FilledSection {
    title: &'static str,
    hint: String,
    fields: Vec<FilledField>,
}

#[derive(Clone, Debug, Serialize)]
struct FilledField {
    name: &'static str,
    /// For `id` and `for`: without dots.
    id: String,
    label: &'static str,
    hint: String,
    required: bool,
    /// `text`, `long`, `source`, `lines`, `number`, `flag`, `one`, `many`, `json` or `secret`.
    kind: &'static str,
    /// The HTML type, of `text`; `password` or `long`, of `secret`.
    input: &'static str,
    /// The unit, of `number`; of seconds also what they are in hours or days.
    unit: String,
    value: String,
    options: Vec<Opt>,
    problem: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
struct Opt {
    value: String,
    label: String,
    hint: String,
    warning: String,
    chosen: bool,
}

impl Form {
    /// The form with the values of `entity`; `null` for a new thing.
    pub(in crate::dashboard) fn filled(&self, entity: &Value) -> Filled {
        self.with(&|field| field.values_of(member(entity, field.name)))
    }

    /// The form with the values that were sent, secrets left out.
    pub(in crate::dashboard) fn submitted(&self, sent: &Fields) -> Filled {
        let mut filled = self.with(&|field| match field.kind {
            Kind::Many(_) => sent.all(field.name).map(str::to_owned).collect(),
            Kind::Flag if sent.has(field.name) => vec!["true".to_owned()],
            Kind::Flag | Kind::Secret { .. } => Vec::new(),
            _ => vec![sent.raw(field.name).to_owned()],
        });
        for section in &mut filled.sections {
            for field in &mut section.fields {
                if field.kind == "secret" && !sent.get(field.name).is_empty() {
                    field.problem = Some("Nothing was saved yet: enter it again.".to_owned());
                }
            }
        }
        filled
    }

    fn with(&self, values: &dyn Fn(&Field) -> Vec<String>) -> Filled {
        let sections = self.sections.iter().map(|section| FilledSection {
            title: section.title,
            hint: section.hint.clone(),
            fields: section
                .fields
                .iter()
                .map(|field| field.shown(values(field)))
                .collect(),
        });
        Filled {
            sections: sections.collect(),
            problem: None,
            marked: 0,
        }
    }
}

impl Filled {
    /// Marks the field that a refusal is about, or says it above the form.
    pub(in crate::dashboard) fn refused(mut self, refused: &Refused) -> Self {
        let told = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let remedy = told(&refused.remedy).map(|remedy| format!(" {remedy}"));
        let sentence = format!("{}{}", refused.cause, remedy.unwrap_or_default());
        let known = refused.member().map(str::to_owned);
        if known.is_some_and(|name| self.mark(&name, sentence)) {
            return self;
        }
        self.problem = Some(Problem {
            cause: refused.cause.clone(),
            expected: told(&refused.expected),
            remedy: told(&refused.remedy),
        });
        self
    }

    /// Marks a field that a refusal is about although its cause does not name it.
    pub(in crate::dashboard) fn blamed(mut self, field: &str, refused: &Refused) -> Self {
        let remedy = refused.remedy.as_deref().unwrap_or_default();
        let sentence = format!("{} {remedy}", refused.cause);
        self.mark(field, sentence.trim_end().to_owned());
        self
    }

    /// Marks a field, also by a member within it or around it; `false` when there is none.
    pub(in crate::dashboard) fn mark(&mut self, name: &str, problem: String) -> bool {
        let mut fields = self.sections.iter_mut().flat_map(|one| &mut one.fields);
        let within = |outer: &str, inner: &str| {
            let rest = inner.strip_prefix(outer);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        let found = fields.find(|field| within(field.name, name) || within(name, field.name));
        let Some(field) = found else {
            return false;
        };
        field.problem = Some(problem);
        self.marked += 1;
        true
    }
}

impl Field {
    /// What a value of an entity looks like in this field.
    fn values_of(&self, value: &Value) -> Vec<String> {
        let text = |value: &Value| match value {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        match (&self.kind, value) {
            (Kind::Many(_), Value::Array(items)) => items.iter().map(text).collect(),
            (Kind::Many(_) | Kind::Secret { .. }, _)
            | (Kind::Flag, Value::Null | Value::Bool(false)) => Vec::new(),
            (Kind::Lines, Value::Array(items)) => {
                vec![items.iter().map(text).collect::<Vec<_>>().join("\n")]
            }
            (Kind::Json, value @ Value::Object(_)) => {
                vec![serde_json::to_string_pretty(value).unwrap_or_default()]
            }
            _ => vec![text(value)],
        }
    }

    fn shown(&self, values: Vec<String>) -> FilledField {
        let (kind, input, unit) = match &self.kind {
            Kind::Text(input) => ("text", *input, ""),
            Kind::Long => ("long", "", ""),
            Kind::Source => ("source", "", ""),
            Kind::Lines => ("lines", "", ""),
            Kind::Number(unit) => ("number", "", *unit),
            Kind::Flag => ("flag", "", ""),
            Kind::One(_) => ("one", "", ""),
            Kind::Many(_) => ("many", "", ""),
            Kind::Json => ("json", "", ""),
            Kind::Secret { long: false } => ("secret", "password", ""),
            Kind::Secret { long: true } => ("secret", "long", ""),
        };
        let choices: &[Choice] = match &self.kind {
            Kind::One(choices) | Kind::Many(choices) => choices,
            _ => &[],
        };
        let option = |choice: &Choice| Opt {
            value: choice.value.clone(),
            label: choice.label.clone(),
            hint: choice.hint.clone(),
            warning: choice.warning.clone(),
            chosen: values.contains(&choice.value),
        };
        FilledField {
            name: self.name,
            id: self.name.replace('.', "-"),
            label: self.label,
            hint: self.hint.clone(),
            required: self.required,
            kind,
            input,
            unit: match (unit, values.first()) {
                ("seconds", Some(value)) => with_span("seconds", 1, value),
                ("minutes", Some(value)) => with_span("minutes", 60, value),
                (unit, _) => unit.to_owned(),
            },
            options: choices.iter().map(option).collect(),
            // A password that was typed is never sent back.
            value: match input {
                "password" => String::new(),
                _ => values.into_iter().next().unwrap_or_default(),
            },
            problem: None,
        }
    }
}

/// A unit with the same span in the largest one that fits: `seconds, 10 hours`.
fn with_span(unit: &str, length: u64, value: &str) -> String {
    let count: u64 = value.trim().parse().unwrap_or(0);
    let seconds = count.saturating_mul(length);
    let units = [("day", 86_400), ("hour", 3600), ("minute", 60)];
    let fitting = units
        .iter()
        .filter(|(_, larger)| *larger > length)
        .find(|(_, larger)| seconds >= *larger && seconds.is_multiple_of(*larger));
    match fitting {
        Some((name, length)) if seconds / length == 1 => format!("{unit}, 1 {name}"),
        Some((name, length)) => format!("{unit}, {} {name}s", seconds / length),
        None => unit.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::with_span;

    #[test]
    fn spans_are_told_in_a_unit_that_people_know() {
        let table = [
            ("seconds", 1, "36000", "seconds, 10 hours"),
            ("seconds", 1, "86400", "seconds, 1 day"),
            ("seconds", 1, "90", "seconds"),
            ("seconds", 1, "soon", "seconds"),
            ("minutes", 60, "10080", "minutes, 7 days"),
            ("minutes", 60, "1", "minutes"),
        ];
        for (unit, length, value, expected) in table {
            assert_eq!(with_span(unit, length, value), expected);
        }
    }
}
