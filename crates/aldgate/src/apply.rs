//! Configuration as code: files in the layout of Auth0's deploy-cli, a readable plan, one commit.
//!
//! [`files`] reads, [`plan`] decides (pure), [`run`] loads, commits and prints. Applying the same
//! files twice changes nothing the second time.

pub(crate) mod export;
pub(crate) mod files;
pub(crate) mod plan;
pub(crate) mod run;
