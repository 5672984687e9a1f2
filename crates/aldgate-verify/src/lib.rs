//! Accepts or refuses OAuth 2.0 access tokens in an API, and always says why.
//!
//! Works with [Aldgate](https://example.invalid/aldgate), with Auth0 and with every other issuer
//! of JWT access tokens that publishes its keys.
//!
//! # An API in ten lines
//!
//! ```no_run
//! # #[cfg(all(feature = "axum", feature = "http-client"))]
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! use aldgate_verify::{AccessToken, Verifier, VerifyLayer};
//! use axum::{Router, routing::get};
//!
//! // Who issues the tokens, exactly as in their `iss`, and what this API is called in their `aud`.
//! let verifier = Verifier::builder("https://tenant.example/", "https://my-api").build()?;
//!
//! let app = Router::new()
//!     .route("/orders", get(orders))
//!     .layer(VerifyLayer::new(verifier).explain()); // without `explain` in production
//!
//! async fn orders(token: AccessToken) -> String {
//!     format!("Orders of {}", token.subject().unwrap_or("nobody"))
//! }
//! # let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
//! axum::serve(listener, app).await?;
//! # Ok(())
//! # }
//! ```
//!
//! Send it the wrong token, and it tells you which one you have and how to get the right one:
//!
//! ```text
//! HTTP/1.1 401 Unauthorized
//! www-authenticate: Bearer error="invalid_token", error_description="This is an ID token of …
//!
//! { "error": "invalid_token",
//!   "reason": "id_token",
//!   "error_description": "This is an ID token of application MYCLIENTID, not an access token.",
//!   "expected": "a JWT access token with audience https://my-api",
//!   "actual": "an ID token with audience MYCLIENTID",
//!   "remedy": "Send the access token instead. Ask for it with audience https://my-api, so …" }
//! ```
//!
//! # Why an API has an audience of its own
//!
//! An **ID token** tells *one application* who logged in; its audience is the application's client
//! id. An API that accepts it is tied to that application for good. An **access token** is made
//! for an API: register the API at the issuer under an identifier, ask for that identifier as
//! `audience` when logging in, and every application can call the API with the same API code.
//! Without an `audience` the access token is opaque and good for `/userinfo` alone.
//!
//! # Keys
//!
//! [`JwkProvider`] fetches the issuer's keys once, keeps them, refreshes them in the background
//! and survives rotations, outages and floods of made-up key names. Those who come from Java know
//! its builder:
//!
//! ```no_run
//! # #[cfg(feature = "http-client")]
//! # fn run() -> Result<(), Box<dyn std::error::Error>> {
//! use std::time::Duration;
//! use aldgate_verify::{JwkProvider, Verifier};
//!
//! let keys = JwkProvider::builder("https://tenant.example/")
//!     .cached(10, Duration::from_secs(24 * 3600))
//!     .rate_limited(10, Duration::from_secs(60))
//!     .build()?;
//! let verifier = Verifier::builder("https://tenant.example/", "https://my-api")
//!     .keys(keys)
//!     .require_scopes(["read:orders"])
//!     .build()?;
//! # Ok(())
//! # }
//! ```
//!
//! # Without a network
//!
//! Keys, time and fetching can all be given. Nothing here needs a running issuer:
//!
//! ```
//! use std::time::Duration;
//! use aldgate_verify::jose::{Alg, JwkSet, SigningKey};
//! use aldgate_verify::{JwkProvider, Verifier};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let key = SigningKey::generate(Alg::ES256)?;
//! let set = JwkSet::new([key.public_jwk().expect("not an HMAC key").clone()])?;
//! let verifier = Verifier::builder("https://tenant.example/", "https://my-api")
//!     .keys(JwkProvider::fixed(&set)?)
//!     .clock(|| Duration::from_secs(1_800_000_000))
//!     .build()?;
//!
//! let claims = r#"{"iss":"https://tenant.example/","aud":"https://my-api","sub":"u",
//!                  "scope":"read:orders","exp":1800000060}"#;
//! let token = verifier.verify_now(&key.sign("at+jwt", claims.as_bytes()))?;
//! assert!(token.has_scope("read:orders"));
//!
//! let late = claims.replace("1800000060", "1799999000");
//! let reason = verifier.verify_now(&key.sign("at+jwt", late.as_bytes())).unwrap_err();
//! assert_eq!(reason.code(), "expired");
//! assert_eq!(reason.summary(), "The token expired 16 min ago.");
//! # Ok(())
//! # }
//! ```
//!
//! # Reasons
//!
//! Every refusal is a [`Reason`]: a stable [`code`](Reason::code), a summary, what was expected,
//! what came, a remedy and a link into the [catalogue](reasons). What callers see is up to
//! [`Challenge`]: everything with [`Verbosity::Explain`], a code only with [`Verbosity::Terse`].
//! The log and [`Counters`] have all of it either way, and never a token.
//!
//! The same explanations for a token at hand, with the change to make as code to copy:
//! [`explain`](mod@explain).
//!
//! # Mistakes, told to the issuer
//!
//! With a [`Reporter`](crate::report::Reporter) as observer a verifier reports what it refuses to
//! Aldgate, whose log then says "application *Shop* sent 12 ID tokens to *Orders*". Off by
//! default; reports hold codes, ids and counts, and nothing of a token. With
//! [`first_acceptances`](crate::report::Reporter::first_acceptances) it also says, once in six
//! hours, that tokens of an application are accepted: the dashboard's live test waits for that.
//!
//! # What is checked
//!
//! * *Form*: three canonical base64url segments, at most 16 KiB; no duplicate names at any depth
//!   (RFC 7519 section 4).
//! * *Header*: `crit`, `b64`, `zip` and `none` are refused; `jwk`, `jku`, `x5u` and `x5c` are never
//!   trusted or fetched.
//! * *Algorithm*: in the allow-list *and* the key's own (RFC 8725 section 3.1).
//! * *Issuer and audience*: byte by byte; never folded, never a prefix.
//! * *Kind*: an ID token, logout token, proof or assertion never passes, whatever its audience.
//! * *Time*: `exp` is required; `exp`, `nbf` and `iat` are plain numbers or the token is refused;
//!   one leeway for all, at most 60 s.
//! * *Permission*: scopes and permissions are compared whole; a wrong type grants nothing.
//! * *Binding*: `cnf.jkt` with a DPoP proof (RFC 9449), `cnf.x5t#S256` with the certificate
//!   (RFC 8705).
//!
//! # Features
//!
//! * `http-client` (default): fetches keys with `reqwest`, refreshes on tokio.
//! * `axum` (default): the extractor and the metadata route; includes `tower`.
//! * `tower`: the layer alone.
//!
//! Without features the crate does no I/O: give a [`provider::Fetch`] or [`JwkProvider::fixed`].

mod cache;
mod challenge;
mod clock;
mod counters;
pub mod dpop;
pub mod explain;
#[cfg(feature = "axum")]
mod extract;
mod foreign;
pub mod introspect;
mod kind;
#[cfg(feature = "tower")]
mod layer;
mod metadata;
mod observe;
pub mod provider;
mod reason;
pub mod reasons;
#[cfg(feature = "http-client")]
pub mod report;
mod token;
mod verifier;

pub use aldgate_jose as jose;

pub use challenge::{Challenge, Verbosity};
pub use clock::{Clock, SystemClock};
pub use counters::{Counters, CountersSnapshot};
pub use dpop::{Dpop, DpopFault};
#[cfg(feature = "axum")]
pub use extract::{Refused, metadata_router};
pub use foreign::Platform;
pub use kind::{Look, TokenKind};
#[cfg(feature = "tower")]
pub use layer::{
    ClientCertificate, Require, RequireScopes, RequireService, VerifyLayer, VerifyService,
};
pub use metadata::ResourceMetadata;
pub use observe::{Observe, Refused as RefusedToken};
pub use provider::{JwkProvider, JwkProviderBuilder};
pub use reason::{AudienceHint, IssuerHint, Reason, Report, RequestFault};
pub use token::{AccessToken, Presented, Proof, Scheme};
pub use verifier::{BuildError, TypPolicy, Verifier, VerifierBuilder};
