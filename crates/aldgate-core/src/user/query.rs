//! The search language of users: the part of Lucene's that Auth0 documents and people use.
//!
//! `email:"ann@example.com" AND (name:jo* OR app_metadata.plan:pro) AND NOT blocked:true`. A query
//! is read into a bounded tree; nothing of it ever becomes SQL (ADM-06).

use serde_json::Value;

use super::login_key;
use crate::error::Refusal;

/// The longest query, in bytes.
const BYTES_MAX: usize = 2048;

/// The most terms of a query.
const TERMS_MAX: usize = 100;

/// The deepest nesting.
const DEPTH_MAX: usize = 16;

/// Fields that a word without a field is looked for in.
const DEFAULT_FIELDS: [&str; 4] = ["email", "name", "nickname", "username"];

/// A query, read.
#[derive(Debug, Clone, PartialEq)]
pub enum Query {
    /// All of these.
    And(Vec<Self>),
    /// At least one of these.
    Or(Vec<Self>),
    /// Not this.
    Not(Box<Self>),
    /// A field has a value that matches.
    Field(String, Test),
    /// A field is there.
    Exists(String),
}

/// What a value is compared with.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// The same text, in any case.
    Is(String),
    /// The same text with `*` for anything and `?` for one character.
    Like(String),
    /// Between two bounds; `*` is no bound.
    Between {
        /// The lower bound.
        from: Option<String>,
        /// Whether the lower bound itself counts.
        with_from: bool,
        /// The upper bound.
        to: Option<String>,
        /// Whether the upper bound itself counts.
        with_to: bool,
    },
}

impl Query {
    /// Reads a query.
    ///
    /// # Errors
    /// Says where it cannot be read.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        if text.len() > BYTES_MAX {
            let cause = format!("The query is longer than {BYTES_MAX} bytes.");
            return Err(Refusal::new("invalid_query", cause));
        }
        let mut reader = Reader {
            rest: text,
            whole: text,
            terms: 0,
        };
        let query = reader.any_of(0)?;
        reader.space();
        if reader.rest.is_empty() {
            Ok(query)
        } else {
            Err(reader.wrong("the end of the query, AND, OR or NOT"))
        }
    }

    /// Whether a user, as the Management API shows her, matches.
    #[must_use]
    pub fn matches(&self, user: &Value) -> bool {
        match self {
            Self::And(all) => all.iter().all(|query| query.matches(user)),
            Self::Or(any) => any.iter().any(|query| query.matches(user)),
            Self::Not(query) => !query.matches(user),
            Self::Exists(field) => values(user, field).iter().any(|value| !value.is_null()),
            Self::Field(field, test) => values(user, field)
                .into_iter()
                .any(|value| test.holds(value)),
        }
    }

    /// The exact value that every match has in `field`, if the query asks for one: with it an
    /// index can be used.
    #[must_use]
    pub fn pinned(&self, field: &str) -> Option<&str> {
        match self {
            Self::Field(name, Test::Is(value)) if name == field => Some(value),
            Self::And(all) => all.iter().find_map(|query| query.pinned(field)),
            Self::Or(any) if any.len() == 1 => any[0].pinned(field),
            _ => None,
        }
    }
}

impl Test {
    fn holds(&self, value: &Value) -> bool {
        let text = match value {
            Value::String(text) => text.to_lowercase(),
            Value::Number(number) => number.to_string(),
            Value::Bool(flag) => flag.to_string(),
            Value::Null | Value::Array(_) | Value::Object(_) => return false,
        };
        match self {
            Self::Is(wanted) => {
                let wanted = wanted.to_lowercase();
                text == wanted
                    || text
                        .split(|c: char| c.is_whitespace() || c == ',')
                        .any(|word| word == wanted)
            }
            Self::Like(pattern) => like(&pattern.to_lowercase(), &text),
            Self::Between {
                from,
                with_from,
                to,
                with_to,
            } => {
                let above = from.as_deref().is_none_or(|from| {
                    let order = compare(&text, from);
                    order.is_gt() || (*with_from && order.is_eq())
                });
                let below = to.as_deref().is_none_or(|to| {
                    let order = compare(&text, to);
                    order.is_lt() || (*with_to && order.is_eq())
                });
                above && below
            }
        }
    }
}

/// Numbers by their size, everything else (times among them) as text.
fn compare(value: &str, bound: &str) -> std::cmp::Ordering {
    match (value.parse::<f64>(), bound.parse::<f64>()) {
        (Ok(value), Ok(bound)) => value.total_cmp(&bound),
        // A bound such as 2026-01 is compared with as much of the time as it says.
        _ => value.cmp(&bound.to_lowercase()),
    }
}

/// `*` and `?` patterns, in time linear in text × stars.
fn like(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                back = Some((p, t));
                p += 1;
            }
            Some(c) if *c == '?' || *c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match back {
                Some((star, from)) => {
                    back = Some((star, from + 1));
                    p = star + 1;
                    t = from + 1;
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

/// Every value at a dotted path; lists are looked through.
fn values<'a>(user: &'a Value, field: &str) -> Vec<&'a Value> {
    let path = if field == "email.domain" {
        "email"
    } else {
        field
    };
    let mut found = vec![user];
    for name in path.split('.') {
        found = found
            .into_iter()
            .flat_map(|value| match value {
                Value::Array(items) => items.iter().collect(),
                other => vec![other],
            })
            .filter_map(|value| value.get(name))
            .collect();
    }
    found
        .into_iter()
        .flat_map(|value| match value {
            Value::Array(items) => items.iter().collect(),
            other => vec![other],
        })
        .collect()
}

struct Reader<'a> {
    rest: &'a str,
    whole: &'a str,
    terms: usize,
}

impl<'a> Reader<'a> {
    fn space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn word(&mut self, word: &str) -> bool {
        self.space();
        let Some(rest) = self.rest.strip_prefix(word) else {
            return false;
        };
        let symbol = word.starts_with(['&', '|', '(', ')', '!']);
        if symbol || rest.starts_with(|c: char| c.is_whitespace() || c == '(') {
            self.rest = rest;
            return true;
        }
        false
    }

    fn any_of(&mut self, depth: usize) -> Result<Query, Refusal> {
        if depth > DEPTH_MAX {
            return Err(self.wrong("less deeply nested parentheses"));
        }
        let mut any = vec![self.all_of(depth)?];
        loop {
            self.space();
            let more = self.word("OR") || self.word("||");
            let ended = self.rest.is_empty() || self.rest.starts_with(')');
            if !more && ended {
                break;
            }
            any.push(self.all_of(depth)?);
        }
        Ok(match any.len() {
            1 => any.remove(0),
            _ => Query::Or(any),
        })
    }

    fn all_of(&mut self, depth: usize) -> Result<Query, Refusal> {
        let mut all = vec![self.one(depth)?];
        while self.word("AND") || self.word("&&") {
            all.push(self.one(depth)?);
        }
        Ok(match all.len() {
            1 => all.remove(0),
            _ => Query::And(all),
        })
    }

    fn one(&mut self, depth: usize) -> Result<Query, Refusal> {
        if depth > DEPTH_MAX {
            return Err(self.wrong("fewer NOT in a row"));
        }
        if self.word("NOT") || self.word("!") {
            return Ok(Query::Not(Box::new(self.one(depth + 1)?)));
        }
        self.space();
        if let Some(rest) = self.rest.strip_prefix('-') {
            self.rest = rest;
            return Ok(Query::Not(Box::new(self.one(depth + 1)?)));
        }
        if self.word("(") {
            let inner = self.any_of(depth + 1)?;
            return match self.word(")") {
                true => Ok(inner),
                false => Err(self.wrong("a closing parenthesis")),
            };
        }
        self.term(depth)
    }

    fn term(&mut self, depth: usize) -> Result<Query, Refusal> {
        self.terms += 1;
        if self.terms > TERMS_MAX {
            return Err(self.wrong("at most 100 terms"));
        }
        let end = self
            .rest
            .find(|c: char| !is_field(c))
            .unwrap_or(self.rest.len());
        let (field, rest) = self.rest.split_at(end);
        let Some(rest) = rest.strip_prefix(':').filter(|_| !field.is_empty()) else {
            let test = self.value()?;
            let each = DEFAULT_FIELDS.map(|field| Query::Field(field.to_owned(), test.clone()));
            return Ok(Query::Or(each.into()));
        };
        self.rest = rest;
        if field == "_exists_" {
            return match self.value()? {
                Test::Is(name) => Ok(Query::Exists(name)),
                _ => Err(self.wrong("the name of a field")),
            };
        }
        if self.word("(") {
            let mut any = Vec::new();
            while !self.word(")") {
                if self.rest.is_empty() || any.len() > TERMS_MAX || depth > DEPTH_MAX {
                    return Err(self.wrong("a closing parenthesis"));
                }
                any.push(Query::Field(field.to_owned(), domain(field, self.value()?)));
                let _or = self.word("OR");
            }
            return Ok(Query::Or(any));
        }
        let test = self.value()?;
        Ok(Query::Field(field.to_owned(), domain(field, test)))
    }

    fn value(&mut self) -> Result<Test, Refusal> {
        self.space();
        if let Some(rest) = self.rest.strip_prefix('"') {
            let (text, rest) = quoted(rest).ok_or_else(|| self.wrong("a closing quote"))?;
            self.rest = rest;
            return Ok(Test::Is(text));
        }
        if self.rest.starts_with(['[', '{']) {
            return self.range();
        }
        for (sign, above, with) in [
            (">=", true, true),
            ("<=", false, true),
            (">", true, false),
            ("<", false, false),
        ] {
            if let Some(rest) = self.rest.strip_prefix(sign) {
                self.rest = rest;
                let bound = Some(self.bare()?);
                let (from, to) = if above { (bound, None) } else { (None, bound) };
                return Ok(Test::Between {
                    from,
                    with_from: with,
                    to,
                    with_to: with,
                });
            }
        }
        let text = self.bare()?;
        Ok(match text.contains(['*', '?']) {
            true => Test::Like(text),
            false => Test::Is(text),
        })
    }

    /// `[a TO b]`, `{a TO b}` and mixtures; `*` is no bound.
    fn range(&mut self) -> Result<Test, Refusal> {
        let with_from = self.rest.starts_with('[');
        let end = self
            .rest
            .find([']', '}'])
            .ok_or_else(|| self.wrong("] or }"))?;
        let with_to = self.rest[end..].starts_with(']');
        let inner = &self.rest[1..end];
        let (from, to) = inner
            .split_once(" TO ")
            .ok_or_else(|| self.wrong("a range such as [a TO b]"))?;
        let bound = |text: &str| {
            let text = text.trim().trim_matches('"');
            (text != "*").then(|| text.to_owned())
        };
        let test = Test::Between {
            from: bound(from),
            with_from,
            to: bound(to),
            with_to,
        };
        self.rest = &self.rest[end + 1..];
        Ok(test)
    }

    fn bare(&mut self) -> Result<String, Refusal> {
        let mut text = String::new();
        let mut characters = self.rest.char_indices();
        let mut end = self.rest.len();
        while let Some((at, c)) = characters.next() {
            match c {
                '\\' => text.extend(characters.next().map(|(_, escaped)| escaped)),
                c if c.is_whitespace() || matches!(c, '(' | ')' | '"') => {
                    end = at;
                    break;
                }
                c => text.push(c),
            }
        }
        if end == 0 || text.is_empty() {
            return Err(self.wrong("a value"));
        }
        self.rest = &self.rest[end..];
        Ok(text)
    }

    fn wrong(&self, expected: &str) -> Refusal {
        let at = self.whole.len() - self.rest.len();
        let near: String = self.rest.chars().take(20).collect();
        Refusal::new(
            "invalid_query",
            format!("The query cannot be read at byte {at}."),
        )
        .expected(expected)
        .actual(if near.is_empty() { "the end" } else { &near })
        .remedy("Write terms as field:value, field:\"two words\" or field:[a TO b].")
    }
}

/// A value of `email.domain` is compared with the end of the address.
fn domain(field: &str, test: Test) -> Test {
    match test {
        Test::Is(value) if field == "email.domain" => {
            Test::Like(format!("*@{}", login_key(&value)))
        }
        Test::Like(value) if field == "email.domain" => Test::Like(format!("*@{value}")),
        other => other,
    }
}

fn is_field(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '|')
}

fn quoted(rest: &str) -> Option<(String, &str)> {
    let mut text = String::new();
    let mut characters = rest.char_indices();
    while let Some((at, c)) = characters.next() {
        match c {
            '"' => return Some((text, &rest[at + 1..])),
            '\\' => text.push(characters.next()?.1),
            c => text.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ann() -> Value {
        json!({
            "user_id": "auth0|1",
            "email": "Ann.Lee@Example.com",
            "name": "Ann Lee",
            "blocked": false,
            "logins_count": 12,
            "created_at": "2026-03-04T05:06:07.000Z",
            "app_metadata": {"plan": "pro", "tags": ["a", "b"]},
            "identities": [{"connection": "db"}, {"connection": "google-oauth2"}],
        })
    }

    fn finds(query: &str) -> bool {
        Query::parse(query).expect(query).matches(&ann())
    }

    #[test]
    fn what_people_write_finds_what_they_mean() {
        for query in [
            "email:\"ann.lee@example.com\"",
            "email:ann.lee@example.com",
            "name:ann",
            "name:\"ann lee\"",
            "name:an*",
            "email:*@example.com",
            "email.domain:example.com",
            "app_metadata.plan:\"pro\" AND logins_count:[10 TO 20]",
            "app_metadata.tags:b",
            "identities.connection:google-oauth2",
            "created_at:[2026-01-01 TO 2026-12-31]",
            "created_at:[2026-01-01 TO *]",
            "logins_count:>=12",
            "logins_count:{11 TO 13}",
            "_exists_:app_metadata.plan",
            "NOT blocked:true",
            "-blocked:true",
            "NOT _exists_:user_metadata.color",
            "(name:bob OR name:ann) AND blocked:false",
            "name:(bob OR ann)",
            "user_id:auth0|1",
            "ann",
        ] {
            assert!(finds(query), "{query}");
        }
        for query in [
            "email:\"ann\"",
            "name:bob",
            "logins_count:[13 TO *]",
            "logins_count:{12 TO 13}",
            "email.domain:ample.com",
            "blocked:true",
            "NOT name:ann",
            "_exists_:phone_number",
        ] {
            assert!(!finds(query), "{query}");
        }
    }

    #[test]
    fn exact_values_can_use_an_index() {
        let query = Query::parse("email:\"a@b.c\" AND name:x*").unwrap();
        assert_eq!(query.pinned("email"), Some("a@b.c"));
        assert_eq!(query.pinned("user_id"), None);
        let query = Query::parse("email:a@b.c OR name:x").unwrap();
        assert_eq!(query.pinned("email"), None, "somebody else may match too");
    }

    #[test]
    fn adm_06_bad_queries_are_refused_with_the_place() {
        let deep = "(".repeat(40);
        let not = "NOT ".repeat(40) + "a:b";
        let long = "x".repeat(3000);
        let many = "a:b OR ".repeat(150) + "a:b";
        for bad in [
            "", "email:", "(name:x", "name:\"x", "a:[1 TO", "a:[1 2]", ")", &deep, &not, &long,
            &many,
        ] {
            assert!(Query::parse(bad).is_err(), "{bad:.20}");
        }
        let refusal = Query::parse("email:").unwrap_err();
        assert_eq!(refusal.expected.as_deref(), Some("a value"));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[-a-z:*?\"\\[\\]{}()\\\\ .TOANDR<>=|!&]{0,60}") {
            if let Ok(query) = Query::parse(&text) {
                let _matched = query.matches(&ann());
            }
        }
    }
}
