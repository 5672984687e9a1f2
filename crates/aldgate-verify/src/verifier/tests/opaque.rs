//! Opaque tokens: introspection, and what is remembered of it; and who is told of refusals.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::*;
use crate::introspect::{Introspecting, read_answer};
use crate::observe::{Observe, Refused};

/// An issuer that counts how often it is asked.
#[derive(Clone, Default)]
struct Issuer(Arc<AtomicUsize>);

impl Introspect for Issuer {
    fn introspect(&self, token: String) -> Introspecting {
        self.0.fetch_add(1, Ordering::SeqCst);
        let body = match token.as_str() {
            "alda_good_token" => claims(json!({"active": true})),
            "alda_short_lived" => claims(json!({"active": true, "exp": NOW + 10})),
            "alda_other_api" => claims(json!({"active": true, "aud": "x"})),
            _ => json!({"active": false}),
        };
        let answer = read_answer(body.to_string().into_bytes());
        Box::pin(std::future::ready(answer))
    }
}

#[test]
fn opaque_tokens_are_introspected_where_that_is_set_up() {
    let key = key();
    let issuer = Issuer::default();
    let verifier = builder(&key).introspection(issuer.clone()).build().unwrap();
    let verify = |token| code(now_or_never(verifier.verify(token)));
    assert_eq!(verify("alda_good_token"), "accepted");
    assert_eq!(verify("alda_other_api"), "wrong_audience");
    assert_eq!(verify("alda_revoked"), "inactive");
    assert_eq!(verify("aldr_refresh_token"), "opaque");
    assert_eq!(verify("alda_good_token"), "accepted");
    assert_eq!(issuer.0.load(Ordering::SeqCst), 4, "nothing is remembered");
}

#[test]
fn answers_are_remembered_for_a_short_while_and_never_beyond_exp() {
    let key = key();
    let (issuer, now) = (Issuer::default(), Arc::new(AtomicU64::new(NOW)));
    let clock = Arc::clone(&now);
    let verifier = Verifier::builder(ISSUER, API)
        .keys(provider(&[&key]))
        .clock(move || Duration::from_secs(clock.load(Ordering::SeqCst)))
        .introspection(issuer.clone())
        .introspection_cache(100, Duration::from_secs(30))
        .build()
        .unwrap();
    let asked = || issuer.0.load(Ordering::SeqCst);
    let verify = |token| code(now_or_never(verifier.verify(token)));
    for _ in 0..3 {
        assert_eq!(verify("alda_good_token"), "accepted");
        assert_eq!(verify("alda_short_lived"), "accepted");
    }
    assert_eq!(asked(), 2);
    // Bad answers are asked for again: the token may become good.
    assert_eq!(
        [verify("alda_revoked"), verify("alda_revoked")],
        ["inactive"; 2]
    );
    assert_eq!(asked(), 4);
    now.store(NOW + 20, Ordering::SeqCst);
    assert_eq!(verify("alda_good_token"), "accepted");
    assert_eq!(verify("alda_short_lived"), "expired");
    assert_eq!(asked(), 5, "exp ends the memory");
    now.store(NOW + 31, Ordering::SeqCst);
    assert_eq!(verify("alda_good_token"), "accepted");
    assert_eq!(asked(), 6, "and so does the time to live");
    verifier.forget("alda_good_token");
    assert_eq!(verify("alda_good_token"), "accepted");
    assert_eq!(asked(), 7, "and so does forgetting");
}

type Seen = (String, Option<String>, String);

#[derive(Clone, Default)]
struct Witness(Arc<Mutex<Vec<Seen>>>);

impl Observe for Witness {
    fn refused(&self, refused: &Refused<'_>) {
        let application = refused.application.map(str::to_owned);
        let code = refused.reason.code().to_owned();
        let mut seen = self.0.lock().unwrap();
        seen.push((code, application, refused.audience.to_owned()));
    }
}

#[test]
fn an_observer_hears_of_the_application_only_if_the_signature_vouches_for_it() {
    let key = key();
    let witness = Witness::default();
    let verifier = builder(&key).observer(witness.clone()).build().unwrap();
    let id_token = json!({"aud": "shop", "azp": null, "scope": null, "nonce": "n"});
    let id_token = sign(&key, id_token);
    let forged = sign(
        &SigningKey::generate(Alg::ES256).unwrap().with_kid("k1"),
        json!({}),
    );
    let elsewhere = sign(&key, json!({"aud": "https://other"}));
    for token in [id_token.as_str(), &forged, &elsewhere, "alda_0123456789"] {
        assert!(verifier.verify_now(token).is_err());
    }
    assert!(verifier.verify_now(&sign(&key, json!({}))).is_ok());
    let seen = witness.0.lock().unwrap();
    let seen: Vec<_> = seen
        .iter()
        .map(|(code, application, _)| (code.as_str(), application.as_deref()))
        .collect();
    assert_eq!(
        seen,
        [
            ("id_token", Some("shop")),
            ("bad_signature", None),
            ("wrong_audience", Some("client")),
            ("opaque", None),
        ]
    );
}
