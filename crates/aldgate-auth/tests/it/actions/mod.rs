//! Actions at logins, exchanges and registrations, seen from outside.

mod desk;
mod exchanges;
mod kept;
mod login;
mod persons;
mod redirect;
mod registration;
