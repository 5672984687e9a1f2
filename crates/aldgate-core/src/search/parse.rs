//! From pieces to the tree.

use super::lex::{ANY, ONE, Token, tokens};
use super::pattern::Pattern;
use super::{DEPTH_MAX, Field, Kind, LENGTH_MAX, Query, Schema, TERMS_MAX, Test, time};
use crate::error::Refusal;

impl Query {
    /// Reads a query; an empty one asks for everything. Conditions without an operator between
    /// them are alternatives, as in Lucene.
    ///
    /// # Errors
    /// Says what is wrong and where.
    pub fn parse(text: &str, schema: &Schema) -> Result<Self, Refusal> {
        if text.chars().count() > LENGTH_MAX {
            return Err(wrong("too many characters", "a longer query")
                .expected(format!("at most {LENGTH_MAX} characters")));
        }
        let tokens = tokens(text)?;
        if tokens.is_empty() {
            return Ok(Self::All);
        }
        let mut parser = Parser {
            tokens: tokens.into_iter().peekable(),
            schema,
            terms: 0,
        };
        let query = parser.any(None, 0)?;
        match parser.tokens.next() {
            None => Ok(query),
            Some(token) => Err(wrong("something behind its end", &format!("{token:?}"))),
        }
    }
}

struct Parser<'a> {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
    schema: &'a Schema,
    terms: usize,
}

impl Parser<'_> {
    /// Alternatives; `field` is the one before an open parenthesis.
    fn any(&mut self, field: Option<&Field>, depth: usize) -> Result<Query, Refusal> {
        if depth > DEPTH_MAX {
            return Err(wrong("too deep a nesting", "a deeper one")
                .expected(format!("at most {DEPTH_MAX} parentheses within each other")));
        }
        let mut all = vec![self.every(field, depth)?];
        loop {
            match self.tokens.peek() {
                None | Some(Token::Close) => break,
                Some(Token::Or) => drop(self.tokens.next()),
                Some(_) => {}
            }
            all.push(self.every(field, depth)?);
        }
        Ok(one_or(all, Query::Or))
    }

    fn every(&mut self, field: Option<&Field>, depth: usize) -> Result<Query, Refusal> {
        let mut all = vec![self.single(field, depth)?];
        while self.tokens.peek() == Some(&Token::And) {
            self.tokens.next();
            all.push(self.single(field, depth)?);
        }
        Ok(one_or(all, Query::And))
    }

    fn single(&mut self, field: Option<&Field>, depth: usize) -> Result<Query, Refusal> {
        let mut negated = false;
        loop {
            match self.tokens.peek() {
                Some(Token::Not) => negated = !negated,
                Some(Token::Must) => {}
                _ => break,
            }
            self.tokens.next();
        }
        let query = self.condition(field, depth)?;
        Ok(match negated {
            true => Query::Not(Box::new(query)),
            false => query,
        })
    }

    fn condition(&mut self, field: Option<&Field>, depth: usize) -> Result<Query, Refusal> {
        let token = self.tokens.next();
        let token = token.ok_or_else(|| wrong("an end where a condition should be", "nothing"))?;
        match token {
            Token::Open => {
                let inner = self.any(field, depth + 1)?;
                match self.tokens.next() {
                    Some(Token::Close) => Ok(inner),
                    _ => Err(wrong("a parenthesis that is not closed", "(")),
                }
            }
            Token::Field(_) if field.is_some() => Err(wrong(
                "a field within the parentheses of a field",
                "a second field",
            )),
            Token::Field(name) if name == "_exists_" => {
                let Some(Token::Word(named) | Token::Phrase(named)) = self.tokens.next() else {
                    return Err(wrong("_exists_ without a field", "_exists_:"));
                };
                self.counted()?;
                Ok(Query::Term(self.schema.field(&named)?, Test::Exists))
            }
            Token::Field(name) => {
                let field = self.schema.field(&name)?;
                match self.tokens.peek() {
                    Some(Token::Word(_) | Token::Phrase(_) | Token::Range(_) | Token::Open) => {
                        self.condition(Some(&field), depth)
                    }
                    _ => Err(wrong("a field without a value", &format!("{name}:"))),
                }
            }
            value @ (Token::Word(_) | Token::Phrase(_) | Token::Range(_)) => {
                self.counted()?;
                self.term(field, value)
            }
            token => Err(wrong("an operator out of place", &format!("{token:?}"))),
        }
    }

    fn term(&self, field: Option<&Field>, value: Token) -> Result<Query, Refusal> {
        if let Some(field) = field {
            return Ok(Query::Term(field.clone(), test(field, value)?));
        }
        if matches!(&value, Token::Word(word) if word.chars().all(|c| c == ANY)) {
            return Ok(Query::All);
        }
        if matches!(value, Token::Range(_)) {
            return Err(wrong("a range without a field", "a range"));
        }
        let fields = self.schema.default();
        let terms =
            fields.map(|field| Ok(Query::Term(field.clone(), test(&field, value.clone())?)));
        Ok(Query::Or(terms.collect::<Result<_, Refusal>>()?))
    }

    fn counted(&mut self) -> Result<(), Refusal> {
        self.terms += 1;
        match self.terms <= TERMS_MAX {
            true => Ok(()),
            false => {
                Err(wrong("too many conditions", "one more")
                    .expected(format!("at most {TERMS_MAX}")))
            }
        }
    }
}

/// A value as a condition of a field.
fn test(field: &Field, value: Token) -> Result<Test, Refusal> {
    let test = match value {
        Token::Phrase(text) => Test::Phrase(text),
        Token::Range(range) => Test::Range(range),
        Token::Word(word) if word.chars().all(|c| c == ANY) => Test::Exists,
        Token::Word(word) if word.contains([ANY, ONE]) => {
            Test::Wildcard(Pattern::new(&word, field.kind)?)
        }
        Token::Word(word) => Test::Word(word),
        _ => return Err(wrong("no value", "an operator")),
    };
    check(field, &test)?;
    Ok(test)
}

/// Whether a value has the type of its field.
fn check(field: &Field, test: &Test) -> Result<(), Refusal> {
    let path = &field.path;
    let bad = |actual: &str, expected: &str| {
        let cause = format!("The query compares {path} with a value of another type");
        Err(Refusal::new("search_value", cause)
            .expected(expected)
            .actual(actual))
    };
    let texts: Vec<&str> = match test {
        Test::Exists => return Ok(()),
        Test::Word(text) | Test::Phrase(text) => vec![text],
        Test::Wildcard(_) if matches!(field.kind, Kind::Number | Kind::Flag | Kind::Time) => {
            return bad("a wildcard", "a value without wildcards, or a range");
        }
        Test::Wildcard(_) => return Ok(()),
        Test::Range(_) if field.kind == Kind::Flag => return bad("a range", "true or false"),
        Test::Range(range) => {
            let bounds = [&range.low, &range.high].into_iter().flatten();
            bounds.map(|(text, _)| text.as_str()).collect()
        }
    };
    for text in texts {
        let fine = match field.kind {
            Kind::Number => text.parse::<f64>().is_ok_and(f64::is_finite),
            Kind::Flag => matches!(text, "true" | "false"),
            Kind::Time => time::period(text).is_some(),
            _ => true,
        };
        if !fine {
            return bad(
                text,
                match field.kind {
                    Kind::Number => "a number",
                    Kind::Flag => "true or false",
                    _ => "a time: 2026, 2026-11, 2026-11-24 or 2026-11-24T07:00:00Z",
                },
            );
        }
    }
    Ok(())
}

fn one_or(mut all: Vec<Query>, many: impl FnOnce(Vec<Query>) -> Query) -> Query {
    match (all.len(), all.pop()) {
        (1, Some(only)) => only,
        (_, Some(last)) => {
            all.push(last);
            many(all)
        }
        (_, None) => Query::All,
    }
}

/// The refusal of a query that cannot be read.
pub(super) fn wrong(what: &str, actual: &str) -> Refusal {
    Refusal::new("search_syntax", format!("The query has {what}"))
        .actual(&actual.chars().take(80).collect::<String>())
        .remedy("Quote values that hold spaces or special characters: name:\"Ann Lee\".")
}
