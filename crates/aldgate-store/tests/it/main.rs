//! The conformance suite of the store. It runs on the engine that `ALDGATE_TEST_DATABASE` names and
//! has to pass unchanged on both.

#![expect(
    clippy::unwrap_used,
    reason = "a helper that fails has failed its test"
)]

mod actions;
mod attempts;
mod backup;
mod commit;
mod configuration;
mod crash;
mod events;
mod faults;
mod fixtures;
mod jobs;
mod roles;
mod sessions;
mod statements;
mod tickets;
mod tokens;
mod unit_of_work;
mod users;
