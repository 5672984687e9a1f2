//! Base64url without padding, strict (RFC 7515 section 2), and plain base64 for `x5c`.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::JoseError;

/// Encodes without padding.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Appends the encoding to `out`.
pub fn encode_into(bytes: &[u8], out: &mut String) {
    URL_SAFE_NO_PAD.encode_string(bytes, out);
}

/// Decodes; refuses padding, white space, foreign characters and non-zero trailing bits.
///
/// # Errors
/// [`JoseError::Base64`].
pub fn decode(text: &str) -> Result<Vec<u8>, JoseError> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| JoseError::Base64)
}

/// Decodes into `out` without allocating and returns the number of bytes.
///
/// # Errors
/// [`JoseError::Base64`] also when `out` is too short.
pub fn decode_into(text: &str, out: &mut [u8]) -> Result<usize, JoseError> {
    URL_SAFE_NO_PAD
        .decode_slice(text, out)
        .map_err(|_| JoseError::Base64)
}

/// Plain base64 with padding, as certificates in `x5c` have it (RFC 7517 section 4.7).
#[must_use]
pub fn encode_standard(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Reads plain base64 with padding.
///
/// # Errors
/// [`JoseError::Base64`].
pub fn decode_standard(text: &str) -> Result<Vec<u8>, JoseError> {
    STANDARD.decode(text).map_err(|_| JoseError::Base64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jwt_05_only_the_canonical_form_is_read() {
        assert_eq!(decode("AQAB").as_deref(), Ok(&[1, 0, 1][..]));
        for wrong in [
            "AQAB=", "AQ==", "A", "AQA B", "AQ\nAB", "AQ+B", "AQ/B", "AR", "é",
        ] {
            assert_eq!(decode(wrong), Err(JoseError::Base64), "{wrong:?}");
        }
    }
}
