//! The dashboard from outside, as a person with a browser meets it.

mod applications;
mod desk;
mod everything;
mod session;
