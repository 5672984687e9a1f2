//! One file for each command.

pub(crate) mod actions;
pub(crate) mod admin;
pub(crate) mod api;
pub(crate) mod apply;
pub(crate) mod backup;
pub(crate) mod credentials;
pub(crate) mod dev;
pub(crate) mod doctor;
pub(crate) mod import;
pub(crate) mod key;
pub(crate) mod logs;
pub(crate) mod migrate;
pub(crate) mod serve;
pub(crate) mod tenant;
pub(crate) mod token;
pub(crate) mod users;
