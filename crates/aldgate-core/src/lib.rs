//! Domain types and protocol decisions of Aldgate.
//!
//! Everything here is pure: no I/O, no clock, no ambient randomness. A decision takes facts, the
//! time and [`random::Entropy`] as arguments and returns a value that also names its effects.

pub mod acceptance;
pub mod access;
pub mod action;
pub mod api;
pub mod application;
pub mod attack_protection;
pub mod attempts;
pub mod authorize;
pub mod body;
pub mod client_auth;
pub mod client_grant;
pub mod connection;
pub mod consent;
pub mod custom_domain;
pub mod device;
pub mod discovery;
pub mod error;
pub mod event;
pub mod federation;
pub mod grant;
pub mod hint;
pub mod id;
pub mod job;
pub mod key;
pub mod liquid;
pub mod logout;
pub mod mail;
pub mod members;
pub mod mistake;
pub mod network;
pub mod params;
pub mod password;
pub mod passwordless;
pub mod pkce;
pub mod presented;
pub mod provision;
pub mod random;
pub mod redirect;
pub mod role;
pub mod scope;
pub mod search;
pub mod secret;
pub mod session;
pub mod settings;
pub mod signup;
pub mod tenant;
pub mod ticket;
pub mod time;
pub mod token;
pub mod transaction;
pub mod user;
pub mod userinfo;
