//! The closed list of signature algorithms (RFC 7518 section 3.1, RFC 8037).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{JoseError, digest};

/// A signature algorithm of JWS. `none` is not one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the names are the registered ones")]
pub enum Alg {
    RS256,
    RS384,
    RS512,
    PS256,
    PS384,
    PS512,
    ES256,
    ES384,
    ES512,
    EdDSA,
    HS256,
    HS384,
    HS512,
}

/// Which kind of key an algorithm works with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// RSA, PKCS#1 v1.5 or PSS.
    Rsa,
    /// ECDSA over a NIST curve.
    Ec,
    /// Edwards curve, Ed25519.
    Okp,
    /// A shared secret.
    Hmac,
}

impl Alg {
    /// Every algorithm, in the order of the registry.
    pub const ALL: [Self; 13] = [
        Self::RS256,
        Self::RS384,
        Self::RS512,
        Self::PS256,
        Self::PS384,
        Self::PS512,
        Self::ES256,
        Self::ES384,
        Self::ES512,
        Self::EdDSA,
        Self::HS256,
        Self::HS384,
        Self::HS512,
    ];

    /// Every algorithm with a public key: what a verifier may allow for keys from a key set.
    pub const ASYMMETRIC: [Self; 10] = [
        Self::RS256,
        Self::RS384,
        Self::RS512,
        Self::PS256,
        Self::PS384,
        Self::PS512,
        Self::ES256,
        Self::ES384,
        Self::ES512,
        Self::EdDSA,
    ];

    /// The registered name, as in `alg`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RS256 => "RS256",
            Self::RS384 => "RS384",
            Self::RS512 => "RS512",
            Self::PS256 => "PS256",
            Self::PS384 => "PS384",
            Self::PS512 => "PS512",
            Self::ES256 => "ES256",
            Self::ES384 => "ES384",
            Self::ES512 => "ES512",
            Self::EdDSA => "EdDSA",
            Self::HS256 => "HS256",
            Self::HS384 => "HS384",
            Self::HS512 => "HS512",
        }
    }

    /// The kind of key it needs.
    #[must_use]
    pub const fn family(self) -> Family {
        match self {
            Self::RS256 | Self::RS384 | Self::RS512 => Family::Rsa,
            Self::PS256 | Self::PS384 | Self::PS512 => Family::Rsa,
            Self::ES256 | Self::ES384 | Self::ES512 => Family::Ec,
            Self::EdDSA => Family::Okp,
            Self::HS256 | Self::HS384 | Self::HS512 => Family::Hmac,
        }
    }

    /// Whether one secret both signs and verifies.
    #[must_use]
    pub const fn is_symmetric(self) -> bool {
        matches!(self.family(), Family::Hmac)
    }

    /// Length of its hash in bytes: also the least length of an HMAC secret (RFC 7518 section 3.2).
    #[must_use]
    pub const fn hash_bytes(self) -> usize {
        match self {
            Self::RS256 | Self::PS256 | Self::ES256 | Self::HS256 => 32,
            Self::RS384 | Self::PS384 | Self::ES384 | Self::HS384 => 48,
            Self::RS512 | Self::PS512 | Self::ES512 | Self::HS512 | Self::EdDSA => 64,
        }
    }

    /// `at_hash`, `c_hash`: base64url of the left half of this algorithm's hash of `ascii`
    /// (OpenID Connect Core section 3.1.3.6; SHA-512 for EdDSA).
    #[must_use]
    pub fn half_hash(self, ascii: &str) -> String {
        let bytes = ascii.as_bytes();
        match self.hash_bytes() {
            32 => crate::b64::encode(&digest::sha256(bytes)[..16]),
            48 => crate::b64::encode(&digest::sha384(bytes)[..24]),
            _ => crate::b64::encode(&digest::sha512(bytes)[..32]),
        }
    }
}

impl fmt::Display for Alg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Alg {
    type Err = JoseError;

    /// Exact and case-sensitive, as RFC 7515 section 4.1.1 has it. `Ed25519` (RFC 9864) is read
    /// as the EdDSA that it names.
    fn from_str(name: &str) -> Result<Self, JoseError> {
        if name == "Ed25519" {
            return Ok(Self::EdDSA);
        }
        match Self::ALL.into_iter().find(|alg| alg.name() == name) {
            Some(alg) => Ok(alg),
            None if name.eq_ignore_ascii_case("none") => Err(JoseError::AlgorithmNone),
            None => Err(JoseError::AlgorithmUnknown),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for alg in Alg::ALL {
            assert_eq!(alg.name().parse(), Ok(alg));
            assert!(alg.name().to_lowercase().parse::<Alg>().is_err());
        }
    }

    #[test]
    fn jwt_01_none_is_named_in_every_casing() {
        for name in ["none", "None", "NONE", "nOnE"] {
            assert_eq!(name.parse::<Alg>(), Err(JoseError::AlgorithmNone));
        }
        assert_eq!("".parse::<Alg>(), Err(JoseError::AlgorithmUnknown));
    }

    #[test]
    fn half_hash_of_the_openid_connect_example() {
        // OpenID Connect Core, appendix A.3 and A.4.
        let token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
        assert_eq!(Alg::RS256.half_hash(token), "77QmUPtjPfzWtF2AnpK9RQ");
        let code = "Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk";
        assert_eq!(Alg::RS256.half_hash(code), "LDktKdoQak3Pk0cnXxCltA");
    }
}
