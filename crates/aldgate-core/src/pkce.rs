//! Proof Key for Code Exchange (RFC 7636): S256 only, and never downgraded (ruling R8, OAU-02).

use aws_lc_rs::{constant_time, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::error::{OAuthError, Refusal};

/// A well-formed S256 challenge: base64url of a SHA-256, 43 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge(String);

impl Challenge {
    /// Reads `code_challenge` and `code_challenge_method` of an authorization request that asks for
    /// a code. `required`: the application is public, or its owner wants PKCE always.
    ///
    /// # Errors
    /// `invalid_request` for `plain` and unknown methods (an absent method means `plain`, RFC 7636
    /// section 4.3), for a challenge of the wrong form, for a method without a challenge, and for
    /// an absent challenge where one is required.
    pub fn from_request(
        challenge: Option<&str>,
        method: Option<&str>,
        required: bool,
    ) -> Result<Option<Self>, OAuthError> {
        let Some(challenge) = challenge else {
            return absent(method, required);
        };
        if method != Some("S256") {
            return Err(wrong_method(method));
        }
        let bytes = URL_SAFE_NO_PAD.decode(challenge);
        if bytes.is_ok_and(|bytes| bytes.len() == digest::SHA256_OUTPUT_LEN) {
            Ok(Some(Self(challenge.to_owned())))
        } else {
            let cause = "The code_challenge is not a SHA-256 in base64url.";
            Err(OAuthError::invalid_request(
                "code_challenge must be base64url(SHA-256(code_verifier)): 43 characters, unpadded",
            )
            .because(
                Refusal::new("pkce_challenge_malformed", cause)
                    .expected("43 characters of A-Z a-z 0-9 - _")
                    .actual(challenge),
            ))
        }
    }

    /// The challenge as sent, for storage with the code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The challenge as sent, for storage with the code.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

/// Checks the `code_verifier` of a token request against the challenge that the code was issued
/// with (RFC 7636 section 4.6). A verifier for a code without a challenge is refused too: somebody
/// stripped the challenge on the way (RFC 9700 section 2.1.1).
///
/// # Errors
/// `invalid_grant`, always with the same text on the wire as Auth0 has it where a verifier was
/// sent.
pub fn verify(challenge: Option<&str>, verifier: Option<&str>) -> Result<(), OAuthError> {
    match (challenge, verifier) {
        (None, None) => Ok(()),
        (Some(challenge), Some(verifier)) => {
            if !is_verifier(verifier) {
                return Err(malformed(verifier));
            }
            let hash = digest::digest(&digest::SHA256, verifier.as_bytes());
            let computed = URL_SAFE_NO_PAD.encode(hash);
            constant_time::verify_slices_are_equal(computed.as_bytes(), challenge.as_bytes())
                .map_err(|_| mismatch())
        }
        (Some(_), None) => Err(OAuthError::invalid_grant(
            "code_verifier is required: this code was issued with a code_challenge",
        )
        .because(
            Refusal::new(
                "pkce_verifier_missing",
                "The code was asked for with a code_challenge; the exchange has no code_verifier.",
            )
            .remedy("Send the code_verifier from which the code_challenge was made."),
        )),
        (None, Some(_)) => Err(OAuthError::invalid_grant(
            "code_verifier sent, but this code was issued without a code_challenge",
        )
        .because(
            Refusal::new(
                "pkce_downgrade",
                "The exchange has a code_verifier; the authorization had no code_challenge.",
            )
            .remedy("Send code_challenge and code_challenge_method=S256 to /authorize."),
        )),
    }
}

/// `code-verifier = 43*128unreserved` (RFC 7636 section 4.1).
fn is_verifier(text: &str) -> bool {
    let unreserved = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~');
    (43..=128).contains(&text.len()) && text.bytes().all(unreserved)
}

fn absent(method: Option<&str>, required: bool) -> Result<Option<Challenge>, OAuthError> {
    if let Some(method) = method {
        return Err(OAuthError::missing("code_challenge").because(
            Refusal::new(
                "pkce_challenge_missing",
                "A code_challenge_method came without a code_challenge.",
            )
            .actual(method),
        ));
    }
    if !required {
        return Ok(None);
    }
    let text = "code_challenge is required: send code_challenge and code_challenge_method=S256";
    Err(OAuthError::invalid_request(text).because(
        Refusal::new(
            "pkce_required",
            "A public application asked for a code without PKCE.",
        )
        .expected("code_challenge and code_challenge_method=S256")
        .remedy("Use a library that does PKCE; every current one does so by default."),
    ))
}

fn wrong_method(method: Option<&str>) -> OAuthError {
    OAuthError::invalid_request("code_challenge_method must be S256").because(
        Refusal::new(
            "pkce_method_unsupported",
            "Only S256 is accepted: a plain challenge protects nothing once the request is seen.",
        )
        .expected("code_challenge_method=S256")
        .actual(method.unwrap_or("(absent, which means plain)"))
        .remedy("Set the challenge method of the library to S256."),
    )
}

fn malformed(verifier: &str) -> OAuthError {
    OAuthError::invalid_grant("code_verifier must be 43 to 128 characters of A-Z a-z 0-9 - . _ ~")
        .because(
            Refusal::new(
                "pkce_verifier_malformed",
                "The code_verifier is outside the grammar of RFC 7636 section 4.1.",
            )
            .expected("43 to 128 unreserved characters")
            .actual(&format!("{} bytes", verifier.len())),
        )
}

fn mismatch() -> OAuthError {
    OAuthError::invalid_grant("Failed to verify code verifier").because(
        Refusal::new(
            "pkce_mismatch",
            "The code_verifier is not the one that the code_challenge was made from.",
        )
        .remedy(
            "Keep the verifier of each login by its state: two tabs that log in at once must not \
             overwrite each other's.",
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorCode;

    // The example of RFC 7636 appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn oau_02_only_s256_with_its_own_verifier_passes() {
        let long = "x".repeat(129);
        let verifiers = [
            (None, false),
            (Some(""), false),
            (Some(VERIFIER), true),
            (Some(CHALLENGE), false),
            (Some(&VERIFIER[1..]), false),
            (Some(&*long), false),
            (Some("dBjftJeZ4CVP-mB92K27uhbUJU1p1r wW1gFWFOEjXk"), false),
        ];
        for (verifier, accepted) in verifiers {
            let result = verify(Some(CHALLENGE), verifier);
            assert_eq!(result.is_ok(), accepted, "{verifier:?}");
            assert!(result.map_err(|e| e.code) != Err(ErrorCode::InvalidRequest));
        }
        assert!(verify(None, None).is_ok());
        assert!(verify(None, Some(VERIFIER)).is_err(), "downgrade");
    }

    #[test]
    fn oau_02_the_request_is_checked_before_a_code_exists() {
        let read = |challenge, method, required| {
            Challenge::from_request(challenge, method, required)
                .map(|c| c.map(Challenge::into_string))
                .map_err(|e| e.code)
        };
        let invalid = Err(ErrorCode::InvalidRequest);
        let good = Ok(Some(CHALLENGE.to_owned()));
        assert_eq!(read(Some(CHALLENGE), Some("S256"), true), good);
        assert_eq!(read(Some(CHALLENGE), Some("S256"), false), good);
        assert_eq!(read(Some(CHALLENGE), Some("plain"), false), invalid);
        assert_eq!(read(Some(CHALLENGE), None, false), invalid);
        assert_eq!(read(Some(CHALLENGE), Some("s256"), false), invalid);
        assert_eq!(read(None, None, true), invalid);
        assert_eq!(read(None, None, false), Ok(None));
        assert_eq!(read(None, Some("S256"), false), invalid);
        for bad in [&CHALLENGE[1..], "=", &format!("{CHALLENGE}x"), "ä"] {
            assert_eq!(read(Some(bad), Some("S256"), false), invalid, "{bad}");
        }
    }

    proptest::proptest! {
        #[test]
        fn fuz_01_no_input_panics(challenge: Option<String>, verifier: Option<String>) {
            let made = Challenge::from_request(challenge.as_deref(), Some("S256"), false);
            let made = made.ok().flatten();
            let accepted = verify(made.as_ref().map(Challenge::as_str), verifier.as_deref());
            proptest::prop_assert_eq!(accepted.is_ok(), made.is_none() && verifier.is_none());
        }
    }
}
