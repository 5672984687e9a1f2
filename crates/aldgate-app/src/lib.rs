//! What every endpoint of Aldgate shares: state, extractors, pages, mail.
//!
//! No route lives here. [`app::App`] is the only shared state; the modules below are its parts.

pub mod clock;
pub mod config;
pub mod hashing;
pub mod page;
pub mod rng;
pub mod seal;
pub mod serve;
pub mod tls;
