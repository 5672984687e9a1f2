//! JSON Web Keys, Signatures and Tokens with keys that are parsed once, over `aws-lc-rs`.
//!
//! Bytes in, bytes out: no clock, no I/O, no async. Everything that reads is strict and bounded;
//! everything that was checked has a type that says so.
//!
//! # Sign and verify
//!
//! ```
//! use aldgate_jose::{Alg, SigningKey, VerifyingKey, jws, jwt};
//!
//! # fn main() -> Result<(), aldgate_jose::JoseError> {
//! let key = SigningKey::generate(Alg::ES256)?;
//! let token = key.sign("at+jwt", br#"{"iss":"https://issuer.example/","sub":"u1","exp":2000}"#);
//!
//! // The other side knows the public half, as JSON from a key set.
//! let jwk = key.public_jwk().expect("not an HMAC key").clone();
//! let known = VerifyingKey::from_jwk(&jwk)?;
//!
//! let unverified = jws::parse(&token)?;
//! assert_eq!(unverified.header().typ(), Some("at+jwt"));
//!
//! let verified = unverified.verify(&known)?; // only this makes a `Verified`
//! let claims = jwt::Claims::from_verified(verified)?;
//! assert_eq!(claims.subject(), Some("u1"));
//! assert_eq!(claims.expires_at().map(|at| at.seconds()), Some(2000));
//! # Ok(())
//! # }
//! ```
//!
//! # Publish a key set
//!
//! ```
//! use aldgate_jose::{Alg, JwkSet, SigningKey};
//!
//! # fn main() -> Result<(), aldgate_jose::JoseError> {
//! let key = SigningKey::generate(Alg::EdDSA)?.with_kid("2026-11");
//! let set = JwkSet::new([key.public_jwk().expect("not an HMAC key").clone()])?;
//! let json = set.to_json();
//!
//! let read = JwkSet::parse(json.as_bytes())?;
//! assert!(read.find("2026-11").is_some());
//! # Ok(())
//! # }
//! ```
//!
//! # What is refused, and where it says so
//!
//! * [`jws::parse`]: anything but three canonical base64url segments; a header with duplicate or
//!   dangerous members (`crit`, `b64`, `zip`, nested `cty`); `alg` `none`.
//! * [`VerifyingKey`]: an algorithm other than the key's own (RFC 8725 section 3.1).
//! * [`Jwk`]: keys too weak, misfit or with private parts (RFC 7518, RFC 8725 section 3.5).
//! * [`jwt::Claims`]: duplicate claims at any depth, time claims that are not plain numbers.
//!
//! [`JoseError::code`] is stable; match on it or on the enum.

mod alg;
pub mod b64;
mod der;
pub mod digest;
mod error;
mod json;
mod jwk;
mod jwks;
pub mod jws;
pub mod jwt;
pub mod pem;
mod signing;
mod verifying;
mod weak;

pub use alg::{Alg, Family};
pub use error::JoseError;
pub use jwk::{Curve, Jwk, PublicKey};
pub use jwks::{JwkSet, Skipped};
pub use jws::Verified;
pub use signing::SigningKey;
pub use verifying::VerifyingKey;
