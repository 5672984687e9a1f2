//! The public side from outside: whole exchanges, by the addresses of the routes.

mod accounts;
mod actions;
mod authorize;
mod consent;
mod cross_origin;
mod doctor;
mod errors;
mod federation;
mod hosted_page;
mod introspect;
mod kit;
mod login;
mod logout;
mod modes;
mod rate;
mod refusals;
mod reseal;
mod revoke;
mod sso;
mod stand;
mod token;
mod userinfo;
mod well_known;
