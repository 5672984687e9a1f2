//! Which client secret an application has after a change: a given one, a fresh one, or the old one;
//! kept as a hash, and sealed as well while it signs ID tokens (HS256, ruling R11).

use super::{Application, ClientAuthMethod};
use crate::api::SigningAlg;
use crate::error::Refusal;
use crate::secret::TokenHash;

/// A secret in the forms in which it is stored.
#[derive(Debug, Clone)]
pub struct StoredSecret {
    /// Its hash.
    pub hash: TokenHash,
    /// The secret sealed under the master key, base64.
    pub sealed: String,
}

/// Settles the secret of an application that was changed otherwise already. Returns whether the
/// fresh one was taken, which is then shown once.
///
/// # Errors
/// When a public application is given a secret, or HS256 has none to sign with.
pub fn settle(
    application: &mut Application,
    given: Option<&StoredSecret>,
    fresh: &StoredSecret,
) -> Result<bool, Refusal> {
    if application.is_public() {
        if given.is_some() {
            let cause = "client_secret does not go with token_endpoint_auth_method none";
            return Err(Refusal::new("invalid_body", cause)
                .remedy("Leave client_secret out, or set another token_endpoint_auth_method."));
        }
        return Ok(false);
    }
    let needs_one = matches!(
        application.token_endpoint_auth_method,
        ClientAuthMethod::ClientSecretBasic | ClientAuthMethod::ClientSecretPost
    );
    let takes_fresh = given.is_none() && needs_one && application.secret_hash.is_none();
    let new = given.or_else(|| takes_fresh.then_some(fresh));
    if let Some(new) = new {
        application.secret_hash = Some(new.hash);
        application.secret_sealed = None;
    }
    if application.jwt_configuration.alg != SigningAlg::Hs256 {
        application.secret_sealed = None;
        return Ok(takes_fresh);
    }
    if let Some(new) = new {
        application.secret_sealed = Some(new.sealed.clone());
    }
    if application.secret_sealed.is_none() {
        let cause = "jwt_configuration.alg HS256 signs with the client secret, of which only a \
                     hash is kept";
        return Err(Refusal::new("invalid_body", cause)
            .expected("client_secret in the same request")
            .remedy(
                "Send client_secret in the same request, or use RS256. Rotating the secret \
                 afterwards keeps HS256 working.",
            ));
    }
    Ok(takes_fresh)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn application(method: &str, alg: &str) -> Application {
        let body = json!({"client_id": "a", "name": "A", "token_endpoint_auth_method": method,
            "jwt_configuration": {"alg": alg}});
        serde_json::from_value(body).unwrap()
    }

    fn stored(text: &str) -> StoredSecret {
        StoredSecret {
            hash: TokenHash::of(text),
            sealed: format!("sealed {text}"),
        }
    }

    #[test]
    fn who_needs_a_secret_gets_one_and_keeps_it() {
        let fresh = stored("fresh");
        let mut app = application("client_secret_post", "RS256");
        assert!(settle(&mut app, None, &fresh).unwrap());
        assert_eq!(app.secret_hash, Some(fresh.hash));
        assert_eq!(app.secret_sealed, None);
        assert!(!settle(&mut app, None, &stored("other")).unwrap());
        assert_eq!(app.secret_hash, Some(fresh.hash));
        let given = stored("given");
        assert!(!settle(&mut app, Some(&given), &fresh).unwrap());
        assert_eq!(app.secret_hash, Some(given.hash));
        let mut public = application("none", "RS256");
        assert!(!settle(&mut public, None, &fresh).unwrap());
        assert!(settle(&mut public, Some(&given), &fresh).is_err());
        let mut keyed = application("private_key_jwt", "RS256");
        assert!(!settle(&mut keyed, None, &fresh).unwrap());
        assert_eq!(keyed.secret_hash, None);
    }

    #[test]
    fn r11_hs256_needs_the_secret_itself() {
        let (fresh, given) = (stored("fresh"), stored("given"));
        let mut app = application("client_secret_post", "HS256");
        app.secret_hash = Some(TokenHash::of("old"));
        let refusal = settle(&mut app.clone(), None, &fresh).unwrap_err();
        assert!(refusal.remedy.is_some_and(|r| r.contains("client_secret")));
        settle(&mut app, Some(&given), &fresh).unwrap();
        assert_eq!(app.secret_sealed.as_deref(), Some("sealed given"));
        settle(&mut app, None, &fresh).unwrap();
        assert_eq!(app.secret_sealed.as_deref(), Some("sealed given"));
        app.jwt_configuration.alg = SigningAlg::Rs256;
        settle(&mut app, None, &fresh).unwrap();
        assert_eq!(app.secret_sealed, None, "what signs nothing is not kept");
    }
}
