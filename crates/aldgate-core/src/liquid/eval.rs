//! Filling a template.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::{Comparison, Condition, Escape, Filter, LiquidError, Node, Operand, Output};

/// The longest text that can come out, in bytes.
const TEXT_MAX: usize = 1 << 20;

pub(super) fn render(
    nodes: &[Node],
    variables: &Value,
    escape: Escape,
) -> Result<String, LiquidError> {
    let mut scope = Scope {
        variables,
        assigned: BTreeMap::new(),
        escape,
        text: String::new(),
    };
    scope.nodes(nodes)?;
    if escape == Escape::Line {
        let words: Vec<&str> = scope.text.split_whitespace().collect();
        return Ok(words.join(" "));
    }
    Ok(scope.text)
}

struct Scope<'a> {
    variables: &'a Value,
    assigned: BTreeMap<String, Value>,
    escape: Escape,
    text: String,
}

impl Scope<'_> {
    fn nodes(&mut self, nodes: &[Node]) -> Result<(), LiquidError> {
        for node in nodes {
            match node {
                Node::Text(text) => self.text.push_str(text),
                Node::Output(output) => {
                    let (value, escaped) = self.output(output);
                    let text = text_of(&value);
                    match self.escape {
                        Escape::Html if !escaped => self.text.push_str(&html(&text)),
                        _ => self.text.push_str(&text),
                    }
                }
                Node::Assign(name, output) => {
                    let (value, _) = self.output(output);
                    self.assigned.insert(name.clone(), value);
                }
                Node::Branches(branches) => {
                    let branch = branches.iter().find(|(condition, _)| self.holds(condition));
                    if let Some((_, nodes)) = branch {
                        self.nodes(nodes)?;
                    }
                }
            }
            if self.text.len() > TEXT_MAX {
                let problem = format!("the text becomes longer than {TEXT_MAX} bytes");
                return Err(LiquidError { line: 1, problem });
            }
        }
        Ok(())
    }

    /// The value, and whether it is escaped for HTML already.
    fn output(&self, output: &Output) -> (Value, bool) {
        let mut value = self.value(&output.value);
        let mut escaped = false;
        for (filter, arguments) in &output.filters {
            let argument = |index: usize| arguments.get(index).map(|one| self.value(one));
            let argument = |index| argument(index).unwrap_or_default();
            let text = text_of(&value);
            value = match filter {
                Filter::Default if is_empty(&value) || value == false => argument(0),
                Filter::Default => value,
                Filter::Escape if self.escape == Escape::Html && !escaped => {
                    escaped = true;
                    html(&text).into()
                }
                Filter::Escape => text.into(),
                Filter::Append => bounded(text + &self.part(&argument(0), escaped)).into(),
                Filter::Prepend => bounded(self.part(&argument(0), escaped) + &text).into(),
                Filter::Replace => replace(&text, &argument(0), &argument(1)).into(),
                Filter::Capitalize => capitalize(&text).into(),
                Filter::Downcase => text.to_lowercase().into(),
                Filter::Upcase => text.to_uppercase().into(),
                Filter::Strip => text.trim().into(),
                Filter::Truncate => truncate(&text, &argument(0)).into(),
                Filter::UrlEncode => utf8_percent_encode(&text, NON_ALPHANUMERIC)
                    .to_string()
                    .into(),
            };
        }
        (value, escaped)
    }

    /// An argument that joins a text: escaped if the text is.
    fn part(&self, argument: &Value, escaped: bool) -> String {
        let text = text_of(argument);
        if escaped { html(&text) } else { text }
    }

    fn value(&self, operand: &Operand) -> Value {
        match operand {
            Operand::Literal(value) => value.clone(),
            Operand::Empty => Value::Null,
            Operand::Path(path) => self.look_up(path).cloned().unwrap_or_default(),
        }
    }

    fn look_up(&self, path: &[String]) -> Option<&Value> {
        let (first, rest) = path.split_first()?;
        let root = self.assigned.get(first);
        let root = root.or_else(|| self.variables.get(first))?;
        rest.iter().try_fold(root, |value, part| match value {
            Value::Array(items) => items.get(part.parse::<usize>().ok()?),
            value => value.get(part),
        })
    }

    fn holds(&self, condition: &Condition) -> bool {
        match condition {
            Condition::Always => true,
            Condition::Holds(operand) => {
                !matches!(self.value(operand), Value::Null | Value::Bool(false))
            }
            Condition::Not(inner) => !self.holds(inner),
            Condition::And(left, right) => self.holds(left) && self.holds(right),
            Condition::Or(left, right) => self.holds(left) || self.holds(right),
            Condition::Compare(left, comparison, right) => self.compare(left, *comparison, right),
        }
    }

    fn compare(&self, left: &Operand, comparison: Comparison, right: &Operand) -> bool {
        if let Operand::Empty = right {
            let empty = is_empty(&self.value(left));
            return match comparison {
                Comparison::Equal => empty,
                Comparison::Different => !empty,
                _ => false,
            };
        }
        let (left, right) = (self.value(left), self.value(right));
        let order = || match (left.as_f64(), right.as_f64()) {
            (Some(left), Some(right)) => left.partial_cmp(&right),
            _ => Some(left.as_str()?.cmp(right.as_str()?)),
        };
        let equal = || match (left.as_f64(), right.as_f64()) {
            (Some(left), Some(right)) => left == right,
            _ => left == right,
        };
        match comparison {
            Comparison::Equal => equal(),
            Comparison::Different => !equal(),
            Comparison::Less => order() == Some(Ordering::Less),
            Comparison::Greater => order() == Some(Ordering::Greater),
            Comparison::AtMost => matches!(order(), Some(Ordering::Less | Ordering::Equal)),
            Comparison::AtLeast => matches!(order(), Some(Ordering::Greater | Ordering::Equal)),
            Comparison::Contains => match &left {
                Value::Array(items) => items.contains(&right),
                Value::String(text) => right.as_str().is_some_and(|part| text.contains(part)),
                _ => false,
            },
        }
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

fn text_of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Number(number) => match number.as_f64() {
            Some(whole) if whole.fract() == 0.0 && whole.abs() < 1e15 => format!("{whole:.0}"),
            _ => number.to_string(),
        },
        Value::Array(items) => items.iter().map(text_of).collect(),
        other => other.to_string(),
    }
}

fn html(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

fn capitalize(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + &chars.as_str().to_lowercase()
}

fn replace(text: &str, from: &Value, to: &Value) -> String {
    let (from, to) = (text_of(from), text_of(to));
    if from.is_empty() {
        return text.to_owned();
    }
    // The pieces are counted first: what would grow beyond all bounds stays as it is.
    let grown = text.matches(&from).count().saturating_mul(to.len());
    match grown > TEXT_MAX {
        true => text.to_owned(),
        false => bounded(text.replace(&from, &to)),
    }
}

fn truncate(text: &str, length: &Value) -> String {
    let length = text_of(length).parse().unwrap_or(50_usize);
    if text.chars().count() <= length {
        return text.to_owned();
    }
    let kept: String = text.chars().take(length.saturating_sub(3)).collect();
    kept + "..."
}

/// Cuts what grew too long in a filter: `append` to itself again and again.
fn bounded(mut text: String) -> String {
    if text.len() > TEXT_MAX {
        let mut end = TEXT_MAX;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
    }
    text
}
