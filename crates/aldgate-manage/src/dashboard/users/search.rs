//! What a person types into the search of users, as a query of the Management API.

/// Words without a field that have fewer characters than this are looked for at the beginning only.
const INFIX_MIN: usize = 3;

/// The query that finds what was typed. What looks like a query already (a field, an operator,
/// quotation marks) stays as it is.
pub(super) fn query(typed: &str) -> String {
    let is_query = typed.contains([':', '"', '(', '*'])
        || typed
            .split_whitespace()
            .any(|word| ["AND", "OR", "NOT"].contains(&word));
    if typed.is_empty() || is_query {
        return typed.to_owned();
    }
    let words = typed.split_whitespace().map(|word| {
        let literal = escaped(word);
        match word {
            // A user id and an address are found by their indices.
            id if id.contains('|') => format!("user_id:\"{}\"", quoted(id)),
            email if email.contains('@') => format!("email:{literal}*"),
            long if long.chars().count() >= INFIX_MIN => format!("*{literal}*"),
            _ => format!("{literal}*"),
        }
    });
    words.collect::<Vec<_>>().join(" AND ")
}

/// A word of which each character stands for itself.
fn escaped(word: &str) -> String {
    let mut text = String::with_capacity(word.len() * 2);
    for c in word.chars() {
        if !c.is_alphanumeric() {
            text.push('\\');
        }
        text.push(c);
    }
    text
}

fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use aldgate_core::search::{Query, USERS};

    use super::query;

    #[test]
    fn simple_words_become_a_query_and_queries_stay() {
        let table = [
            ("", ""),
            ("ada", "*ada*"),
            ("al", "al*"),
            ("ada love", "*ada* AND *love*"),
            ("ada@example.com", "email:ada\\@example\\.com*"),
            ("auth0|1", "user_id:\"auth0|1\""),
            ("o'neill-smith", "*o\\'neill\\-smith*"),
            ("blocked:true", "blocked:true"),
            ("ada OR eve", "ada OR eve"),
        ];
        for (typed, expected) in table {
            assert_eq!(query(typed), expected, "{typed}");
        }
    }

    #[test]
    fn adm_06_whatever_is_typed_is_a_query_that_can_be_read() {
        for typed in [
            "a\\b",
            "{x}",
            "[1 TO",
            "x) y",
            "!!",
            "~^+-&|",
            "Ünïcødé 名前",
        ] {
            assert!(Query::parse(&query(typed), &USERS).is_ok(), "{typed}");
        }
    }
}
