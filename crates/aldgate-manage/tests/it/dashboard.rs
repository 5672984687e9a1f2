//! The dashboard from outside, as a person with a browser meets it.

mod apis;
mod applications;
mod desk;
mod everything;
mod logs;
mod session;
