//! Base64url without padding, strict (RFC 7515 section 2), and plain base64 for `x5c`.

use base64_simd::{Out, STANDARD, URL_SAFE_NO_PAD};

use crate::JoseError;

/// Encodes without padding.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode_to_string(bytes)
}

/// Appends the encoding to `out`.
pub fn encode_into(bytes: &[u8], out: &mut String) {
    URL_SAFE_NO_PAD.encode_append(bytes, out);
}

/// Decodes; refuses padding, white space, foreign characters and non-zero trailing bits.
///
/// # Errors
/// [`JoseError::Base64`].
pub fn decode(text: &str) -> Result<Vec<u8>, JoseError> {
    let decoded = URL_SAFE_NO_PAD.decode_to_vec(text);
    decoded.map_err(|_| JoseError::Base64)
}

/// Decodes into `out` without allocating and returns the number of bytes.
///
/// # Errors
/// [`JoseError::Base64`] also when `out` is too short.
pub fn decode_into(text: &str, out: &mut [u8]) -> Result<usize, JoseError> {
    let text = text.as_bytes();
    let length = URL_SAFE_NO_PAD.decoded_length(text);
    if length.map_err(|_| JoseError::Base64)? > out.len() {
        return Err(JoseError::Base64);
    }
    let decoded = URL_SAFE_NO_PAD.decode(text, Out::from_slice(out));
    Ok(decoded.map_err(|_| JoseError::Base64)?.len())
}

/// Plain base64 with padding, as certificates in `x5c` have it (RFC 7517 section 4.7).
#[must_use]
pub fn encode_standard(bytes: &[u8]) -> String {
    STANDARD.encode_to_string(bytes)
}

/// Reads plain base64 with padding.
///
/// # Errors
/// [`JoseError::Base64`].
pub fn decode_standard(text: &str) -> Result<Vec<u8>, JoseError> {
    let decoded = STANDARD.decode_to_vec(text);
    decoded.map_err(|_| JoseError::Base64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose as reference;
    use proptest::prelude::*;

    #[test]
    fn jwt_05_only_the_canonical_form_is_read() {
        assert_eq!(decode("AQAB").as_deref(), Ok(&[1, 0, 1][..]));
        for wrong in [
            "AQAB=", "AQ==", "A", "AQA B", "AQ\nAB", "AQ+B", "AQ/B", "AR", "é",
        ] {
            assert_eq!(decode(wrong), Err(JoseError::Base64), "{wrong:?}");
        }
    }

    proptest! {
        /// A second opinion: another implementation, as strict.
        #[test]
        fn jwt_05_the_reference_agrees(
            bytes in proptest::collection::vec(any::<u8>(), 0..300),
            text in "[A-Za-z0-9_=+/ \\-]{0,70}",
            at in 0_usize..400,
        ) {
            let encoded = encode(&bytes);
            prop_assert_eq!(&encoded, &reference::URL_SAFE_NO_PAD.encode(&bytes));
            prop_assert_eq!(decode(&encoded), Ok(bytes.clone()));
            let standard = encode_standard(&bytes);
            prop_assert_eq!(&standard, &reference::STANDARD.encode(&bytes));
            prop_assert_eq!(decode_standard(&standard), Ok(bytes));
            let mut damaged = encoded;
            let at = at % (damaged.len() + 1);
            damaged.insert_str(at, &text[..text.len().min(1)]);
            for text in [&text, &damaged] {
                prop_assert_eq!(decode(text).ok(), reference::URL_SAFE_NO_PAD.decode(text).ok());
                prop_assert_eq!(decode_standard(text).ok(), reference::STANDARD.decode(text).ok());
                let mut out = [0; 400];
                let length = decode_into(text, &mut out);
                prop_assert_eq!(length.map(|length| out[..length].to_vec()), decode(text));
                let short = &mut out[..text.len() / 4];
                prop_assert!(decode_into(text, short).is_err() || text.len() < 2);
            }
        }
    }
}
