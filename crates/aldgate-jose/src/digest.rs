//! Digests, HMAC and comparison in constant time.

use aws_lc_rs::{constant_time, digest, hmac};

use crate::{Jwk, b64};

/// SHA-256.
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    fixed(&digest::SHA256, bytes)
}

/// SHA-384.
#[must_use]
pub fn sha384(bytes: &[u8]) -> [u8; 48] {
    fixed(&digest::SHA384, bytes)
}

/// SHA-512.
#[must_use]
pub fn sha512(bytes: &[u8]) -> [u8; 64] {
    fixed(&digest::SHA512, bytes)
}

/// SHA-1: only for `x5t`, where RFC 7517 section 4.8 fixes it.
#[must_use]
pub fn sha1(bytes: &[u8]) -> [u8; 20] {
    fixed(&digest::SHA1_FOR_LEGACY_USE_ONLY, bytes)
}

/// HMAC with SHA-256.
#[must_use]
pub fn hmac_sha256(key: &[u8], bytes: &[u8]) -> [u8; 32] {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), bytes);
    let mut out = [0; 32];
    out.copy_from_slice(tag.as_ref());
    out
}

/// Whether two byte strings are equal, in time that depends on their lengths alone.
#[must_use]
pub fn constant_time_eq(a: &[u8], b: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(a, b).is_ok()
}

/// `jkt`: base64url of the SHA-256 thumbprint of a public key (RFC 7638, RFC 8037).
#[must_use]
pub fn thumbprint(jwk: &Jwk) -> String {
    jwk.thumbprint()
}

/// `x5t#S256`: base64url of the SHA-256 of a certificate's DER (RFC 7517 section 4.9, RFC 8705).
#[must_use]
pub fn certificate_thumbprint(der: &[u8]) -> String {
    b64::encode(&sha256(der))
}

fn fixed<const N: usize>(algorithm: &'static digest::Algorithm, bytes: &[u8]) -> [u8; N] {
    let mut out = [0; N];
    out.copy_from_slice(digest::digest(algorithm, bytes).as_ref());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_answers() {
        assert_eq!(
            b64::encode(&sha256(b"")),
            "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"
        );
        assert_eq!(b64::encode(&sha1(b"")), "2jmj7l5rSw0yVb_vlWAYkK_YBwk");
        // RFC 4231, test case 2.
        let tag = hmac_sha256(b"Jefe", b"what do ya want for nothing?");
        assert_eq!(&tag[..4], &[0x5b, 0xdc, 0xc1, 0x46]);
    }

    #[test]
    fn jwt_10_comparison_knows_lengths() {
        assert!(constant_time_eq(b"abc", b"abc"));
        assert!(!constant_time_eq(b"abc", b"abd"));
        assert!(!constant_time_eq(b"abc", b"ab"));
        assert!(constant_time_eq(b"", b""));
    }
}
