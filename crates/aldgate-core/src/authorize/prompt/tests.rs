//! The matrix of prompt, max_age, hint and session.

use super::*;
use crate::authorize::checks::tests::plan;
use crate::id::SessionId;
use crate::session::Device;

const NOW: Timestamp = Timestamp::from_seconds(10_000);

/// A session of `auth0|1` whose login was at second 9 000.
fn session() -> Session {
    let login = Timestamp::from_seconds(9_000);
    Session {
        id: SessionId::parse("s1").unwrap(),
        user_id: UserId::parse("auth0|1").unwrap(),
        methods: Vec::new(),
        authenticated_at: login,
        created_at: login,
        last_interacted_at: login,
        idle_expires_at: Timestamp::from_seconds(20_000),
        expires_at: Timestamp::from_seconds(30_000),
        clients: Vec::new(),
        persistent: true,
        device: Device::default(),
        metadata: serde_json::Map::new(),
    }
}

/// The outcome as one word: a step, or the error code.
fn outcome(query: &str, session: Option<&Session>, fresh: bool, consent_due: bool) -> String {
    let situation = Situation {
        session,
        fresh,
        consent_due,
        now: NOW,
    };
    match next(&plan(query), situation) {
        Ok(step) => format!("{step:?}"),
        Err(error) => error.code.as_str().to_owned(),
    }
}

#[test]
fn oid_02_prompt_and_max_age_decide_who_sees_a_page() {
    let session = session();
    // query, nobody logged in, an old session, a login within this transaction
    let table = [
        ("", "LogIn", "Answer", "Answer"),
        ("prompt=login", "LogIn", "LogIn", "Answer"),
        ("prompt=select_account", "LogIn", "LogIn", "Answer"),
        ("prompt=create", "SignUp", "SignUp", "Answer"),
        ("prompt=none", "login_required", "Answer", "Answer"),
        ("max_age=0", "LogIn", "LogIn", "Answer"),
        ("max_age=1", "LogIn", "LogIn", "Answer"),
        ("max_age=1000", "LogIn", "LogIn", "Answer"),
        ("max_age=1001", "LogIn", "Answer", "Answer"),
        ("max_age=99999999999", "LogIn", "Answer", "Answer"),
        (
            "prompt=none&max_age=1",
            "login_required",
            "login_required",
            "Answer",
        ),
    ];
    for (query, nobody, old, fresh) in table {
        assert_eq!(
            outcome(query, None, false, false),
            nobody,
            "{query}, nobody"
        );
        assert_eq!(
            outcome(query, Some(&session), false, false),
            old,
            "{query}, old session"
        );
        assert_eq!(
            outcome(query, Some(&session), true, false),
            fresh,
            "{query}, fresh login"
        );
    }
}

#[test]
fn oid_02_consent_comes_after_login_and_never_silently() {
    let session = session();
    assert_eq!(outcome("", Some(&session), false, true), "Consent");
    assert_eq!(outcome("", None, false, true), "LogIn");
    assert_eq!(
        outcome("prompt=none", Some(&session), false, true),
        "consent_required"
    );
    assert_eq!(outcome("prompt=none", None, false, true), "login_required");
}

#[test]
fn oid_02_a_hint_for_somebody_else_needs_another_login() {
    let session = session();
    let other = r#"claims={"id_token":{"sub":{"value":"auth0|2"}}}"#;
    let same = r#"claims={"id_token":{"sub":{"value":"auth0|1"}}}"#;
    assert_eq!(outcome(same, Some(&session), false, false), "Answer");
    assert_eq!(outcome(other, Some(&session), false, false), "LogIn");
    assert_eq!(
        outcome(other, Some(&session), true, false),
        "login_required"
    );
    let silent = format!("{other}&prompt=none");
    assert_eq!(
        outcome(&silent, Some(&session), false, false),
        "login_required"
    );
}
