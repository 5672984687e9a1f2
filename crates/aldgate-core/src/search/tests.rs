//! What queries find, and what they refuse.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::time::Timestamp;

fn ann() -> Value {
    json!({
        "user_id": "auth0|1",
        "email": "Ann.Lee@Example.com",
        "email_verified": true,
        "name": "Ann Lee",
        "nickname": "annie",
        "created_at": Timestamp::parse_iso8601("2026-03-05T10:20:30.123456Z").unwrap(),
        "logins_count": 7,
        "identities": [
            {"connection": "db", "provider": "auth0", "user_id": "1"},
            {"connection": "google", "provider": "google-oauth2", "user_id": "77"},
        ],
        "app_metadata": {"plan": "Gold", "seats": 12, "addresses": [{"city": "Paris"}], "x": null},
    })
}

fn finds(query: &str) -> bool {
    let query = Query::parse(query, &USERS).expect(query);
    query.matches(&ann())
}

#[test]
fn fields_are_compared_by_their_kind() {
    for query in [
        "",
        "*",
        "email:\"ann.lee@example.com\"",
        "email:ANN.LEE@EXAMPLE.COM",
        "email.domain:example.com",
        "name:ann",
        "name:\"ann lee\"",
        "name:Ann*",
        "email:*example*",
        "email:ann?lee@*",
        "ann",
        "\"ann lee\"",
        "email_verified:true",
        "blocked:false",
        "logins_count:7",
        "logins_count:[5 TO 7]",
        "logins_count:{6 TO *]",
        "logins_count:>=7",
        "logins_count:<8",
        "created_at:2026",
        "created_at:2026-03",
        "created_at:2026-03-05",
        "created_at:\"2026-03-05T10:20:30.123Z\"",
        "created_at:[2026-03-05 TO 2026-03-05]",
        "created_at:[* TO 2026-12-31T00:00:00Z]",
        "created_at:{2026-03-04 TO 2026-03-06}",
        "identities.connection:google",
        "identities.provider:\"google-oauth2\"",
        "app_metadata.plan:Gold",
        "app_metadata.seats:[10 TO 20]",
        "app_metadata.addresses.city:\"Paris\"",
        "_exists_:nickname",
        "NOT _exists_:last_login",
        "-name:bob",
        "name:(bob OR ann)",
        "name:bob OR nickname:annie",
        "name:bob nickname:annie",
        "name:ann AND NOT (logins_count:0 OR blocked:true)",
        "user_id:auth0\\|1",
        "user_id:\"auth0|1\"",
    ] {
        assert!(finds(query), "{query}");
    }
    for query in [
        "name:an",
        "name:\"ann\"",
        "app_metadata.plan:gold",
        "_exists_:app_metadata.x",
        "logins_count:{7 TO *]",
        "created_at:[2026-03-06 TO *]",
        "created_at:{2026-03-05 TO *}",
        "email:*.org",
        "name:ann AND name:bob",
        "NOT name:ann",
        "blocked:true",
        "identities.connection:db2",
    ] {
        assert!(!finds(query), "{query}");
    }
}

#[test]
fn adm_06_what_cannot_be_read_is_refused() {
    for query in [
        "(name:ann",
        "name:ann)",
        "name:",
        "nmae:ann",
        "name:\"ann",
        "email:*a*",
        "logins_count:many",
        "logins_count:[1 5]",
        "created_at:yesterday",
        "email_verified:maybe",
        "blocked:[true TO false]",
        "AND",
        "name:ann AND",
        "[1 TO 5]",
        "name:(email:x)",
        "name:x\\",
        "_exists_:",
        "name:ann'; DROP TABLE users & x",
        "a\u{0}b",
        &"(".repeat(40),
        &"a ".repeat(70),
        &"x".repeat(3000),
    ] {
        let refused = Query::parse(query, &USERS).expect_err(query);
        assert!(!refused.cause.is_empty());
    }
    let refused = Query::parse("nmae:ann", &USERS).unwrap_err();
    assert_eq!(refused.remedy.as_deref(), Some("Did you mean name?"));
}

#[test]
fn what_every_match_has_is_read_off() {
    let narrow = |query: &str| Query::parse(query, &USERS).unwrap().narrow();
    let both = narrow("email:Ann@x.org AND created_at:[2026-01-01 TO 2026-02-01] AND blocked:true");
    assert_eq!(both.email.as_deref(), Some("ann@x.org"));
    assert_eq!(both.blocked, Some(true));
    let (from, until) = both.created.unwrap();
    assert_eq!(from.iso8601(), "2026-01-01T00:00:00.000Z");
    assert_eq!(until.iso8601(), "2026-02-02T00:00:00.000Z");
    assert_eq!(narrow("name:An*").name_prefix.as_deref(), Some("an"));
    let whole = narrow("name:\"Ann Lee\"");
    assert_eq!(whole.name_prefix.as_deref(), Some("ann lee"));
    assert_eq!(narrow("name:Lee").name_prefix, None, "a word of it");
    assert_eq!(narrow("email:x OR email:y"), Narrowed::default());
    assert_eq!(narrow("NOT email:x"), Narrowed::default());
}

/// A query as a tree of its own, to compare with.
#[derive(Debug, Clone)]
enum Shape {
    Fact(bool),
    Not(Box<Self>),
    And(Vec<Self>),
    Or(Vec<Self>),
}

impl Shape {
    fn text(&self) -> String {
        let join = |all: &[Self], with| {
            let texts: Vec<_> = all.iter().map(Self::text).collect();
            format!("({})", texts.join(with))
        };
        match self {
            Self::Fact(true) => "name:ann".into(),
            Self::Fact(false) => "name:bob".into(),
            Self::Not(inner) => format!("NOT {}", inner.text()),
            Self::And(all) => join(all, " AND "),
            Self::Or(all) => join(all, " OR "),
        }
    }

    fn truth(&self) -> bool {
        match self {
            Self::Fact(truth) => *truth,
            Self::Not(inner) => !inner.truth(),
            Self::And(all) => all.iter().all(Self::truth),
            Self::Or(all) => all.iter().any(Self::truth),
        }
    }
}

fn shapes() -> impl Strategy<Value = Shape> {
    let leaf = any::<bool>().prop_map(Shape::Fact);
    leaf.prop_recursive(4, 24, 3, |inner| {
        let several = prop::collection::vec(inner.clone(), 1..4);
        prop_oneof![
            inner.prop_map(|one| Shape::Not(Box::new(one))),
            several.clone().prop_map(Shape::And),
            several.prop_map(Shape::Or),
        ]
    })
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,120}") {
        if let Ok(query) = Query::parse(&text, &USERS) {
            drop((query.matches(&ann()), query.narrow()));
        }
    }

    #[test]
    fn any_pieces_are_read_or_refused(
        pieces in prop::collection::vec(prop::sample::select(vec![
            "name:", "ann", "\"a b\"", "(", ")", " AND ", " OR ", "NOT ", "[1 TO 2]", "{a TO *}",
            "*", "x*", "*abc", "_exists_:", "logins_count:", ">", "-", "\\", "created_at:2026",
        ]), 0..20)
    ) {
        let text = pieces.concat();
        if let Ok(query) = Query::parse(&text, &USERS) {
            drop(query.matches(&ann()).to_string());
        }
    }

    #[test]
    fn operators_mean_what_they_say(shape in shapes()) {
        prop_assert_eq!(finds(&shape.text()), shape.truth(), "{}", shape.text());
    }

    #[test]
    fn quoted_values_find_themselves(text in "[^\\p{C}\\u{fdd0}\\u{fdd1}]{1,40}") {
        let quoted = text.replace('\\', "\\\\").replace('"', "\\\"");
        let query = Query::parse(&format!("app_metadata.v:\"{quoted}\""), &USERS).unwrap();
        let found = query.matches(&json!({"app_metadata": {"v": text}}));
        prop_assert!(found);
    }

    #[test]
    fn what_is_narrowed_holds_for_every_match(
        name in "[A-Za-z ]{1,8}", start in "[A-Za-z]{1,3}",
    ) {
        let query = Query::parse(&format!("name:{start}*"), &USERS).unwrap();
        let prefix = query.narrow().name_prefix.unwrap();
        let found = query.matches(&json!({"name": name}));
        if found {
            prop_assert!(crate::user::login_key(&name).starts_with(&prefix));
        }
    }
}
