//! Private keys and HMAC secrets, parsed once; headers rendered once.

use std::fmt;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    self, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair, RsaEncoding, RsaKeyPair,
};
use aws_lc_rs::{encoding::Pkcs8V1Der, hmac};
use zeroize::Zeroizing;

use crate::verifying::hmac_key;
use crate::{Alg, Curve, JoseError, Jwk, PublicKey, VerifyingKey, b64, der};

/// Kinds of token whose headers are rendered in advance; others work too.
const USUAL_TYPS: [&str; 4] = ["JWT", "at+jwt", "logout+jwt", "dpop+jwt"];

/// A key that signs, bound to one algorithm. `Debug` shows its name and algorithm, nothing else.
pub struct SigningKey {
    kid: Option<Box<str>>,
    alg: Alg,
    private: Private,
    public: Option<Jwk>,
    /// Encoded headers of [`USUAL_TYPS`], in that order.
    headers: [Box<str>; USUAL_TYPS.len()],
}

#[allow(clippy::large_enum_variant, reason = "a few per process")]
enum Private {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Hmac(hmac::Key),
}

impl SigningKey {
    /// Makes a new key: RSA-2048, the curve of the algorithm, or Ed25519. Its `kid` is the
    /// thumbprint until [`SigningKey::with_kid`] names it.
    ///
    /// # Errors
    /// [`JoseError::KeyUnsupported`] for HMAC (take random bytes and [`SigningKey::hmac`]);
    /// [`JoseError::KeyInvalid`] when the library cannot generate.
    pub fn generate(alg: Alg) -> Result<Self, JoseError> {
        let private = match alg.family() {
            crate::Family::Rsa => Private::Rsa(
                RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| JoseError::KeyInvalid)?,
            ),
            crate::Family::Ec => Private::Ec(
                EcdsaKeyPair::generate(ecdsa(alg)?.0).map_err(|_| JoseError::KeyInvalid)?,
            ),
            crate::Family::Okp => {
                Private::Ed25519(Ed25519KeyPair::generate().map_err(|_| JoseError::KeyInvalid)?)
            }
            crate::Family::Hmac => return Err(JoseError::KeyUnsupported),
        };
        Self::from_private(alg, private)
    }

    /// Reads an unencrypted PKCS#8 key (RFC 5208).
    ///
    /// # Errors
    /// [`JoseError::KeyInvalid`] when it is malformed or for another algorithm,
    /// [`JoseError::KeyWeak`].
    pub fn from_pkcs8(alg: Alg, kid: &str, pkcs8: &[u8]) -> Result<Self, JoseError> {
        let private = match alg.family() {
            crate::Family::Rsa => RsaKeyPair::from_pkcs8(pkcs8).map(Private::Rsa),
            crate::Family::Ec => EcdsaKeyPair::from_pkcs8(ecdsa(alg)?.0, pkcs8).map(Private::Ec),
            crate::Family::Okp => Ed25519KeyPair::from_pkcs8(pkcs8).map(Private::Ed25519),
            crate::Family::Hmac => return Err(JoseError::KeyUnsupported),
        };
        let key = Self::from_private(alg, private.map_err(|_| JoseError::KeyInvalid)?)?;
        Ok(key.with_kid(kid))
    }

    /// A shared secret for HS256, HS384 or HS512. Its tokens carry no `kid`.
    ///
    /// # Errors
    /// [`JoseError::KeyWeak`] when the secret is shorter than the hash (RFC 7518 section 3.2);
    /// [`JoseError::AlgorithmMismatch`] for other algorithms.
    pub fn hmac(alg: Alg, secret: &[u8]) -> Result<Self, JoseError> {
        let private = Private::Hmac(hmac_key(alg, secret)?);
        let headers = USUAL_TYPS.map(|typ| render_header(alg, typ, None));
        Ok(Self {
            kid: None,
            alg,
            private,
            public: None,
            headers,
        })
    }

    fn from_private(alg: Alg, private: Private) -> Result<Self, JoseError> {
        let public = match &private {
            Private::Rsa(pair) => {
                let (n, e) = der::rsa_public_key(pair.public_key().as_ref())?;
                Jwk::new(PublicKey::Rsa {
                    n: n.into(),
                    e: e.into(),
                })?
            }
            Private::Ec(pair) => Jwk::from_point(ecdsa(alg)?.1, pair.public_key().as_ref())?,
            Private::Ed25519(pair) => {
                let x = pair
                    .public_key()
                    .as_ref()
                    .try_into()
                    .map_err(|_| JoseError::KeyInvalid)?;
                Jwk::new(PublicKey::Ed25519 { x })?
            }
            Private::Hmac(_) => return Err(JoseError::KeyUnsupported),
        };
        let kid = public.thumbprint();
        let public = Some(public.with_alg(alg)?);
        let headers = [const { String::new() }; USUAL_TYPS.len()].map(Into::into);
        Ok(Self {
            kid: None,
            alg,
            private,
            public,
            headers,
        }
        .with_kid(&kid))
    }

    /// Names the key. Has no effect on HMAC keys.
    #[must_use]
    pub fn with_kid(mut self, kid: &str) -> Self {
        if let Some(public) = self.public.take() {
            self.public = Some(public.with_kid(kid));
            self.kid = Some(kid.into());
            self.headers = USUAL_TYPS.map(|typ| render_header(self.alg, typ, Some(kid)));
        }
        self
    }

    /// Attaches a certificate of this key to [`SigningKey::public_jwk`]. Has no effect on HMAC
    /// keys.
    #[must_use]
    pub fn with_certificate(mut self, certificate_der: &[u8]) -> Self {
        self.public = self
            .public
            .take()
            .map(|public| public.with_certificate(certificate_der));
        self
    }

    /// The name of the key; HMAC keys have none.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The algorithm it signs with.
    #[must_use]
    pub const fn alg(&self) -> Alg {
        self.alg
    }

    /// The public half; HMAC keys have none.
    #[must_use]
    pub const fn public_jwk(&self) -> Option<&Jwk> {
        self.public.as_ref()
    }

    /// The key that verifies what this one signs.
    #[must_use]
    pub fn verifying_key(&self) -> VerifyingKey {
        match (&self.private, &self.public) {
            (Private::Hmac(key), _) => VerifyingKey::from_hmac_key(self.alg, key.clone()),
            (_, Some(public)) => {
                VerifyingKey::from_jwk(public).expect("invariant: half of a working pair")
            }
            (_, None) => unreachable!("invariant: every pair has its public half"),
        }
    }

    /// PKCS#8 of an asymmetric key, wiped when dropped.
    ///
    /// # Errors
    /// [`JoseError::KeyUnsupported`] for HMAC keys.
    pub fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, JoseError> {
        let invalid = |_| JoseError::KeyInvalid;
        Ok(Zeroizing::new(match &self.private {
            Private::Rsa(pair) => {
                let document: Pkcs8V1Der<'_> = pair.as_der().map_err(invalid)?;
                document.as_ref().to_vec()
            }
            Private::Ec(pair) => pair.to_pkcs8v1().map_err(invalid)?.as_ref().to_vec(),
            Private::Ed25519(pair) => pair.to_pkcs8v1().map_err(invalid)?.as_ref().to_vec(),
            Private::Hmac(_) => return Err(JoseError::KeyUnsupported),
        }))
    }

    /// Signs `payload` as a compact JWS whose header has `alg`, `typ` and `kid`.
    #[must_use]
    pub fn sign(&self, typ: &str, payload: &[u8]) -> String {
        match USUAL_TYPS.iter().position(|usual| *usual == typ) {
            Some(index) => self.sign_segments(&self.headers[index], payload),
            None => self.sign_segments(&render_header(self.alg, typ, self.kid()), payload),
        }
    }

    /// Signs `payload` under a header of the caller's own, given as JSON. For tokens whose header
    /// carries a key (DPoP), and for making the malformed tokens of tests.
    #[must_use]
    pub fn sign_with_header(&self, header_json: &str, payload: &[u8]) -> String {
        self.sign_segments(&b64::encode(header_json.as_bytes()), payload)
    }

    /// Signs bytes: the signature in its JWS form, without any envelope.
    #[must_use]
    pub fn sign_bytes(&self, message: &[u8]) -> Vec<u8> {
        let mut buffer = [0; 1024];
        let length = self.sign_into(message, &mut buffer);
        buffer[..length].to_vec()
    }

    fn sign_segments(&self, header: &str, payload: &[u8]) -> String {
        let mut buffer = [0; 1024];
        let signature_bytes_max = 1024.min(self.alg.hash_bytes() * 8);
        let capacity = header.len() + (payload.len() + signature_bytes_max) / 3 * 4 + 10;
        let mut token = String::with_capacity(capacity);
        token.push_str(header);
        token.push('.');
        b64::encode_into(payload, &mut token);
        let length = self.sign_into(token.as_bytes(), &mut buffer);
        token.push('.');
        b64::encode_into(&buffer[..length], &mut token);
        token
    }

    /// Writes the signature into `out` and returns its length. The operations fail only when
    /// the process is out of memory or randomness, which nothing above could mend.
    #[expect(
        clippy::disallowed_methods,
        reason = "signing needs the system's randomness"
    )]
    fn sign_into(&self, message: &[u8], out: &mut [u8; 1024]) -> usize {
        const WORKS: &str = "invariant: a checked key signs any message";
        let copy = |out: &mut [u8; 1024], bytes: &[u8]| {
            out[..bytes.len()].copy_from_slice(bytes);
            bytes.len()
        };
        match &self.private {
            Private::Rsa(pair) => {
                let length = pair.public_modulus_len();
                let random = SystemRandom::new();
                pair.sign(rsa(self.alg), &random, message, &mut out[..length])
                    .expect(WORKS);
                length
            }
            Private::Ec(pair) => copy(
                out,
                pair.sign(&SystemRandom::new(), message)
                    .expect(WORKS)
                    .as_ref(),
            ),
            Private::Ed25519(pair) => copy(out, pair.sign(message).as_ref()),
            Private::Hmac(key) => copy(out, hmac::sign(key, message).as_ref()),
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("kid", &self.kid)
            .field("alg", &self.alg)
            .finish()
    }
}

fn render_header(alg: Alg, typ: &str, kid: Option<&str>) -> Box<str> {
    let quote = |text: &str| serde_json::Value::from(text).to_string();
    let mut header = format!(r#"{{"alg":"{alg}","typ":{}"#, quote(typ));
    if let Some(kid) = kid {
        header.push_str(r#","kid":"#);
        header.push_str(&quote(kid));
    }
    header.push('}');
    b64::encode(header.as_bytes()).into()
}

fn ecdsa(alg: Alg) -> Result<(&'static EcdsaSigningAlgorithm, Curve), JoseError> {
    match alg {
        Alg::ES256 => Ok((&signature::ECDSA_P256_SHA256_FIXED_SIGNING, Curve::P256)),
        Alg::ES384 => Ok((&signature::ECDSA_P384_SHA384_FIXED_SIGNING, Curve::P384)),
        Alg::ES512 => Ok((&signature::ECDSA_P521_SHA512_FIXED_SIGNING, Curve::P521)),
        _ => Err(JoseError::AlgorithmMismatch),
    }
}

fn rsa(alg: Alg) -> &'static dyn RsaEncoding {
    match alg {
        Alg::RS384 => &signature::RSA_PKCS1_SHA384,
        Alg::RS512 => &signature::RSA_PKCS1_SHA512,
        Alg::PS256 => &signature::RSA_PSS_SHA256,
        Alg::PS384 => &signature::RSA_PSS_SHA384,
        Alg::PS512 => &signature::RSA_PSS_SHA512,
        _ => &signature::RSA_PKCS1_SHA256,
    }
}

#[cfg(test)]
mod tests;
