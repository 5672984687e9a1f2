//! What every endpoint of Aldgate shares: state, extractors, pages, mail.
//!
//! No route of the product lives here. [`app::App`] is the only shared state; [`edge`] surrounds
//! every request; [`extract`] holds what handlers take as arguments.

pub mod accounts;
pub mod action_secrets;
pub mod actions;
pub mod admin;
pub mod app;
mod caches;
pub mod clock;
pub mod config;
pub mod cors;
pub mod edge;
pub mod error;
pub mod events;
pub mod extract;
pub mod hashing;
pub mod headers;
pub mod jobs;
pub mod keys;
mod logouts;
pub mod mail;
pub mod metrics;
pub mod observe;
pub mod outbound;
pub mod page;
pub mod present;
mod provision;
pub mod rate_limit;
pub mod respond;
pub mod rng;
pub mod sandbox;
pub mod seal;
pub mod serve;
pub mod shared_keys;
pub mod support;
pub mod tls;
pub mod transfer;
pub mod upstream;

pub use app::App;
