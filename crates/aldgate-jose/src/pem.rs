//! Public keys from PEM (RFC 7468): `PUBLIC KEY`, `RSA PUBLIC KEY` and `CERTIFICATE` blocks.

use crate::{JoseError, Jwk, PublicKey, b64, der};

/// Longest PEM text, in bytes.
const BYTES_MAX: usize = 16 << 10;

/// A public key and, if it came in a certificate, until when that is valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PemKey {
    /// The key.
    pub key: Jwk,
    /// The certificate's `notAfter`, in seconds since the epoch.
    pub not_after: Option<i64>,
}

/// Reads the first block of a PEM text. A certificate is taken for its key alone: nobody checks
/// its chain or its signature here.
///
/// # Errors
/// [`JoseError::PrivateKey`] for a private key, [`JoseError::KeyUnsupported`] for another label or
/// key type, [`JoseError::KeyInvalid`] for a text that is no PEM, and as [`Jwk::new`].
pub fn public_key(text: &str) -> Result<PemKey, JoseError> {
    if text.len() > BYTES_MAX {
        return Err(JoseError::TooLarge);
    }
    let (_, rest) = text
        .split_once("-----BEGIN ")
        .ok_or(JoseError::KeyInvalid)?;
    let (label, rest) = rest.split_once("-----").ok_or(JoseError::KeyInvalid)?;
    let end = format!("-----END {label}-----");
    let (body, _) = rest.split_once(&end).ok_or(JoseError::KeyInvalid)?;
    if label.ends_with("PRIVATE KEY") {
        return Err(JoseError::PrivateKey);
    }
    let body: String = body.split_ascii_whitespace().collect();
    let bytes = b64::decode_standard(&body).map_err(|_| JoseError::KeyInvalid)?;
    let bare = |key| PemKey {
        key,
        not_after: None,
    };
    match label {
        "PUBLIC KEY" => Jwk::from_spki(&bytes).map(bare),
        "RSA PUBLIC KEY" => {
            let (n, e) = der::rsa_public_key(&bytes)?;
            let (n, e) = (n.into(), e.into());
            Jwk::new(PublicKey::Rsa { n, e }).map(bare)
        }
        "CERTIFICATE" => {
            let certificate = der::certificate(&bytes)?;
            Ok(PemKey {
                key: Jwk::from_spki(certificate.spki)?,
                not_after: Some(certificate.not_after),
            })
        }
        _ => Err(JoseError::KeyUnsupported),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Alg, SigningKey};

    const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\n\
        MIIBczCCARmgAwIBAgIUZhlc7+9v5jZqM9Itkn7fz5IcX/QwCgYIKoZIzj0EAwIw\n\
        DzENMAsGA1UEAwwEdGVzdDAeFw0yNjExMjQxMDM4NTNaFw0zNjExMjExMDM4NTNa\n\
        MA8xDTALBgNVBAMMBHRlc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASCmQ28\n\
        GC+6xtrllJnrNHYfweUwHD4cqdz565ZVj51/Lz0R8uzeGReHzypqz4MuCmRopN7/\n\
        MkJxy6kOlz49LSAUo1MwUTAdBgNVHQ4EFgQUTAEIxeBuui0UmWoWHJIKg1XCbyMw\n\
        HwYDVR0jBBgwFoAUTAEIxeBuui0UmWoWHJIKg1XCbyMwDwYDVR0TAQH/BAUwAwEB\n\
        /zAKBggqhkjOPQQDAgNIADBFAiEAm6fQ0QH9yRs3YVTB2bJZWp1ia2GSZDgK+MSu\n\
        GxYmm4YCIH19OMuTkSFVzF7E18YMdnTx70qnIURYkvSoQENCIoE5\n\
        -----END CERTIFICATE-----";
    const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\n\
        MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEgpkNvBgvusba5ZSZ6zR2H8HlMBw+\n\
        HKnc+euWVY+dfy89EfLs3hkXh88qas+DLgpkaKTe/zJCccupDpc+PS0gFA==\n\
        -----END PUBLIC KEY-----";
    const RSA: &str = "-----BEGIN RSA PUBLIC KEY-----\n\
        MIIBCgKCAQEAtKkrAOT8GKDgprlhtAWFU0yWf/nky8clM+5N5e0Y54iLZzPi1nk9\n\
        6GUHhQ8sx7PQJOdjgPGntYiUmos2g1zrtYlb7Ea3bQSA/tcHkug/Ap7AqJmb6rJ0\n\
        h+sShpg0b8Ke5Tb0Pd6bDeUQW5nSbcQ/xzWRXwxCmn8iT97WxwxtnqlMocoLVCSa\n\
        hkHnCwuna+HNibxrF1cfwn3ahB6w9CfBOkNKCW4EM3Tg+8LId4eX0GJpvPPEeqZW\n\
        CE5hFntP3LbEvrryckYyUFh+88dXtPMIG0VCKcEWrfwPNChzPTZOyL02YHvAvgs3\n\
        6Qgkc4CYQgo6o7mNshwa151GhiHmNgVtgwIDAQAB\n\
        -----END RSA PUBLIC KEY-----";

    #[test]
    fn a_certificate_and_its_key_are_the_same_key() {
        let certificate = public_key(CERTIFICATE).unwrap();
        assert_eq!(certificate.not_after, Some(2_110_876_733));
        let bare = public_key(PUBLIC).unwrap();
        assert_eq!((bare.key, bare.not_after), (certificate.key, None));
        assert_eq!(public_key(RSA).unwrap().key.algs()[0], Alg::RS256);
    }

    #[test]
    fn what_is_written_as_spki_reads_back() {
        for alg in [Alg::ES256, Alg::EdDSA] {
            let key = SigningKey::generate(alg).unwrap();
            let jwk = key.public_jwk().unwrap();
            let body = b64::encode_standard(&jwk.to_spki());
            let text = format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n");
            assert_eq!(
                public_key(&text).unwrap().key.thumbprint(),
                jwk.thumbprint()
            );
        }
    }

    #[test]
    fn anything_else_is_refused() {
        let private = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----";
        assert_eq!(public_key(private), Err(JoseError::PrivateKey));
        let request = private.replace("PRIVATE KEY", "CERTIFICATE REQUEST");
        assert_eq!(public_key(&request), Err(JoseError::KeyUnsupported));
        let cut = CERTIFICATE.replace("-----END", "-----");
        for bad in ["", "AAAA", "-----BEGIN X", &cut, &PUBLIC.replace('M', "*")] {
            assert_eq!(public_key(bad), Err(JoseError::KeyInvalid), "{bad}");
        }
        assert_eq!(
            public_key(&"x".repeat(BYTES_MAX + 1)),
            Err(JoseError::TooLarge)
        );
    }

    proptest::proptest! {
        #[test]
        fn fuz_01_no_text_panics(text in ".{0,200}", label in "(CERTIFICATE|PUBLIC KEY)") {
            drop(public_key(&text));
            let body = b64::encode_standard(text.as_bytes());
            drop(public_key(&format!("-----BEGIN {label}-----{body}-----END {label}-----")));
        }
    }
}
