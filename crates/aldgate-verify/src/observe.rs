//! Who is told of refusals: what was refused and why, never the token.

use crate::reason::Reason;

/// Told of each refusal, on the thread that verifies: return at once.
///
/// [`Reporter`](crate::report::Reporter) is one: it reports refusals to the issuer.
pub trait Observe: Send + Sync + 'static {
    /// A token was refused.
    fn refused(&self, refused: &Refused<'_>);
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
