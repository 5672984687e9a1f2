//! `id_token_hint`: an ID token that was ours once, sent back to say who is meant.
//!
//! Signature and issuer count, expiry does not (OpenID Connect Core section 3.1.2.1, RP-Initiated
//! Logout section 2). Only ID tokens are hints: access tokens and the like are refused (JWT-03).

use std::borrow::Borrow;

use aldgate_jose::jws::Unverified;
use aldgate_jose::jwt::Claims;
use aldgate_jose::{VerifyingKey, jws};

use crate::error::Refusal;
use crate::id::{SessionId, UserId};
use crate::tenant::Issuer;

/// Who a verified hint is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// `sub`.
    pub user_id: UserId,
    /// `sid`, if the token has one.
    pub session_id: Option<SessionId>,
    audiences: Vec<String>,
    expires_at: i64,
}

impl Hint {
    /// Verifies `token`. `find_key` chooses the key by the header, among all keys of the tenant
    /// that were not revoked, retired ones too.
    ///
    /// # Errors
    /// Says what is wrong with the token; never repeats it.
    pub fn assertion<K: Borrow<VerifyingKey>>(
        token: &str,
        issuer: &Issuer,
        find_key: impl FnOnce(&Unverified<'_>) -> Option<K>,
    ) -> Result<Self, Refusal> {
        let unverified = jws::parse(token).map_err(|error| refusal(error.to_string()))?;
        let typ = unverified.header().typ();
        if typ.is_some_and(|typ| !typ.eq_ignore_ascii_case("JWT")) {
            return Err(refusal("its typ header is not JWT"));
        }
        let key =
            find_key(&unverified).ok_or_else(|| refusal("no key of this tenant signed it"))?;
        let verified = unverified
            .verify(key.borrow())
            .and_then(Claims::from_verified)
            .map_err(|error| refusal(error.to_string()))?;
        Self::from_claims(&verified, issuer)
    }

    fn from_claims(claims: &Claims, issuer: &Issuer) -> Result<Self, Refusal> {
        if claims.issuer() != Some(issuer.as_str()) {
            return Err(refusal("its iss is another issuer"));
        }
        let foreign = ["scope", "client_id", "gty", "events", "permissions"];
        if let Some(claim) = foreign.iter().find(|name| claims.get(name).is_some()) {
            return Err(refusal(format!(
                "it has the claim {claim}, which ID tokens do not have"
            )));
        }
        let user_id = claims.subject().and_then(|sub| UserId::parse(sub).ok());
        let session_id = claims
            .string("sid")
            .map_err(|error| refusal(error.to_string()))?
            .and_then(|sid| SessionId::parse(&sid).ok());
        Ok(Self {
            user_id: user_id.ok_or_else(|| refusal("its sub is no user id"))?,
            session_id,
            audiences: claims.audience().map(str::to_owned).collect(),
            expires_at: claims
                .expires_at()
                .and_then(|at| i64::try_from(at.seconds()).ok())
                .unwrap_or_default(),
        })
    }

    /// A hint that nobody signed, for the tests of its users.
    #[cfg(test)]
    pub(crate) fn for_test(user_id: UserId, session_id: Option<SessionId>, client: &str) -> Self {
        Self {
            user_id,
            session_id,
            audiences: vec![client.to_owned()],
            expires_at: 0,
        }
    }

    /// Whether it has not expired: a hint may have, a proof may not.
    #[must_use]
    pub fn is_live(&self, now: crate::time::Timestamp) -> bool {
        now.seconds() < self.expires_at
    }

    /// Whether it was issued to this application.
    #[must_use]
    pub fn is_for(&self, client_id: &str) -> bool {
        self.audiences.iter().any(|audience| audience == client_id)
    }

    /// The application it was issued to: the first audience.
    #[must_use]
    pub fn client_id(&self) -> Option<&str> {
        self.audiences.first().map(String::as_str)
    }
}

fn refusal(cause: impl Into<String>) -> Refusal {
    Refusal::new(
        "id_token_hint_invalid",
        format!("The id_token_hint is not usable: {}.", cause.into()),
    )
    .expected("an ID token that this issuer gave to this application, expired or not")
    .remedy("Send the id_token of the last login unchanged, or leave id_token_hint out.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use aldgate_jose::{Alg, SigningKey};
    use serde_json::{Value, json};

    fn issuer() -> Issuer {
        Issuer::parse("https://id.test/").unwrap()
    }

    fn claims() -> Value {
        json!({"iss": "https://id.test/", "sub": "auth0|1", "aud": "abc", "sid": "s1", "exp": 1})
    }

    fn read(key: &SigningKey, typ: &str, claims: &Value) -> Result<Hint, String> {
        let token = key.sign(typ, claims.to_string().as_bytes());
        let known = VerifyingKey::from_jwk(key.public_jwk().unwrap()).unwrap();
        Hint::assertion(&token, &issuer(), |_| Some(known)).map_err(|r| r.cause.into_owned())
    }

    #[test]
    fn oid_03_an_expired_id_token_of_ours_is_a_hint() {
        let key = SigningKey::generate(Alg::ES256).unwrap();
        let hint = read(&key, "JWT", &claims()).unwrap();
        assert_eq!(hint.user_id.as_str(), "auth0|1");
        assert_eq!(hint.session_id.as_ref().map(SessionId::as_str), Some("s1"));
        assert!(hint.is_for("abc") && !hint.is_for("ab"));
    }

    #[test]
    fn jwt_03_nothing_but_an_id_token_is_a_hint() {
        let key = SigningKey::generate(Alg::ES256).unwrap();
        let with = |name: &str, value: Value| {
            let mut changed = claims();
            changed[name] = value;
            changed
        };
        let bad = [
            ("at+jwt", claims()),
            ("logout+jwt", claims()),
            ("JWT", with("scope", json!("openid"))),
            ("JWT", with("events", json!({}))),
            ("JWT", with("iss", json!("https://id.test"))),
            ("JWT", with("sub", json!("nobody"))),
            ("JWT", with("sid", json!(1))),
            ("JWT", with("aud", json!([1]))),
        ];
        for (typ, claims) in bad {
            assert!(read(&key, typ, &claims).is_err(), "{typ} {claims}");
        }
    }

    #[test]
    fn oid_03_unsigned_and_foreign_tokens_are_refused() {
        let key = SigningKey::generate(Alg::ES256).unwrap();
        let other = SigningKey::generate(Alg::ES256).unwrap();
        let token = key.sign("JWT", claims().to_string().as_bytes());
        let foreign = VerifyingKey::from_jwk(other.public_jwk().unwrap()).unwrap();
        assert!(Hint::assertion(&token, &issuer(), |_| Some(foreign)).is_err());
        assert!(Hint::assertion(&token, &issuer(), |_| None::<VerifyingKey>).is_err());
        let unsigned = "eyJhbGciOiJub25lIn0.eyJpc3MiOiJodHRwczovL2lkLnRlc3QvIn0.";
        let known = VerifyingKey::from_jwk(key.public_jwk().unwrap()).unwrap();
        assert!(Hint::assertion(unsigned, &issuer(), |_| Some(known)).is_err());
    }
}
