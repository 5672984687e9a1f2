//! The demo of `aldgate dev`: an API and an application as strangers would write them, and a
//! provider to log in with.

pub(crate) mod api;
mod claim;
pub(crate) mod google;
pub(crate) mod spa;
