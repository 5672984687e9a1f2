//! The conformance suite of the store. It runs on the engine that `ALDGATE_TEST_DATABASE` names and
//! has to pass unchanged on both.

mod attempts;
mod roles;
mod sessions;
mod statements;
mod tickets;
mod tokens;
mod unit_of_work;
