//! Logging in with another provider: OpenID Connect and OAuth 2.0 from the side of the client.
//!
//! One code path for every strategy. What differs between providers is one row of
//! [`preset::PRESETS`]. The order of a login is the order of the files: [`upstream`] reads a
//! connection's settings, [`metadata`] finds the endpoints, [`request`] sends the browser away,
//! [`attempt`] and [`callback`] check who comes back, [`tokens`] and [`id_token`] check what the
//! provider says, [`profile`] puts it into our words, and [`account`] decides whose account it is.

pub mod account;
pub mod apple;
pub mod attempt;
pub mod callback;
pub mod id_token;
pub mod logout;
pub mod metadata;
pub mod options;
pub mod preset;
pub mod profile;
pub mod realm;
pub mod request;
pub mod secret;
pub mod tokens;
pub mod upstream;

#[cfg(test)]
pub(crate) mod testing;
