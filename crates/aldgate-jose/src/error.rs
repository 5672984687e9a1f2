//! What can be wrong with a key or a token, as one enum with stable codes.

/// Why a key, a signature or a token was refused.
///
/// Small and `Copy`: refusing garbage must not cost an allocation. [`JoseError::code`] is stable
/// across versions; the text is for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum JoseError {
    /// `alg` is not the algorithm this key is bound to (RFC 8725 section 3.1).
    #[error("the token's algorithm is not the one this key is for")]
    AlgorithmMismatch,
    /// `alg` is `none` in some spelling.
    #[error("the token is not signed: its algorithm is \"none\"")]
    AlgorithmNone,
    /// `alg` is missing, not a string, or unknown here.
    #[error("the token's algorithm is missing or unknown")]
    AlgorithmUnknown,
    /// A segment is not canonical base64url without padding (RFC 7515 section 2).
    #[error("a segment is not base64url without padding")]
    Base64,
    /// `aud` is neither a string nor a non-empty array of strings.
    #[error("claim aud must be a string or a non-empty array of strings")]
    ClaimAudience,
    /// A registered string claim has another type.
    #[error("a registered claim that must be a string is not")]
    ClaimType,
    /// `exp`, `nbf` or `iat` is not a number between 0 and 2^53.
    #[error("a time claim is not a number between 0 and 2^53")]
    ClaimTime,
    /// A set holds the same `kid` twice.
    #[error("the key set has two keys with one kid")]
    DuplicateKid,
    /// A JSON object names a member twice (RFC 7515 section 4, RFC 7519 section 4).
    #[error("a JSON object names a member twice")]
    DuplicateMember,
    /// Five segments: a JWE, which is encrypted.
    #[error("the token is encrypted (JWE), not signed")]
    Encrypted,
    /// `crit`, `b64`, `zip`, `enc`, `p2c` or a nested `cty`: understood by nobody here.
    #[error("the header has a parameter that is not accepted")]
    HeaderParameter,
    /// The JSON text is not well-formed, or not an object.
    #[error("not a well-formed JSON object")]
    Json,
    /// The key is malformed, off its curve, or its members disagree.
    #[error("the key is malformed")]
    KeyInvalid,
    /// The key type or curve is not supported.
    #[error("the key type is not supported")]
    KeyUnsupported,
    /// The key is for encryption or its `key_ops` lack `verify`.
    #[error("the key is not for signatures")]
    KeyUse,
    /// Too short, too long, or known to be guessable.
    #[error("the key is too weak or of an unreasonable size")]
    KeyWeak,
    /// `kid` is not a string of at most 256 bytes.
    #[error("kid must be a string of at most 256 bytes")]
    Kid,
    /// A public key set contains private or symmetric key material.
    #[error("the key set contains private or symmetric key material")]
    PrivateKey,
    /// Not exactly three segments.
    #[error("not a compact JWS: it must have three segments")]
    Segments,
    /// The signature does not fit the key and the text.
    #[error("the signature is not valid")]
    Signature,
    /// Longer or deeper than the limit.
    #[error("the input is larger than the limit")]
    TooLarge,
}

impl JoseError {
    /// A stable name for logs, metrics and tests.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::AlgorithmMismatch => "algorithm_mismatch",
            Self::AlgorithmNone => "algorithm_none",
            Self::AlgorithmUnknown => "algorithm_unknown",
            Self::Base64 => "base64",
            Self::ClaimAudience => "claim_audience",
            Self::ClaimTime => "claim_time",
            Self::ClaimType => "claim_type",
            Self::DuplicateKid => "duplicate_kid",
            Self::DuplicateMember => "duplicate_member",
            Self::Encrypted => "encrypted",
            Self::HeaderParameter => "header_parameter",
            Self::Json => "json",
            Self::KeyInvalid => "key_invalid",
            Self::KeyUnsupported => "key_unsupported",
            Self::KeyUse => "key_use",
            Self::KeyWeak => "key_weak",
            Self::Kid => "kid",
            Self::PrivateKey => "private_key",
            Self::Segments => "segments",
            Self::Signature => "signature",
            Self::TooLarge => "too_large",
        }
    }
}
