//! The public side from outside: whole exchanges, by the addresses of the routes.

mod introspect;
mod kit;
mod revoke;
mod token;
mod userinfo;
mod well_known;
