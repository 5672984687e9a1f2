//! Each reason is complete, and the near misses are recognised.

use super::*;
use crate::foreign::Platform;

fn strings(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

#[test]
fn every_code_is_in_the_catalogue() {
    let catalogue = include_str!("../reasons.rs");
    for code in Reason::CODES {
        assert!(
            catalogue.contains(&format!("# `{code}`\n")),
            "{code} has no entry"
        );
    }
    assert!(Reason::CODES.is_sorted());
    assert_eq!(catalogue.matches("\n//! # `").count(), Reason::CODES.len());
}

#[test]
fn an_id_token_says_what_to_do() {
    let reason = Reason::IdToken {
        application: Some("MYCLIENTID".into()),
        audience: "https://my-api".into(),
    };
    let report = reason.report();
    assert_eq!(report.code, "id_token");
    assert_eq!(
        report.summary,
        "This is an ID token of application MYCLIENTID, not an access token."
    );
    assert_eq!(
        report.expected,
        "a JWT access token with audience https://my-api"
    );
    assert_eq!(report.actual, "an ID token with audience MYCLIENTID");
    assert!(
        report
            .remedy
            .contains("Ask for it with audience https://my-api")
    );
    assert!(report.documentation.ends_with("#id_token"));
}

#[test]
fn jwt_10_strangers_cannot_tell_a_wrong_key_from_a_wrong_signature() {
    let unknown = Reason::KeyUnknown {
        kid: "k".into(),
        issuer: "i".into(),
        known: Vec::new(),
    };
    let wrong = Reason::BadSignature { kid: None };
    assert_eq!(unknown.terse_code(), wrong.terse_code());
    assert_eq!(unknown.status(), wrong.status());
    assert_eq!(unknown.oauth_error(), wrong.oauth_error());
}

#[test]
fn jwt_04_near_misses_of_the_issuer_are_named() {
    let expected = strings(&["https://tenant.example/"]);
    for (actual, hint) in [
        ("https://tenant.example", Some(IssuerHint::Slash)),
        ("https://Tenant.example/", Some(IssuerHint::Case)),
        ("http://tenant.example/", Some(IssuerHint::Scheme)),
        ("https://tenant.example/realms/x", Some(IssuerHint::Path)),
        (
            "https://acme.auth0.com/",
            Some(IssuerHint::Foreign(Platform::Auth0)),
        ),
        ("https://other.example/", None),
        ("nonsense", None),
    ] {
        assert_eq!(IssuerHint::between(&expected, actual), hint, "{actual}");
    }
}

#[test]
fn jwt_04_near_misses_of_the_audience_are_named() {
    let expected = strings(&["https://my-api"]);
    for (actual, hint) in [
        ("https://my-api/", Some(AudienceHint::Slash)),
        ("https://my-API", Some(AudienceHint::Case)),
        ("https://my-api\n", Some(AudienceHint::Space)),
        ("client", Some(AudienceHint::Application)),
        ("https://t/api/v2/", Some(AudienceHint::ManagementApi)),
        ("https://t/userinfo", Some(AudienceHint::UserInfo)),
        ("https://other", None),
    ] {
        let found = AudienceHint::between(&expected, &strings(&[actual]), Some("client"));
        assert_eq!(found, hint, "{actual}");
    }
}
