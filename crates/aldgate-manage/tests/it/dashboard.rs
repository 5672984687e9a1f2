//! The dashboard from outside, as a person with a browser meets it.

mod apis;
mod applications;
mod connections;
mod desk;
mod email;
mod everything;
mod logs;
mod session;
