//! Where logout goes, and when it asks.

use serde_json::json;

use super::*;
use crate::id::{SessionId, UserId};

fn application(first_party: bool) -> Application {
    let json = json!({"client_id": "abc", "name": "A", "is_first_party": first_party,
        "allowed_logout_urls": ["https://rp.test/bye", "https://rp.test/out?x=1"]});
    serde_json::from_value(json).unwrap()
}

fn session() -> Session {
    let json = json!({"id": "s1", "user_id": "auth0|1", "methods": [], "authenticated_at": 0,
        "created_at": 0, "last_interacted_at": 0, "idle_expires_at": 9, "expires_at": 9});
    serde_json::from_value(json).unwrap()
}

fn hint(sid: Option<&str>, user: &str) -> Result<Hint, Refusal> {
    Ok(Hint::for_test(
        UserId::parse(user).unwrap(),
        sid.map(|sid| SessionId::parse(sid).unwrap()),
        "abc",
    ))
}

fn word(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Done(None) => "page".to_owned(),
        Outcome::Done(Some(url)) => format!("go {url}"),
        Outcome::Ask => "ask".to_owned(),
        Outcome::Refused {
            error,
            ends_session,
        } => {
            let code = error.refusal.as_ref().map(|refusal| refusal.code.as_ref());
            format!("{} {ends_session}", code.unwrap_or("?"))
        }
    }
}

#[test]
fn r4_return_to_is_compared_without_query_and_fragment() {
    let app = application(true);
    let tenant_urls = ["https://tenant.test/".to_owned()];
    let table = [
        (Some("https://rp.test/bye"), "go https://rp.test/bye"),
        (
            Some("https://rp.test/bye?a=1#b"),
            "go https://rp.test/bye?a=1#b",
        ),
        (Some("https://rp.test/out"), "go https://rp.test/out"),
        (None, "go https://rp.test/bye"),
        (Some("https://rp.test/bye/"), "logout_url_mismatch true"),
        (Some("https://rp.test/Bye"), "logout_url_mismatch true"),
        (Some("https://rp.test/"), "logout_url_mismatch true"),
        (Some("https://rp.test"), "logout_url_mismatch true"),
        (Some("https://rp.test:443/bye"), "logout_url_mismatch true"),
        (
            Some("https://rp.test@evil.test/bye"),
            "logout_url_mismatch true",
        ),
        (
            Some("https://evil.test/?https://rp.test/bye"),
            "logout_url_mismatch true",
        ),
        (
            Some("https://evil.test#https://rp.test/bye"),
            "logout_url_mismatch true",
        ),
        (Some("//rp.test/bye"), "logout_url_mismatch true"),
        (Some("javascript:alert(1)"), "logout_url_mismatch true"),
        (Some("https://tenant.test/"), "logout_url_mismatch true"),
        (Some("https://rp.test/by%65"), "logout_url_mismatch true"),
    ];
    let request = |client_id, application, return_to| Simple {
        client_id,
        application,
        return_to,
        tenant_urls: &tenant_urls,
    };
    for (return_to, expected) in table {
        let outcome = simple(request(Some("abc"), Some(&app), return_to));
        assert_eq!(word(&outcome), expected, "{return_to:?}");
    }
    let without = |return_to| word(&simple(request(None, None, return_to)));
    assert_eq!(without(None), "page");
    assert_eq!(
        without(Some("https://tenant.test/?x")),
        "go https://tenant.test/?x"
    );
    assert_eq!(
        without(Some("https://rp.test/bye")),
        "logout_url_mismatch true"
    );
    let unknown = simple(request(Some("nobody"), None, None));
    assert_eq!(word(&unknown), "client_unknown true");
}

#[test]
fn r4_only_navigations_log_out() {
    for dest in [
        "image", "iframe", "empty", "script", "style", "frame", "object", "",
    ] {
        assert!(!is_navigation(Some(dest)), "{dest}");
    }
    assert!(is_navigation(Some("document")) && is_navigation(None));
}

/// A request with a session, the application named, and nothing else.
fn request<'a>(app: &'a Application, session: &'a Session) -> RpInitiated<'a> {
    RpInitiated {
        hint: None,
        logout_hint: None,
        client_id: Some("abc"),
        application: Some(app),
        redirect_uri: Some("https://rp.test/out?x=1"),
        state: None,
        session: Some(session),
        tenant_urls: &[],
        confirmed: false,
    }
}

#[test]
fn oid_03_without_a_matching_hint_the_user_is_asked() {
    let (app, session) = (application(true), session());
    let asked = request(&app, &session);
    let own = hint(Some("s1"), "auth0|1");
    let own_without_sid = hint(None, "auth0|1");
    let earlier = hint(Some("s0"), "auth0|1");
    let other_user = hint(None, "auth0|2");
    let go = "go https://rp.test/out?x=1";
    for (hint, expected) in [
        (&own, go),
        (&own_without_sid, go),
        (&earlier, "ask"),
        (&other_user, "ask"),
    ] {
        let outcome = rp_initiated(RpInitiated {
            hint: Some(hint),
            client_id: None,
            ..asked
        });
        assert_eq!(word(&outcome), expected, "{hint:?}");
    }
    assert_eq!(word(&rp_initiated(asked)), "ask");
    let by_sid = RpInitiated {
        logout_hint: Some("s1"),
        ..asked
    };
    assert_eq!(word(&rp_initiated(by_sid)), go);
    let confirmed = RpInitiated {
        confirmed: true,
        state: Some("a b"),
        ..asked
    };
    assert_eq!(
        word(&rp_initiated(confirmed)),
        "go https://rp.test/out?x=1&state=a%20b"
    );
    let bare = RpInitiated {
        client_id: None,
        application: None,
        redirect_uri: None,
        ..asked
    };
    assert_eq!(word(&rp_initiated(bare)), "ask");
    assert_eq!(
        word(&rp_initiated(RpInitiated {
            session: None,
            ..bare
        })),
        "page"
    );
}

#[test]
fn oid_03_bad_hints_and_addresses_are_refused() {
    let (app, session) = (application(true), session());
    let asked = request(&app, &session);
    let own = hint(Some("s1"), "auth0|1");
    let bad = Err(Refusal::new("id_token_hint_invalid", "x"));
    let refused = |request| word(&rp_initiated(request));
    let invalid = RpInitiated {
        hint: Some(&bad),
        ..asked
    };
    assert_eq!(refused(invalid), "id_token_hint_invalid false");
    let foreign = RpInitiated {
        hint: Some(&own),
        client_id: Some("other"),
        ..asked
    };
    assert_eq!(refused(foreign), "hint_of_other_client false");
    let unknown = RpInitiated {
        client_id: Some("nobody"),
        application: None,
        ..asked
    };
    assert_eq!(refused(unknown), "client_unknown false");
    for uri in [
        "https://rp.test/out",
        "https://rp.test/out?x=1&y",
        "https://rp.test/bye?",
        "",
    ] {
        let wrong = RpInitiated {
            redirect_uri: Some(uri),
            ..asked
        };
        assert_eq!(refused(wrong), "logout_url_mismatch false", "{uri}");
        let vouched = RpInitiated {
            hint: Some(&own),
            ..wrong
        };
        assert_eq!(refused(vouched), "logout_url_mismatch true", "{uri}");
    }
}

#[test]
fn oid_03_nobody_is_sent_to_a_foreign_application_without_proof() {
    let (app, session) = (application(false), session());
    let asked = RpInitiated {
        session: None,
        ..request(&app, &session)
    };
    assert_eq!(word(&rp_initiated(asked)), "page");
    let own = hint(Some("s1"), "auth0|1");
    let proven = RpInitiated {
        hint: Some(&own),
        ..asked
    };
    assert_eq!(word(&rp_initiated(proven)), "go https://rp.test/out?x=1");
}

#[test]
fn state_goes_before_a_fragment() {
    assert_eq!(
        with_state("https://a.test/#/bye", Some("1&2")),
        "https://a.test/?state=1%262#/bye"
    );
    assert_eq!(
        with_state("https://a.test/#/bye", None),
        "https://a.test/#/bye"
    );
}
