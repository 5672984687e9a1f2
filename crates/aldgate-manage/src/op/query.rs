//! The query of a request: only what the operation declares, each value of its kind.

use std::collections::BTreeMap;

use aldgate_core::body::closest;
use aldgate_core::error::Refusal;

use super::ApiError;

/// The longest value of a parameter without a limit of its own, in characters.
const TEXT_MAX: usize = 2048;

/// The most values of one repeatable parameter.
const LIST_MAX: usize = 50;

/// What a value must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Text of at most this many characters.
    Text(usize),
    /// A whole number within these bounds.
    Integer(u32, u32),
    /// `true` or `false`.
    Boolean,
    /// Text that may come several times.
    List,
}

/// A query parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Param {
    /// Its name.
    pub(crate) name: &'static str,
    /// What its value must be.
    pub(crate) kind: Kind,
}

/// A text parameter.
pub(crate) const fn text(name: &'static str) -> Param {
    let kind = Kind::Text(TEXT_MAX);
    Param { name, kind }
}

/// A whole number between two bounds.
pub(crate) const fn integer(name: &'static str, min: u32, max: u32) -> Param {
    let kind = Kind::Integer(min, max);
    Param { name, kind }
}

/// `true` or `false`.
pub(crate) const fn boolean(name: &'static str) -> Param {
    let kind = Kind::Boolean;
    Param { name, kind }
}

/// A text parameter that may come several times.
pub(crate) const fn list(name: &'static str) -> Param {
    let kind = Kind::List;
    Param { name, kind }
}

/// Turning pages: `page` from 0, `per_page` up to 100, `include_totals`.
pub(crate) const PAGES: [Param; 3] = [
    integer("page", 0, 1_000_000),
    integer("per_page", 1, 100),
    boolean("include_totals"),
];

/// Reading on from a key: `from` and `take` up to 100.
pub(crate) const KEYSET: [Param; 2] = [text("from"), integer("take", 1, 100)];

/// Choosing members of the answer: `fields=a,b` and `include_fields=false` for all but these.
pub(crate) const FIELDS: [Param; 2] = [text("fields"), boolean("include_fields")];

/// The query of a request, checked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Query {
    values: BTreeMap<&'static str, Vec<String>>,
}

impl Query {
    /// Reads a query.
    ///
    /// # Errors
    /// Names the parameter that is unknown, repeated, or of the wrong kind.
    pub(crate) fn parse(raw: &str, params: &[Param]) -> Result<Self, ApiError> {
        let mut query = Self::default();
        for (name, value) in url::form_urlencoded::parse(raw.as_bytes()) {
            let Some(param) = params.iter().find(|param| param.name == name) else {
                return Err(unknown(&name, params));
            };
            check(param, &value)?;
            let values = query.values.entry(param.name).or_default();
            let limit = if param.kind == Kind::List {
                LIST_MAX
            } else {
                1
            };
            if values.len() == limit {
                let problem = format!("It may come {limit} times");
                return Err(wrong(param.name, &problem, &value));
            }
            values.push(value.into_owned());
        }
        Ok(query)
    }

    /// A value, if it was sent.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name)?.first().map(String::as_str)
    }

    /// Every value of a repeatable parameter.
    pub(crate) fn all(&self, name: &str) -> &[String] {
        self.values.get(name).map_or(&[], Vec::as_slice)
    }

    /// A number, if it was sent.
    pub(crate) fn number(&self, name: &str) -> Option<u32> {
        self.get(name)?.parse().ok()
    }

    /// A truth value, if it was sent.
    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        self.get(name).map(|value| value == "true")
    }
}

fn check(param: &Param, value: &str) -> Result<(), ApiError> {
    match param.kind {
        Kind::Text(max) if value.chars().count() > max => {
            let problem = format!("String is too long ({} chars), maximum {max}", value.len());
            Err(wrong(param.name, &problem, value))
        }
        Kind::List if value.chars().count() > TEXT_MAX => {
            Err(wrong(param.name, "String is too long", value))
        }
        Kind::Integer(min, max) => match value.parse::<u32>() {
            Ok(number) if (min..=max).contains(&number) => Ok(()),
            _ => {
                let problem = format!("Expected a whole number between {min} and {max}");
                Err(wrong(param.name, &problem, value))
            }
        },
        Kind::Boolean if !["true", "false"].contains(&value) => {
            Err(wrong(param.name, "Expected type boolean", value))
        }
        _ => Ok(()),
    }
}

/// The refusal of one parameter's value, in Auth0's form.
pub(crate) fn wrong(name: &str, problem: &str, actual: &str) -> ApiError {
    let cause = format!("Query validation error: '{problem}' on property {name}.");
    ApiError::bad_request(
        "invalid_query_string",
        Refusal::new("query", cause).actual(actual),
    )
}

fn unknown(name: &str, params: &[Param]) -> ApiError {
    let known: Vec<&str> = params.iter().map(|param| param.name).collect();
    let short: String = name.chars().take(80).collect();
    let cause = format!(
        "Query validation error: 'Additional properties not allowed: {short}' on property {short}."
    );
    let refusal = Refusal::new("query", cause).expected(match known.as_slice() {
        [] => "no query parameter".to_owned(),
        known => format!("one of: {}", known.join(", ")),
    });
    ApiError::bad_request(
        "invalid_query_string",
        match closest(name, &known) {
            Some(near) => refusal.remedy(format!("Did you mean {near}?")),
            None => refusal.remedy("Remove the parameter."),
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(raw: &str) -> Result<Query, ApiError> {
        let mut params = PAGES.to_vec();
        params.push(list("strategy"));
        Query::parse(raw, &params)
    }

    #[test]
    fn values_are_read_by_their_kind() {
        let query = parse("page=2&include_totals=true&strategy=a&strategy=b%20c").unwrap();
        assert_eq!(query.number("page"), Some(2));
        assert_eq!(query.flag("include_totals"), Some(true));
        assert_eq!(query.all("strategy"), ["a", "b c"]);
        assert_eq!(query.number("per_page"), None);
    }

    #[test]
    fn adm_06_nothing_else_passes() {
        for bad in [
            "per_page=0",
            "per_page=-1",
            "per_page=1000000000",
            "per_page=5&per_page=6",
            "include_totals=yes",
            "perpage=5",
            "page=1e3",
            "page=%00",
        ] {
            let error = parse(bad).expect_err(bad);
            assert_eq!(error.code(), Some("invalid_query_string"), "{bad}");
        }
        let error = parse("perpage=5").unwrap_err();
        assert_eq!(
            error.refusal().remedy.as_deref(),
            Some("Did you mean per_page?")
        );
    }

    proptest::proptest! {
        #[test]
        fn any_query_is_read_or_refused(raw in ".{0,300}") {
            drop(parse(&raw));
        }
    }
}
