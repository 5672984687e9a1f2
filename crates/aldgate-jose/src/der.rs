//! Just enough DER to read and write RSA public keys and SubjectPublicKeyInfo.

use crate::JoseError;

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OID: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
/// `[0]`, around the version of a certificate.
const VERSION: u8 = 0xa0;

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

/// What matters of a certificate.
pub(crate) struct Certificate<'a> {
    /// The whole `SubjectPublicKeyInfo`.
    pub(crate) spki: &'a [u8],
    /// `notAfter`, in seconds since the epoch.
    pub(crate) not_after: i64,
}

/// Reads an X.509 certificate (RFC 5280 section 4.1) up to its key.
pub(crate) fn certificate(der: &[u8]) -> Result<Certificate<'_>, JoseError> {
    let mut rest = der;
    let mut whole = take(&mut rest, SEQUENCE)?;
    let mut body = take(&mut whole, SEQUENCE)?;
    if body.first() == Some(&VERSION) {
        take(&mut body, VERSION)?;
    }
    take(&mut body, INTEGER)?; // serialNumber
    take(&mut body, SEQUENCE)?; // signature
    take(&mut body, SEQUENCE)?; // issuer
    let mut validity = take(&mut body, SEQUENCE)?;
    time(&mut validity)?;
    let not_after = time(&mut validity)?;
    take(&mut body, SEQUENCE)?; // subject
    let start = body;
    take(&mut body, SEQUENCE)?;
    let spki = &start[..start.len() - body.len()];
    Ok(Certificate { spki, not_after })
}

/// `UTCTime` until 2049 and `GeneralizedTime` after it (RFC 5280 section 4.1.2.5).
fn time(input: &mut &[u8]) -> Result<i64, JoseError> {
    let (digits, century) = match input.first() {
        Some(&UTC_TIME) => (take(input, UTC_TIME)?, None),
        _ => (take(input, GENERALIZED_TIME)?, Some(2)),
    };
    let text = std::str::from_utf8(digits).map_err(|_| JoseError::KeyInvalid)?;
    let text = text.strip_suffix('Z').ok_or(JoseError::KeyInvalid)?;
    let years = 2 + century.unwrap_or(0);
    if text.len() != years + 10 || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(JoseError::KeyInvalid);
    }
    let number = |from: usize, to: usize| {
        text.get(from..to)
            .and_then(|part| part.parse::<i64>().ok())
            .ok_or(JoseError::KeyInvalid)
    };
    let year = match (number(0, years)?, century) {
        (year, Some(_)) => year,
        (year, None) if year < 50 => year + 2000,
        (year, None) => year + 1900,
    };
    let pair = |n: usize| number(years + 2 * n, years + 2 * n + 2);
    let (month, day) = (pair(0)?, pair(1)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return Err(JoseError::KeyInvalid);
    }
    Ok(days(year, month, day) * 86_400 + pair(2)? * 3600 + pair(3)? * 60 + pair(4)?)
}

/// Days since 1970-01-01 in the Gregorian calendar, for years from 0. The year begins in March, so
/// that the leap day is its last.
const fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = match month {
        1 | 2 => (year - 1, month + 9),
        _ => (year, month - 3),
    };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    year * 365 + leap_days + (month * 153 + 2) / 5 + day - 719_469
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

    #[test]
    fn days_are_counted_from_1970() {
        for (date, expected) in [
            ((1970, 1, 1), 0),
            ((2000, 2, 29), 11_016),
            ((2000, 3, 1), 11_017),
            ((2026, 11, 24), 20_781),
            ((2100, 3, 1), 47_541),
        ] {
            assert_eq!(days(date.0, date.1, date.2), expected, "{date:?}");
        }
    }

    proptest! {
        #[test]
        fn fuz_01_no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = rsa_public_key(&bytes).is_ok();
            let _ = spki(&bytes).is_ok();
            let _ = certificate(&bytes).is_ok();
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
