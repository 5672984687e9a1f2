//! The wrong turns of the story, each with its remedy.

use aldgate_jose::{JwkSet, SigningKey};
use proptest::prelude::*;
use serde_json::json;

use super::render::Style;
use super::*;

const NOW: u64 = 1_800_000_000;

fn key() -> SigningKey {
    SigningKey::generate(Alg::EdDSA).unwrap().with_kid("k1")
}

fn context(key: &SigningKey) -> Context {
    Context {
        now_seconds: NOW,
        issuer: Some("https://tenant.example/".into()),
        audience: Some("https://my-api".into()),
        keys: Some(JwkSet::new([key.public_jwk().unwrap().clone()]).unwrap()),
        dashboard: Some("https://tenant.example/dashboard".into()),
        api_id: Some("api_1".into()),
        ..Context::default()
    }
}

fn access_token(key: &SigningKey, changes: &[(&str, Value)]) -> String {
    let mut claims = json!({
        "iss": "https://tenant.example/", "sub": "auth0|1", "aud": ["https://my-api"],
        "azp": "client", "iat": NOW - 10, "exp": NOW + 3600, "scope": "openid read:orders",
    });
    for (name, value) in changes {
        claims[*name] = value.clone();
    }
    key.sign("at+jwt", claims.to_string().as_bytes())
}

fn id_token(key: &SigningKey) -> String {
    let claims = json!({
        "iss": "https://tenant.example/", "sub": "auth0|1", "aud": "MYCLIENTID", "nonce": "n",
        "iat": NOW - 10, "exp": NOW + 3600, "email": "a@b.example", "name": "A",
    });
    key.sign("JWT", claims.to_string().as_bytes())
}

fn code(explanation: &Explanation) -> &'static str {
    explanation
        .verdict
        .reason
        .as_ref()
        .map_or("accepted", |reason| reason.code)
}

#[test]
fn an_id_token_is_explained_with_the_change_to_make() {
    let key = key();
    let explanation = explain(&id_token(&key), &context(&key));
    assert_eq!(explanation.kind, TokenKind::IdToken);
    assert_eq!(code(&explanation), "id_token");
    assert_eq!(explanation.application.as_deref(), Some("MYCLIENTID"));
    let change = explanation.change.as_ref().unwrap();
    assert_eq!(
        change.dashboard.as_deref(),
        Some("https://tenant.example/dashboard/apis/api_1")
    );
    let auth0_js = &change.snippets[0].code;
    for part in [
        "clientID: 'MYCLIENTID'",
        "audience: 'https://my-api'",
        "domain: 'tenant.example'",
    ] {
        assert!(auth0_js.contains(part), "{auth0_js}");
    }
    let email = explanation
        .claims
        .iter()
        .find(|row| row.name == "email")
        .unwrap();
    assert_eq!(email.source, "scope email");
    let text = render::text(&explanation, Style::Plain);
    assert!(text.contains("FAIL  audience"), "{text}");
    assert!(text.contains("pass  signature"), "{text}");
    assert!(!text.contains('\u{1b}') && render::text(&explanation, Style::Ansi).contains("[31m"));
}

#[test]
fn a_good_access_token_passes_every_check() {
    let key = key();
    let token = access_token(&key, &[("https://my-api/email", json!("a@b.example"))]);
    let explanation = explain(
        &token,
        &Context {
            scopes: vec!["read:orders".into()],
            ..context(&key)
        },
    );
    assert!(explanation.verdict.accepted, "{:?}", explanation.verdict);
    assert!(
        explanation
            .checks
            .iter()
            .all(|row| row.outcome != Outcome::Fail)
    );
    assert_eq!(
        explanation.grant.as_deref(),
        Some("a user's login (authorization code or implicit)")
    );
    let custom = explanation
        .claims
        .iter()
        .find(|row| row.name.ends_with("/email"))
        .unwrap();
    assert_eq!(custom.source, "an action of the tenant (custom claim)");
    // Without keys nobody knows about the signature, so nothing is promised.
    let without = explain(
        &token,
        &Context {
            keys: None,
            ..context(&key)
        },
    );
    assert!(!without.verdict.accepted && without.verdict.reason.is_none());
}

#[test]
fn links_lead_to_the_thing_itself_or_to_its_list() {
    let key = key();
    let own = SigningKey::hmac(Alg::HS256, &[7; 32]).unwrap();
    let link = |client: &str, api_id: Option<&str>, signing: &SigningKey| {
        let claims = json!({"iss": "https://tenant.example/", "aud": "x", "azp": client});
        let token = signing.sign("JWT", claims.to_string().as_bytes());
        let api_id = api_id.map(str::to_owned);
        let explanation = explain(
            &token,
            &Context {
                api_id,
                ..context(&key)
            },
        );
        explanation.change.unwrap().dashboard.unwrap()
    };
    let page = |rest: &str| format!("https://tenant.example/dashboard/{rest}");
    assert_eq!(link("app", None, &own), page("applications/app"));
    assert_eq!(link("a/../b?c", None, &own), page("applications"));
    assert_eq!(link("app", Some("api_1"), &key), page("apis/api_1"));
    assert_eq!(link("app", None, &key), page("apis"));
}

#[test]
fn every_check_runs_and_the_first_failure_decides() {
    let key = key();
    let token = access_token(
        &key,
        &[("aud", json!("https://other")), ("exp", json!(NOW - 60))],
    );
    let explanation = explain(&token, &context(&key));
    assert_eq!(code(&explanation), "wrong_audience");
    let failed: Vec<_> = explanation
        .checks
        .iter()
        .filter_map(|row| row.code.map(|code| (row.name, code)))
        .collect();
    assert_eq!(
        failed,
        [("audience", "wrong_audience"), ("expiry", "expired")]
    );
    let forged = access_token(
        &SigningKey::generate(Alg::EdDSA).unwrap().with_kid("k1"),
        &[],
    );
    assert_eq!(code(&explain(&forged, &context(&key))), "bad_signature");
    let none = format!(
        "{}.{}.",
        b64::encode(br#"{"alg":"none"}"#),
        token.split('.').nth(1).unwrap()
    );
    let explanation = explain(&none, &context(&key));
    assert_eq!(code(&explanation), "malformed");
    assert!(explanation.verdict.summary.contains("not signed"));
}

#[test]
fn tokens_are_found_in_headers_curl_output_and_answers() {
    let key = key();
    let token = access_token(&key, &[]);
    let curl = format!(
        "*   Trying 127.0.0.1:8080...\n> GET /orders?x=secret HTTP/1.1\n> Host: api\n\
         > Authorization: Bearer {token}\n>\n< HTTP/1.1 401 Unauthorized\n\
         < www-authenticate: Bearer realm=\"Ktor Server\"\n<\n"
    );
    let answer = format!(r#"{{"access_token":"{token}","id_token":"x.y.z"}}"#);
    for (text, source) in [
        (token.clone(), Source::Token),
        (format!("  \"{token}\"\n"), Source::Token),
        (
            format!("Authorization: Bearer {token}"),
            Source::Authorization,
        ),
        (format!("bearer {token}"), Source::Authorization),
        (curl.clone(), Source::Curl),
        (answer, Source::TokenResponse),
    ] {
        let explanation = explain(&text, &context(&key));
        assert_eq!(explanation.input.source, source, "{text}");
        assert_eq!(explanation.input.token_bytes, token.len());
        assert!(explanation.verdict.accepted, "{text}");
    }
    let explanation = explain(&curl, &context(&key));
    assert_eq!(explanation.input.request.as_deref(), Some("GET /orders"));
    assert_eq!(
        explanation.input.response.as_deref(),
        Some("HTTP/1.1 401 Unauthorized")
    );
    let challenge = explanation.input.challenge.as_deref();
    assert_eq!(challenge, Some("Bearer realm=\"Ktor Server\""));
}

#[test]
fn the_diagnosis_never_holds_the_token() {
    let key = key();
    let token = access_token(&key, &[]);
    let signature = token.rsplit('.').next().unwrap();
    let json = serde_json::to_string(&explain(&token, &context(&key))).unwrap();
    assert!(!json.contains(signature) && !json.contains(&token));
    let opaque = explain("Bearer alda_very_secret_value", &context(&key));
    assert!(
        !serde_json::to_string(&opaque)
            .unwrap()
            .contains("very_secret")
    );
}

#[test]
fn others_are_recognised() {
    let key = key();
    let context = context(&key);
    let dir = b64::encode(br#"{"alg":"dir","enc":"A256GCM","iss":"https://acme.auth0.com/"}"#);
    let auth0 = explain(&format!("{dir}..iv.text.tag"), &context);
    assert_eq!((auth0.kind, code(&auth0)), (TokenKind::Opaque, "opaque"));
    assert_eq!(auth0.platform, Some(Platform::Auth0));
    assert_eq!(auth0.issuer.as_deref(), Some("https://acme.auth0.com/"));
    let refresh = explain("aldr_0123456789", &context);
    assert_eq!(
        (refresh.kind, code(&refresh)),
        (TokenKind::RefreshToken, "opaque")
    );
    let keycloak = access_token(&key, &[("iss", json!("https://id.example/realms/main"))]);
    let keycloak = explain(&keycloak, &context);
    assert_eq!(
        (keycloak.platform, code(&keycloak)),
        (Some(Platform::Keycloak), "wrong_issuer")
    );
    assert_eq!(code(&explain("", &context)), "no_token");
    assert_eq!(code(&explain("hello world", &context)), "malformed");
    let bound = access_token(&key, &[("cnf", json!({"jkt": "x"}))]);
    assert_eq!(
        code(&explain(&format!("Bearer {bound}"), &context)),
        "dpop_bound"
    );
}

#[test]
fn control_characters_do_not_reach_the_terminal() {
    let key = key();
    let token = access_token(&key, &[("x\u{1b}[2J", json!("a\u{7}\nb"))]);
    let text = render::text(&explain(&token, &context(&key)), Style::Plain);
    assert!(
        text.chars().all(|c| c == '\n' || !c.is_control()),
        "{text:?}"
    );
}

proptest! {
    #[test]
    fn fuz_01_no_text_panics(text in ".*", lines in "([><*] )?[a-zA-Z: .\"{}]{0,40}\n[> a-z.]*") {
        for text in [text, lines] {
            let explanation = explain(&text, &Context::default());
            drop(render::text(&explanation, Style::Ansi));
            drop(serde_json::to_string(&explanation).unwrap());
        }
    }

    #[test]
    fn fuz_01_no_claims_panic(json in r#"[{}\[\]":,a-z0-9\\.]{0,80}"#) {
        let header = b64::encode(br#"{"alg":"RS256"}"#);
        let token = format!("{header}.{}.AA", b64::encode(json.as_bytes()));
        drop(render::text(&explain(&token, &Context::default()), Style::Plain));
    }
}

#[test]
fn a_missing_claim_leads_to_the_actions() {
    let missing = crate::Reason::ClaimMissing {
        claim: "https://my-api/email".into(),
    };
    assert_eq!(change::page(&missing), Some("actions"));
}
