//! Actions at logins, exchanges and registrations, seen from outside.

mod desk;
mod exchanges;
mod login;
mod redirect;
mod registration;
