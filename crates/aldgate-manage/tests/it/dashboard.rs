//! The dashboard from outside, as a person with a browser meets it.

mod actions;
mod administrators;
mod apis;
mod applications;
mod branding;
mod connections;
mod desk;
mod email;
mod everything;
mod keys;
mod logs;
mod protection;
mod roles;
mod session;
mod tenant;
mod users;
