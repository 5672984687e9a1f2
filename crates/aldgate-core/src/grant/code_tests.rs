//! The redemption matrix of OAU-03 and OAU-04.

use serde_json::json;

use super::*;
use crate::grant::testing::{client, grant, user};

const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const REDIRECT: &str = "https://app.test/cb";

fn code(redirect_uri: Option<&str>) -> Code {
    let code = json!({
        "grant_id": "gnt_1", "client_id": "app", "redirect_uri": redirect_uri,
        "code_challenge": CHALLENGE, "expires_at": 60_000_000,
    });
    serde_json::from_value(code).unwrap()
}

const RIGHT: Exchange<'static> = Exchange {
    redirect_uri: Some(REDIRECT),
    code_verifier: Some(VERIFIER),
};

fn try_it(
    change: impl FnOnce(&mut Facts<'_>),
    who: &str,
    exchange: Exchange<'_>,
    at: i64,
) -> (String, Effect) {
    let (code, grant, user) = (code(Some(REDIRECT)), grant(), user(false));
    let mut facts = Facts {
        code: &code,
        grant: Some(&grant),
        user: Some(&user),
        spent: false,
    };
    change(&mut facts);
    let client = client(who, &["authorization_code"]);
    match redeem(facts, &client, exchange, Timestamp::from_seconds(at)) {
        Ok((grant, _)) => (grant.id.to_string(), Effect::Nothing),
        Err(refused) => {
            assert_eq!(refused.event, EventType::FailedCodeExchange);
            assert_eq!(refused.error.code.as_str(), "invalid_grant");
            (
                refused.error.refusal.unwrap().code.into_owned(),
                refused.effect,
            )
        }
    }
}

#[test]
fn oau_03_a_code_is_bound_to_client_redirect_uri_verifier_and_time() {
    let same = |_: &mut Facts<'_>| {};
    let no_redirect = Exchange {
        redirect_uri: None,
        ..RIGHT
    };
    let other = Exchange {
        redirect_uri: Some("https://app.test/cb/"),
        ..RIGHT
    };
    let no_verifier = Exchange {
        code_verifier: None,
        ..RIGHT
    };
    let challenge = Exchange {
        code_verifier: Some(CHALLENGE),
        ..RIGHT
    };
    let cases = [
        ("app", RIGHT, 59, "gnt_1"),
        ("web2", RIGHT, 0, "code_of_other_client"),
        ("app", no_redirect, 0, "redirect_uri_mismatch"),
        ("app", other, 0, "redirect_uri_mismatch"),
        ("app", no_verifier, 0, "pkce_verifier_missing"),
        ("app", challenge, 0, "pkce_mismatch"),
        ("app", RIGHT, 60, "code_expired"),
    ];
    for (who, exchange, at, expected) in cases {
        let result = try_it(same, who, exchange, at);
        assert_eq!(
            result,
            (expected.to_owned(), Effect::Nothing),
            "{exchange:?} at {at}"
        );
    }
}

#[test]
fn oau_03_a_code_dies_with_its_grant_and_user() {
    let blocked = user(true);
    let code = |change: &dyn Fn(&mut Facts<'_>)| try_it(|f| change(f), "app", RIGHT, 0).0;
    assert_eq!(code(&|f| f.grant = None), "grant_revoked");
    assert_eq!(code(&|f| f.user = None), "user_deleted");
    let (own, grant) = (self::code(Some(REDIRECT)), grant());
    let facts = Facts {
        code: &own,
        grant: Some(&grant),
        user: Some(&blocked),
        spent: false,
    };
    let client = client("app", &["authorization_code"]);
    let refused = redeem(facts, &client, RIGHT, Timestamp::default()).unwrap_err();
    assert_eq!(refused.error.description, "user is blocked");
}

#[test]
fn oau_04_only_a_replay_with_everything_right_revokes() {
    let spent = |f: &mut Facts<'_>| f.spent = true;
    let wrong = Exchange {
        code_verifier: Some(CHALLENGE),
        ..RIGHT
    };
    assert_eq!(
        try_it(spent, "app", RIGHT, 0),
        ("code_replayed".into(), Effect::RevokeGrant)
    );
    assert_eq!(
        try_it(spent, "app", RIGHT, 99),
        ("code_replayed".into(), Effect::RevokeGrant)
    );
    assert_eq!(try_it(spent, "app", wrong, 0).1, Effect::Nothing);
    assert_eq!(try_it(spent, "web2", RIGHT, 0).1, Effect::Nothing);
}

#[test]
fn oau_12_an_application_without_the_grant_type_is_refused() {
    let (code, grant, user) = (code(None), grant(), user(false));
    let facts = Facts {
        code: &code,
        grant: Some(&grant),
        user: Some(&user),
        spent: false,
    };
    let refused = redeem(facts, &client("app", &[]), RIGHT, Timestamp::default()).unwrap_err();
    assert_eq!(
        refused.error.description,
        "Grant type 'authorization_code' not allowed for the client."
    );
}
