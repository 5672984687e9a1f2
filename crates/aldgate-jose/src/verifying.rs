//! Public keys and HMAC secrets, parsed once and used often.

use std::fmt;

use aws_lc_rs::digest::{self, SHA256, SHA384, SHA512};
use aws_lc_rs::hmac;
use aws_lc_rs::signature::{self, ParsedPublicKey, RsaParameters, RsaPublicKeyComponents};

use crate::jwk::{Jwk, PublicKey};
use crate::{Alg, JoseError};

/// A key that verifies. It is bound to its algorithms when it is made; a token cannot choose.
pub struct VerifyingKey {
    kid: Option<Box<str>>,
    parsed: Vec<(Alg, Parsed)>,
}

#[allow(clippy::large_enum_variant, reason = "a few per process")]
enum Parsed {
    Public(ParsedPublicKey),
    /// RSA: hashing first and then checking the digest spares a context per signature.
    Hashed(ParsedPublicKey, &'static digest::Algorithm),
    Secret(hmac::Key),
}

impl VerifyingKey {
    /// Parses a public key for its algorithm; for every RSA algorithm when it names none.
    ///
    /// # Errors
    /// [`JoseError::KeyInvalid`] when the point is not on the curve or the key is rejected.
    pub fn from_jwk(jwk: &Jwk) -> Result<Self, JoseError> {
        Self::from_jwk_for(jwk, &Alg::ASYMMETRIC)
    }

    /// [`VerifyingKey::from_jwk`] limited to the algorithms that the caller allows. A key that
    /// fits none of them verifies nothing.
    ///
    /// # Errors
    /// As [`VerifyingKey::from_jwk`].
    pub fn from_jwk_for(jwk: &Jwk, allowed: &[Alg]) -> Result<Self, JoseError> {
        let mut parsed = Vec::new();
        for alg in jwk.algs().into_iter().filter(|alg| allowed.contains(alg)) {
            parsed.push((alg, parse(jwk, alg)?));
        }
        Ok(Self {
            kid: jwk.kid().map(Into::into),
            parsed,
        })
    }

    /// A shared secret for HS256, HS384 or HS512.
    ///
    /// # Errors
    /// [`JoseError::KeyWeak`] when the secret is shorter than the hash (RFC 7518 section 3.2);
    /// [`JoseError::AlgorithmMismatch`] for other algorithms.
    pub fn hmac(alg: Alg, secret: &[u8]) -> Result<Self, JoseError> {
        let key = hmac_key(alg, secret)?;
        Ok(Self {
            kid: None,
            parsed: vec![(alg, Parsed::Secret(key))],
        })
    }

    pub(crate) fn from_hmac_key(alg: Alg, key: hmac::Key) -> Self {
        Self {
            kid: None,
            parsed: vec![(alg, Parsed::Secret(key))],
        }
    }

    /// The name of the key.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The algorithms it verifies.
    pub fn algs(&self) -> impl Iterator<Item = Alg> {
        self.parsed.iter().map(|(alg, _)| *alg)
    }

    /// Checks a signature in its JWS form over bytes.
    ///
    /// # Errors
    /// [`JoseError::AlgorithmMismatch`] when the key is not for `alg`, [`JoseError::Signature`].
    pub fn verify(&self, alg: Alg, message: &[u8], signature: &[u8]) -> Result<(), JoseError> {
        let (_, parsed) = self
            .parsed
            .iter()
            .find(|(own, _)| *own == alg)
            .ok_or(JoseError::AlgorithmMismatch)?;
        match parsed {
            Parsed::Public(key) => key.verify_sig(message, signature),
            Parsed::Hashed(key, hash) => {
                key.verify_digest_sig(&digest::digest(hash, message), signature)
            }
            Parsed::Secret(key) => hmac::verify(key, message, signature),
        }
        .map_err(|_| JoseError::Signature)
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyingKey")
            .field("kid", &self.kid)
            .field("algs", &self.algs().collect::<Vec<_>>())
            .finish()
    }
}

/// Makes the key of an HMAC algorithm from a secret that is long enough.
pub(crate) fn hmac_key(alg: Alg, secret: &[u8]) -> Result<hmac::Key, JoseError> {
    let algorithm = match alg {
        Alg::HS256 => hmac::HMAC_SHA256,
        Alg::HS384 => hmac::HMAC_SHA384,
        Alg::HS512 => hmac::HMAC_SHA512,
        _ => return Err(JoseError::AlgorithmMismatch),
    };
    if secret.len() < alg.hash_bytes() {
        return Err(JoseError::KeyWeak);
    }
    Ok(hmac::Key::new(algorithm, secret))
}

fn parse(jwk: &Jwk, alg: Alg) -> Result<Parsed, JoseError> {
    let parsed = match jwk.key() {
        PublicKey::Rsa { n, e } => {
            let (parameters, hash): (&'static RsaParameters, _) = match alg {
                Alg::RS256 => (&signature::RSA_PKCS1_2048_8192_SHA256, &SHA256),
                Alg::RS384 => (&signature::RSA_PKCS1_2048_8192_SHA384, &SHA384),
                Alg::RS512 => (&signature::RSA_PKCS1_2048_8192_SHA512, &SHA512),
                Alg::PS256 => (&signature::RSA_PSS_2048_8192_SHA256, &SHA256),
                Alg::PS384 => (&signature::RSA_PSS_2048_8192_SHA384, &SHA384),
                Alg::PS512 => (&signature::RSA_PSS_2048_8192_SHA512, &SHA512),
                _ => return Err(JoseError::AlgorithmMismatch),
            };
            let parsed = RsaPublicKeyComponents { n, e }.to_parsed_public_key(parameters);
            return match parsed {
                Ok(key) => Ok(Parsed::Hashed(key, hash)),
                Err(_) => Err(JoseError::KeyInvalid),
            };
        }
        PublicKey::Ec { .. } => {
            let point = jwk.point().ok_or(JoseError::KeyInvalid)?;
            match alg {
                Alg::ES256 => ParsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, point),
                Alg::ES384 => ParsedPublicKey::new(&signature::ECDSA_P384_SHA384_FIXED, point),
                Alg::ES512 => ParsedPublicKey::new(&signature::ECDSA_P521_SHA512_FIXED, point),
                _ => return Err(JoseError::AlgorithmMismatch),
            }
        }
        PublicKey::Ed25519 { x } => ParsedPublicKey::new(&signature::ED25519, x),
    };
    parsed
        .map(Parsed::Public)
        .map_err(|_| JoseError::KeyInvalid)
}
