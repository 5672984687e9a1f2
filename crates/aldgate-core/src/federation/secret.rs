//! What binds an answer of a provider to the browser that was sent there: nonce and PKCE verifier,
//! both derived from `state`, so that the database holds neither.

use aldgate_jose::{b64, digest};

use crate::secret::{Secret, TokenHash, TokenKind};

/// The two values that only this server can make for a `state`.
#[derive(Debug)]
pub struct Proofs {
    /// Comes back in the ID token (OpenID Connect Core section 3.1.2.1).
    pub nonce: Secret<String>,
    /// Proves at the token endpoint that we began (RFC 7636).
    pub verifier: Secret<String>,
}

impl Proofs {
    /// Derives them by HMAC-SHA-256 under `key`, which never leaves the server.
    #[must_use]
    pub fn derive(key: &[u8; 32], state: &str) -> Self {
        let of = |name: &str| {
            let text = format!("{name} {state}");
            Secret::new(b64::encode(&digest::hmac_sha256(key, text.as_bytes())))
        };
        Self {
            nonce: of("nonce"),
            verifier: of("verifier"),
        }
    }

    /// The S256 challenge of the verifier.
    #[must_use]
    pub fn challenge(&self) -> String {
        b64::encode(&digest::sha256(self.verifier.expose().as_bytes()))
    }
}

/// The `state` that a provider sees: the name of the attempt, and what it belongs to, so that the
/// database holds neither in plain text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State<'a> {
    /// Names the attempt.
    pub attempt: &'a str,
    /// Handle of the running authorization; empty for an attempt that links.
    pub handle: &'a str,
}

impl<'a> State<'a> {
    /// Reads a `state` that came back; `None` when it never was one of ours.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<(Self, TokenHash)> {
        let (attempt, handle) = text.split_once('.')?;
        let hash = TokenKind::Federation.hash(attempt)?;
        let known = handle.is_empty() || TokenKind::Transaction.hash(handle).is_some();
        known.then_some((Self { attempt, handle }, hash))
    }
}

impl std::fmt::Display for State<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.attempt, self.handle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::tests::Counting;

    #[test]
    fn fed_02_proofs_differ_by_state_key_and_purpose() {
        let key = [7; 32];
        let one = Proofs::derive(&key, "a");
        assert_ne!(one.nonce.expose(), one.verifier.expose());
        assert_eq!(one.verifier.expose().len(), 43, "RFC 7636 section 4.1");
        assert_eq!(one.nonce.expose(), Proofs::derive(&key, "a").nonce.expose());
        for other in [Proofs::derive(&key, "b"), Proofs::derive(&[8; 32], "a")] {
            assert_ne!(one.nonce.expose(), other.nonce.expose());
            assert_ne!(one.challenge(), other.challenge());
        }
    }

    #[test]
    fn a_state_is_ours_or_nothing() {
        let mut rng = Counting(3);
        let attempt = TokenKind::Federation.generate(&mut rng);
        let handle = TokenKind::Transaction.generate(&mut rng);
        let state = State {
            attempt: attempt.expose(),
            handle: handle.expose(),
        };
        let text = state.to_string();
        let (read, hash) = State::parse(&text).unwrap();
        assert_eq!((read, hash), (state, TokenHash::of(attempt.expose())));
        for bad in [
            "",
            ".",
            "aldf_x.",
            &text[1..],
            attempt.expose(),
            &format!("{text}x"),
        ] {
            assert_eq!(State::parse(bad), None, "{bad}");
        }
        assert!(State::parse(&format!("{}.", attempt.expose())).is_some());
    }
}
