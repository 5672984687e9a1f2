//! Who is told of refusals and acceptances: what was refused and why, never the token.

use std::time::Duration;

use crate::reason::Reason;

/// Told of each refusal and acceptance, on the thread that verifies: return at once.
///
/// [`Reporter`](crate::report::Reporter) is one: it reports refusals to the issuer.
pub trait Observe: Send + Sync + 'static {
    /// A token was refused.
    fn refused(&self, refused: &Refused<'_>);

    /// A token was accepted, by the verifier's own checks; a layer around it may still want a
    /// scope that it lacks. Does nothing unless it is implemented.
    fn accepted(&self, _accepted: &Accepted<'_>) {}
}

/// An acceptance: nothing of the token but the application that got it.
#[derive(Clone, Copy, Debug)]
pub struct Accepted<'a> {
    /// The application that got the token; `None` when the token does not say.
    pub application: Option<&'a str>,
    /// The API's identifier.
    pub audience: &'a str,
    /// The verifier's time, since 1970.
    pub now: Duration,
}

/// A refusal with what is known of its origin.
#[derive(Clone, Copy, Debug)]
pub struct Refused<'a> {
    /// Why.
    pub reason: &'a Reason,
    /// The application that got the token. Only where the signature vouches for it: anybody can
    /// write a name into a forged token.
    pub application: Option<&'a str>,
    /// The API's identifier.
    pub audience: &'a str,
}
