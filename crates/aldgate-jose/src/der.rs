//! Just enough DER to read and write RSA public keys and SubjectPublicKeyInfo.

use crate::JoseError;

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OID: u8 = 0x06;
const SEQUENCE: u8 = 0x30;

/// Object identifiers of key types, as the bytes of their DER value.
pub(crate) mod oid {
    pub(crate) const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
    pub(crate) const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
    pub(crate) const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
    pub(crate) const P384: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];
    pub(crate) const P521: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x23];
    pub(crate) const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
}

/// `RSAPublicKey` of PKCS#1: modulus and exponent without leading zeros.
pub(crate) fn rsa_public_key(der: &[u8]) -> Result<(&[u8], &[u8]), JoseError> {
    let mut rest = der;
    let mut body = take(&mut rest, SEQUENCE)?;
    let n = positive(take(&mut body, INTEGER)?)?;
    let e = positive(take(&mut body, INTEGER)?)?;
    if rest.is_empty() && body.is_empty() {
        Ok((n, e))
    } else {
        Err(JoseError::KeyInvalid)
    }
}

/// What a `SubjectPublicKeyInfo` holds (RFC 5280 section 4.1).
pub(crate) struct Spki<'a> {
    /// Object identifier of the key type.
    pub(crate) algorithm: &'a [u8],
    /// Object identifier of the curve, if the parameters are one.
    pub(crate) curve: Option<&'a [u8]>,
    /// The key's own encoding.
    pub(crate) key: &'a [u8],
}

/// Reads a `SubjectPublicKeyInfo`.
pub(crate) fn spki(der: &[u8]) -> Result<Spki<'_>, JoseError> {
    let mut rest = der;
    let mut body = take(&mut rest, SEQUENCE)?;
    let mut identifier = take(&mut body, SEQUENCE)?;
    let algorithm = take(&mut identifier, OID)?;
    let curve = take(&mut identifier, OID).ok();
    let bits = take(&mut body, BIT_STRING)?;
    match bits.split_first() {
        Some((0, key)) if rest.is_empty() && body.is_empty() => Ok(Spki {
            algorithm,
            curve,
            key,
        }),
        _ => Err(JoseError::KeyInvalid),
    }
}

/// Writes a `SubjectPublicKeyInfo`; `parameters` is the whole encoding that follows the OID.
pub(crate) fn write_spki(algorithm: &[u8], parameters: &[u8], key: &[u8]) -> Vec<u8> {
    let mut identifier = element(OID, algorithm);
    identifier.extend_from_slice(parameters);
    let mut bits = vec![0];
    bits.extend_from_slice(key);
    let mut body = element(SEQUENCE, &identifier);
    body.extend(element(BIT_STRING, &bits));
    element(SEQUENCE, &body)
}

/// Writes `RSAPublicKey`.
pub(crate) fn write_rsa_public_key(n: &[u8], e: &[u8]) -> Vec<u8> {
    let mut body = integer(n);
    body.extend(integer(e));
    element(SEQUENCE, &body)
}

/// An object identifier as an element, for the parameters of an EC key.
pub(crate) fn write_oid(value: &[u8]) -> Vec<u8> {
    element(OID, value)
}

fn integer(magnitude: &[u8]) -> Vec<u8> {
    if magnitude.first().is_some_and(|byte| byte & 0x80 != 0) {
        let mut value = vec![0];
        value.extend_from_slice(magnitude);
        element(INTEGER, &value)
    } else {
        element(INTEGER, magnitude)
    }
}

fn element(tag: u8, value: &[u8]) -> Vec<u8> {
    let mut out = vec![tag];
    let length = value.len().to_be_bytes();
    if value.len() < 0x80 {
        out.push(length[length.len() - 1]);
    } else {
        let used = length
            .iter()
            .position(|byte| *byte != 0)
            .unwrap_or(length.len());
        let count = u8::try_from(length.len() - used).expect("invariant: at most 8 length bytes");
        out.push(0x80 | count);
        out.extend_from_slice(&length[used..]);
    }
    out.extend_from_slice(value);
    out
}

fn positive(value: &[u8]) -> Result<&[u8], JoseError> {
    match value {
        [0, rest @ ..] if rest.first().is_some_and(|byte| byte & 0x80 != 0) => Ok(rest),
        [first, ..] if first & 0x80 == 0 && *first != 0 => Ok(value),
        _ => Err(JoseError::KeyInvalid),
    }
}

fn take<'a>(input: &mut &'a [u8], tag: u8) -> Result<&'a [u8], JoseError> {
    let (&found, rest) = input.split_first().ok_or(JoseError::KeyInvalid)?;
    let (&first, rest) = rest.split_first().ok_or(JoseError::KeyInvalid)?;
    if found != tag {
        return Err(JoseError::KeyInvalid);
    }
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81 | 0x82 => {
            let (digits, rest) = rest
                .split_at_checked(usize::from(first & 0x7f))
                .ok_or(JoseError::KeyInvalid)?;
            let length = digits
                .iter()
                .fold(0, |sum, digit| sum << 8 | usize::from(*digit));
            if length < 0x80 || (digits.len() == 2 && length < 0x100) {
                return Err(JoseError::KeyInvalid);
            }
            (length, rest)
        }
        _ => return Err(JoseError::KeyInvalid),
    };
    let (value, rest) = rest.split_at_checked(length).ok_or(JoseError::KeyInvalid)?;
    *input = rest;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn fuz_01_no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = rsa_public_key(&bytes).is_ok();
            let _ = spki(&bytes).is_ok();
        }

        #[test]
        fn written_keys_read_back(
            n in proptest::collection::vec(1u8.., 1..600),
            e in proptest::collection::vec(1u8.., 1..5),
        ) {
            let key = write_rsa_public_key(&n, &e);
            prop_assert_eq!(rsa_public_key(&key).unwrap(), (&n[..], &e[..]));
            let whole = write_spki(oid::RSA, &[5, 0], &key);
            prop_assert_eq!(spki(&whole).unwrap().key, &key[..]);
        }
    }
}
