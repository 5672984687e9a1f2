//! From a submission to the body of an operation.

use serde_json::{Map, Value};

use super::{Field, Filled, Form, Kind};
use crate::dashboard::fields::Fields;

impl Form {
    /// The members of `entity` that the submission changes; for a new thing `entity` is `null`, and
    /// empty fields are left out.
    ///
    /// # Errors
    /// The form as it was sent, with the fields marked that cannot be read.
    pub(in crate::dashboard) fn changes(
        &self,
        sent: &Fields,
        entity: &Value,
    ) -> Result<Map<String, Value>, Box<Filled>> {
        let mut body = Map::new();
        let mut problems = Vec::new();
        for field in self.fields() {
            match field.read(sent, entity) {
                Ok(value) => put(&mut body, entity, field.name, value),
                Err(problem) => problems.push((field.name, problem)),
            }
        }
        if problems.is_empty() {
            return Ok(body);
        }
        let mut filled = self.submitted(sent);
        for (name, problem) in problems {
            filled.mark(name, problem);
        }
        Err(Box::new(filled))
    }
}

impl Field {
    /// The value that a submission gives the member; `null` for an empty one.
    fn read(&self, sent: &Fields, entity: &Value) -> Result<Value, String> {
        let text = match self.kind {
            // Blanks belong to a password.
            Kind::Text("password") => sent.raw(self.name),
            _ => sent.get(self.name),
        };
        let empty = match self.kind {
            Kind::Flag | Kind::Many(_) => false,
            _ => text.is_empty(),
        };
        if empty && self.required {
            return Err(format!("{} is needed.", self.label));
        }
        Ok(match &self.kind {
            Kind::Flag => sent.has(self.name).into(),
            // What is stored is not known here, and stays.
            Kind::Secret { .. } if empty => member(entity, self.name).clone(),
            Kind::Many(choices) => {
                let known = |value: &str| choices.iter().any(|choice| choice.value == value);
                let others = list(entity, self.name).filter(|value| !known(value));
                let chosen = sent.all(self.name).map(str::to_owned);
                others.chain(chosen).collect::<Vec<_>>().into()
            }
            Kind::Lines => {
                let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
                lines.map(str::to_owned).collect::<Vec<_>>().into()
            }
            _ if empty => Value::Null,
            Kind::Text(_) | Kind::Long | Kind::Source | Kind::Secret { .. } => text.into(),
            Kind::Number(unit) => {
                let of = if unit.is_empty() { "" } else { " of " };
                let number: u64 = text
                    .parse()
                    .map_err(|_| format!("{} must be a whole number{of}{unit}.", self.label))?;
                number.into()
            }
            Kind::One(choices) => {
                let known = choices.iter().any(|choice| choice.value == text);
                match known {
                    true => text.into(),
                    false => return Err(format!("{} must be one of the list.", self.label)),
                }
            }
            Kind::Json => match serde_json::from_str(text) {
                Ok(value @ Value::Object(_)) => value,
                Ok(_) => return Err(format!("{} must be a JSON object.", self.label)),
                Err(error) => return Err(format!("{} is not JSON: {error}.", self.label)),
            },
        })
    }
}

/// The member of `entity` that `name` means.
pub(super) fn member<'v>(entity: &'v Value, name: &str) -> &'v Value {
    name.split('.').fold(entity, |value, step| &value[step])
}

fn list(entity: &Value, name: &str) -> impl Iterator<Item = String> {
    let items = member(entity, name).as_array().cloned().unwrap_or_default();
    items
        .into_iter()
        .filter_map(|item| item.as_str().map(str::to_owned))
}

/// Puts a value into the body if it differs from the entity's; a member within another brings the
/// rest of that along, since operations replace nested objects whole.
fn put(body: &mut Map<String, Value>, entity: &Value, name: &str, value: Value) {
    let current = member(entity, name);
    let both_nothing = is_nothing(current) && is_nothing(&value);
    if *current == value || both_nothing {
        return;
    }
    let Some((outer, inner)) = name.split_once('.') else {
        body.insert(name.to_owned(), value);
        return;
    };
    let start = || match &entity[outer] {
        Value::Object(members) => Value::Object(members.clone()),
        _ => Value::Object(Map::new()),
    };
    let whole = body.entry(outer.to_owned()).or_insert_with(start);
    set(whole, inner, value);
}

fn set(whole: &mut Value, name: &str, value: Value) {
    let Value::Object(members) = whole else {
        return;
    };
    match name.split_once('.') {
        Some((outer, inner)) => {
            let next = members.entry(outer.to_owned());
            set(
                next.or_insert_with(|| Value::Object(Map::new())),
                inner,
                value,
            );
        }
        None if value.is_null() => drop(members.remove(name)),
        None => drop(members.insert(name.to_owned(), value)),
    }
}

/// What need not be written to a new thing.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(items) => items.is_empty(),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{choice, flag, lines, many, number, text};
    use super::*;

    fn form() -> Form {
        Form::new()
            .section("Basics", "")
            .field(text("name", "Name").required())
            .field(lines("callbacks", "Callbacks"))
            .field(many(
                "grants",
                "Grants",
                vec![choice("a", "A"), choice("b", "B")],
            ))
            .field(flag("jwt.on", "On"))
            .field(number("jwt.lifetime", "Lifetime", "seconds"))
    }

    #[test]
    fn only_what_changed_is_written_and_neighbours_stay() {
        let entity = json!({
            "name": "Shop", "callbacks": ["https://a/"], "grants": ["a", "other"],
            "jwt": {"on": true, "lifetime": 60, "alg": "RS256"},
        });
        let same = b"name=Shop&callbacks=https%3A%2F%2Fa%2F&grants=a&jwt.on=on&jwt.lifetime=60";
        let body = form().changes(&Fields::parse(same), &entity).unwrap();
        assert_eq!(Value::Object(body), json!({"grants": ["other", "a"]}));
        let sent = b"name=Shop&callbacks=x%0D%0A%0D%0A+y&grants=b&jwt.on=on&jwt.lifetime=90";
        let body = form().changes(&Fields::parse(sent), &entity).unwrap();
        let expected = json!({
            "callbacks": ["x", "y"], "grants": ["other", "b"],
            "jwt": {"on": true, "lifetime": 90, "alg": "RS256"},
        });
        assert_eq!(Value::Object(body), expected);
    }

    #[test]
    fn what_cannot_be_read_is_marked_and_the_input_is_kept() {
        let sent = Fields::parse(b"name=&jwt.lifetime=soon&callbacks=keep");
        let filled = form().changes(&sent, &Value::Null).unwrap_err();
        let shown = serde_json::to_value(&*filled).unwrap();
        let fields = &shown["sections"][0]["fields"];
        assert_eq!(fields[0]["problem"], "Name is needed.");
        assert_eq!(fields[1]["value"], "keep");
        assert_eq!(fields[4]["value"], "soon");
        assert!(fields[4]["problem"].is_string());
    }
}
