//! One public key as JSON (RFC 7517, RFC 7518 section 6, RFC 8037).

use std::fmt;

use serde::de::Error as _;
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::{Alg, JoseError, b64, der, digest, json, weak};

/// Longest `kid` that is read, in bytes.
pub(crate) const KID_BYTES_MAX: usize = 256;

/// Longest JSON of one key, in bytes.
const JWK_BYTES_MAX: usize = 64 * 1024;

/// A public key for verifying signatures. Whatever has this type passed the checks of
/// RFC 7518 and RFC 8725 section 3.5 on size and shape; private parts never get in.
#[derive(Clone, PartialEq, Eq)]
pub struct Jwk {
    kid: Option<String>,
    alg: Option<Alg>,
    key: PublicKey,
    /// Certificate chain, each as plain base64 of DER. Informative: trust never comes from it.
    x5c: Vec<String>,
    x5t: Option<String>,
    x5t_s256: Option<String>,
}

/// The key itself.
#[derive(Clone, PartialEq, Eq)]
pub enum PublicKey {
    /// RSA: modulus and exponent, big-endian without leading zeros.
    Rsa {
        /// The modulus.
        n: Box<[u8]>,
        /// The exponent.
        e: Box<[u8]>,
    },
    /// A point on a NIST curve: coordinates of full length.
    Ec {
        /// Which curve.
        curve: Curve,
        /// The first coordinate.
        x: Box<[u8]>,
        /// The second coordinate.
        y: Box<[u8]>,
    },
    /// Ed25519.
    Ed25519 {
        /// The public key.
        x: [u8; 32],
    },
}

/// A NIST curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Curve {
    /// secp256r1.
    P256,
    /// secp384r1.
    P384,
    /// secp521r1.
    P521,
}

impl Curve {
    /// The name in `crv`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
        }
    }

    /// The one algorithm that JWS has for it (RFC 7518 section 3.4).
    #[must_use]
    pub const fn alg(self) -> Alg {
        match self {
            Self::P256 => Alg::ES256,
            Self::P384 => Alg::ES384,
            Self::P521 => Alg::ES512,
        }
    }

    /// Length of a coordinate in bytes.
    pub(crate) const fn coordinate_bytes(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Self::P256, Self::P384, Self::P521]
            .into_iter()
            .find(|curve| curve.name() == name)
    }
}

impl Jwk {
    /// Wraps a key after checking it (JWT-07).
    ///
    /// # Errors
    /// [`JoseError::KeyWeak`], [`JoseError::KeyInvalid`].
    pub fn new(key: PublicKey) -> Result<Self, JoseError> {
        match &key {
            PublicKey::Rsa { n, e } => weak::check_rsa(n, e)?,
            PublicKey::Ec { curve, x, y } => {
                let length = curve.coordinate_bytes();
                if x.len() != length || y.len() != length {
                    return Err(JoseError::KeyInvalid);
                }
            }
            PublicKey::Ed25519 { x } => weak::check_ed25519(x)?,
        }
        Ok(Self {
            kid: None,
            alg: None,
            key,
            x5c: Vec::new(),
            x5t: None,
            x5t_s256: None,
        })
    }

    /// Reads one key strictly: duplicate members, private parts, keys for encryption, weak or
    /// misfit keys are refused. Unknown members are ignored (RFC 7517 section 4).
    ///
    /// # Errors
    /// Any of the key errors of [`JoseError`].
    pub fn parse(json: &[u8]) -> Result<Self, JoseError> {
        if json.len() > JWK_BYTES_MAX {
            return Err(JoseError::TooLarge);
        }
        let text = std::str::from_utf8(json).map_err(|_| JoseError::Json)?;
        json::object(text, &mut |_, _| Ok(()))?;
        let map = serde_json::from_str(text).map_err(|_| JoseError::Json)?;
        Self::from_map(&map)
    }

    /// Reads one key from an object that was already parsed.
    ///
    /// # Errors
    /// As [`Jwk::parse`].
    pub fn from_map(map: &Map<String, Value>) -> Result<Self, JoseError> {
        let private = ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv", "seed"];
        if private.iter().any(|name| map.contains_key(*name)) {
            return Err(JoseError::PrivateKey);
        }
        check_use(map)?;
        let key = match text(map, "kty")?.ok_or(JoseError::KeyInvalid)? {
            "RSA" => PublicKey::Rsa {
                n: bytes(map, "n")?,
                e: bytes(map, "e")?,
            },
            "EC" => PublicKey::Ec {
                curve: text(map, "crv")?
                    .and_then(Curve::from_name)
                    .ok_or(JoseError::KeyUnsupported)?,
                x: bytes(map, "x")?,
                y: bytes(map, "y")?,
            },
            "OKP" if text(map, "crv")? == Some("Ed25519") => PublicKey::Ed25519 {
                x: (*bytes(map, "x")?)
                    .try_into()
                    .map_err(|_| JoseError::KeyInvalid)?,
            },
            "oct" => return Err(JoseError::PrivateKey),
            _ => return Err(JoseError::KeyUnsupported),
        };
        let mut jwk = Self::new(key)?;
        match text(map, "kid")? {
            Some(kid) if kid.len() > KID_BYTES_MAX => return Err(JoseError::Kid),
            kid => jwk.kid = kid.map(str::to_owned),
        }
        if let Some(name) = text(map, "alg")? {
            // An algorithm that is no signature algorithm says what the key is for.
            let alg = name.parse().map_err(|_| JoseError::KeyUse)?;
            jwk = jwk.with_alg(alg)?;
        }
        jwk.x5t = text(map, "x5t")?.map(str::to_owned);
        jwk.x5t_s256 = text(map, "x5t#S256")?.map(str::to_owned);
        if let Some(chain) = map.get("x5c") {
            jwk.x5c = chain
                .as_array()
                .and_then(|chain| {
                    chain
                        .iter()
                        .map(|c| c.as_str().map(str::to_owned))
                        .collect()
                })
                .ok_or(JoseError::KeyInvalid)?;
        }
        Ok(jwk)
    }

    /// Reads a DER `SubjectPublicKeyInfo`, the content of a `PUBLIC KEY` PEM block.
    ///
    /// # Errors
    /// As [`Jwk::new`], and [`JoseError::KeyUnsupported`] for other key types.
    pub fn from_spki(bytes: &[u8]) -> Result<Self, JoseError> {
        let spki = der::spki(bytes)?;
        let curve = match spki.curve {
            Some(der::oid::P256) => Some(Curve::P256),
            Some(der::oid::P384) => Some(Curve::P384),
            Some(der::oid::P521) => Some(Curve::P521),
            _ => None,
        };
        match (spki.algorithm, curve) {
            (der::oid::RSA, _) => {
                let (n, e) = der::rsa_public_key(spki.key)?;
                Self::new(PublicKey::Rsa {
                    n: n.into(),
                    e: e.into(),
                })
            }
            (der::oid::EC, Some(curve)) => Self::from_point(curve, spki.key),
            (der::oid::ED25519, _) => {
                let x = spki.key.try_into().map_err(|_| JoseError::KeyInvalid)?;
                Self::new(PublicKey::Ed25519 { x })
            }
            _ => Err(JoseError::KeyUnsupported),
        }
    }

    /// Reads an uncompressed point (SEC 1).
    pub(crate) fn from_point(curve: Curve, point: &[u8]) -> Result<Self, JoseError> {
        match point.split_first() {
            Some((4, both)) if both.len() == 2 * curve.coordinate_bytes() => {
                let (x, y) = both.split_at(curve.coordinate_bytes());
                Self::new(PublicKey::Ec {
                    curve,
                    x: x.into(),
                    y: y.into(),
                })
            }
            _ => Err(JoseError::KeyInvalid),
        }
    }

    /// DER `SubjectPublicKeyInfo` (RFC 5280, RFC 8410).
    #[must_use]
    pub fn to_spki(&self) -> Vec<u8> {
        match &self.key {
            PublicKey::Rsa { n, e } => {
                der::write_spki(der::oid::RSA, &[5, 0], &der::write_rsa_public_key(n, e))
            }
            PublicKey::Ec { curve, .. } => {
                let curve = match curve {
                    Curve::P256 => der::oid::P256,
                    Curve::P384 => der::oid::P384,
                    Curve::P521 => der::oid::P521,
                };
                let point = self.point().expect("invariant: an EC key has a point");
                der::write_spki(der::oid::EC, &der::write_oid(curve), &point)
            }
            PublicKey::Ed25519 { x } => der::write_spki(der::oid::ED25519, &[], x),
        }
    }

    /// The uncompressed point of an EC key.
    pub(crate) fn point(&self) -> Option<Vec<u8>> {
        match &self.key {
            PublicKey::Ec { x, y, .. } => Some([&[4], &x[..], &y[..]].concat()),
            _ => None,
        }
    }

    /// The key itself.
    #[must_use]
    pub const fn key(&self) -> &PublicKey {
        &self.key
    }

    /// The name of the key within its set.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The algorithm it is bound to, if it says so or its curve has only one.
    #[must_use]
    pub const fn alg(&self) -> Option<Alg> {
        match (&self.key, self.alg) {
            (_, Some(alg)) => Some(alg),
            (PublicKey::Rsa { .. }, None) => None,
            (PublicKey::Ec { curve, .. }, None) => Some(curve.alg()),
            (PublicKey::Ed25519 { .. }, None) => Some(Alg::EdDSA),
        }
    }

    /// The algorithms a token of this key may have: one, or the RSA family when `alg` is absent.
    #[must_use]
    pub fn algs(&self) -> Vec<Alg> {
        match self.alg() {
            Some(alg) => vec![alg],
            None => Alg::ALL
                .into_iter()
                .filter(|alg| alg.family() == crate::Family::Rsa)
                .collect(),
        }
    }

    /// `x5t#S256`, the SHA-256 thumbprint of its certificate.
    #[must_use]
    pub fn x5t_s256(&self) -> Option<&str> {
        self.x5t_s256.as_deref()
    }

    /// The certificate chain, each as plain base64 of DER.
    #[must_use]
    pub fn x5c(&self) -> &[String] {
        &self.x5c
    }

    /// Names the key.
    #[must_use]
    pub fn with_kid(mut self, kid: impl Into<String>) -> Self {
        self.kid = Some(kid.into());
        self
    }

    /// Binds the key to an algorithm.
    ///
    /// # Errors
    /// [`JoseError::KeyInvalid`] when the algorithm is for other keys.
    pub fn with_alg(mut self, alg: Alg) -> Result<Self, JoseError> {
        self.alg = None;
        if self.algs().contains(&alg) {
            self.alg = Some(alg);
            Ok(self)
        } else {
            Err(JoseError::KeyInvalid)
        }
    }

    /// Leaves `alg` out of the JSON (Auth0: tenant setting `remove_alg_from_jwks`).
    #[must_use]
    pub fn without_alg(mut self) -> Self {
        self.alg = None;
        self
    }

    /// Attaches a certificate: sets `x5c`, `x5t` and `x5t#S256`.
    #[must_use]
    pub fn with_certificate(mut self, der: &[u8]) -> Self {
        self.x5c = vec![b64::encode_standard(der)];
        self.x5t = Some(b64::encode(&digest::sha1(der)));
        self.x5t_s256 = Some(digest::certificate_thumbprint(der));
        self
    }

    /// Base64url of the SHA-256 thumbprint (RFC 7638, RFC 8037 appendix A.3).
    #[must_use]
    pub fn thumbprint(&self) -> String {
        let required = match &self.key {
            PublicKey::Rsa { n, e } => {
                format!(
                    r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#,
                    b64::encode(e),
                    b64::encode(n)
                )
            }
            PublicKey::Ec { curve, x, y } => format!(
                r#"{{"crv":"{}","kty":"EC","x":"{}","y":"{}"}}"#,
                curve.name(),
                b64::encode(x),
                b64::encode(y),
            ),
            PublicKey::Ed25519 { x } => {
                format!(
                    r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#,
                    b64::encode(x)
                )
            }
        };
        b64::encode(&digest::sha256(required.as_bytes()))
    }
}

impl fmt::Debug for Jwk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jwk")
            .field("kid", &self.kid)
            .field("alg", &self.alg())
            .finish()
    }
}

impl Serialize for Jwk {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        match &self.key {
            PublicKey::Rsa { n, e } => {
                map.serialize_entry("kty", "RSA")?;
                map.serialize_entry("use", "sig")?;
                map.serialize_entry("n", &b64::encode(n))?;
                map.serialize_entry("e", &b64::encode(e))?;
            }
            PublicKey::Ec { curve, x, y } => {
                map.serialize_entry("kty", "EC")?;
                map.serialize_entry("use", "sig")?;
                map.serialize_entry("crv", curve.name())?;
                map.serialize_entry("x", &b64::encode(x))?;
                map.serialize_entry("y", &b64::encode(y))?;
            }
            PublicKey::Ed25519 { x } => {
                map.serialize_entry("kty", "OKP")?;
                map.serialize_entry("use", "sig")?;
                map.serialize_entry("crv", "Ed25519")?;
                map.serialize_entry("x", &b64::encode(x))?;
            }
        }
        for (name, value) in [
            ("kid", &self.kid),
            ("x5t", &self.x5t),
            ("x5t#S256", &self.x5t_s256),
        ] {
            if let Some(value) = value {
                map.serialize_entry(name, value)?;
            }
        }
        if !self.x5c.is_empty() {
            map.serialize_entry("x5c", &self.x5c)?;
        }
        if let Some(alg) = self.alg {
            map.serialize_entry("alg", &alg)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Jwk {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_map(&Map::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

fn check_use(map: &Map<String, Value>) -> Result<(), JoseError> {
    if text(map, "use")?.is_some_and(|usage| usage != "sig") {
        return Err(JoseError::KeyUse);
    }
    match map.get("key_ops") {
        None => Ok(()),
        Some(Value::Array(ops)) if ops.iter().any(|op| op == "verify") => Ok(()),
        Some(_) => Err(JoseError::KeyUse),
    }
}

fn text<'a>(map: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, JoseError> {
    match map.get(name) {
        None => Ok(None),
        Some(Value::String(value)) => Ok(Some(value)),
        Some(_) => Err(JoseError::KeyInvalid),
    }
}

fn bytes(map: &Map<String, Value>, name: &str) -> Result<Box<[u8]>, JoseError> {
    let value = text(map, name)?.ok_or(JoseError::KeyInvalid)?;
    b64::decode(value)
        .map(Into::into)
        .map_err(|_| JoseError::KeyInvalid)
}

#[cfg(test)]
mod tests;
