//! Accepts or refuses OAuth 2.0 access tokens in an API, and always says why.
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
pub mod provider;
mod reason;
pub mod reasons;
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
pub use provider::{JwkProvider, JwkProviderBuilder};
pub use reason::{AudienceHint, IssuerHint, Reason, Report, RequestFault};
pub use token::{AccessToken, Presented, Proof, Scheme};
pub use verifier::{BuildError, TypPolicy, Verifier, VerifierBuilder};
