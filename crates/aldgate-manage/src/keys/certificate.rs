//! A certificate in the forms that Auth0 shows: PEM, PKCS #7, fingerprints.

use std::fmt::Write as _;

use aldgate_jose::{b64, digest};

/// `-----BEGIN CERTIFICATE-----` (RFC 7468 section 5).
pub(super) fn pem(der: &[u8]) -> String {
    armour("CERTIFICATE", der)
}

/// The certificate alone in a PKCS #7 `SignedData` without signers (RFC 2315 section 9).
pub(super) fn pkcs7(der: &[u8]) -> String {
    const DATA: [u8; 11] = [
        0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01,
    ];
    const SIGNED: [u8; 11] = [
        0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02,
    ];
    const VERSION_1: [u8; 3] = [0x02, 1, 1];
    let (sequence, set, context) = (0x30, 0x31, 0xa0);
    let signed_data = tlv(
        sequence,
        &[
            VERSION_1.as_slice(),
            &tlv(set, &[]),
            &tlv(sequence, &[&DATA]),
            &tlv(context, &[der]),
            &tlv(set, &[]),
        ],
    );
    let whole = tlv(sequence, &[&SIGNED, &tlv(context, &[&signed_data])]);
    armour("PKCS7", &whole)
}

/// SHA-1 in hexadecimal bytes with colons between.
pub(super) fn fingerprint(der: &[u8]) -> String {
    let bytes = digest::sha1(der);
    let bytes: Vec<String> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    bytes.join(":")
}

/// SHA-1 in hexadecimal.
pub(super) fn thumbprint(der: &[u8]) -> String {
    fingerprint(der).replace(':', "")
}

/// One DER element around `parts`.
fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut element = vec![tag];
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => element.push(short),
        _ => {
            let bytes = length.to_be_bytes();
            let skip = bytes.iter().take_while(|byte| **byte == 0).count();
            let long = &bytes[skip..];
            element.push(0x80 | u8::try_from(long.len()).unwrap_or(8));
            element.extend_from_slice(long);
        }
    }
    parts
        .iter()
        .for_each(|part| element.extend_from_slice(part));
    element
}

fn armour(label: &str, der: &[u8]) -> String {
    // From base64url without padding to base64 with it, in lines of 64.
    let mut text = b64::encode(der).replace('-', "+").replace('_', "/");
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    let mut pem = format!("-----BEGIN {label}-----\n");
    for line in text.as_bytes().chunks(64) {
        // Base64 is ASCII, and writing into a String cannot fail.
        let _ = writeln!(pem, "{}", String::from_utf8_lossy(line));
    }
    let _ = write!(pem, "-----END {label}-----");
    pem
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_elements_have_long_lengths() {
        assert_eq!(tlv(0x30, &[&[5, 0]]), [0x30, 2, 5, 0]);
        let long = tlv(0x04, &[&[7; 300]]);
        assert_eq!(long[..4], [0x04, 0x82, 1, 44]);
        assert_eq!(long.len(), 304);
    }

    #[test]
    fn armour_is_rfc_7468() {
        let pem = pem(&[0xff; 50]);
        let lines: Vec<&str> = pem.lines().collect();
        assert_eq!(lines[0], "-----BEGIN CERTIFICATE-----");
        assert_eq!(lines[1].len(), 64);
        assert!(lines[2].ends_with("=") && !pem.contains('_'));
        assert_eq!(lines[3], "-----END CERTIFICATE-----");
    }
}
