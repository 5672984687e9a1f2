//! The demo of `aldgate dev`: an API and an application as strangers would write them.

pub(crate) mod api;
pub(crate) mod spa;
