//! The Management API from outside: whole exchanges, by the addresses of the routes.

mod authorization;
mod clients;
mod kit;
mod resources;
mod roles;
