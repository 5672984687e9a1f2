//! What one operation of the Management API is, and everything that all of them share.
//!
//! An operation is one entry of a table: method, path, scopes, parameters, shapes and the function
//! that does it. From this table come the routes, the authorisation, the OpenAPI document and the
//! tests of the authorisation, so none of them can disagree (ADM-01).

mod actor;
mod audit;
mod authorize;
mod call;
pub(crate) mod ceiling;
mod error;
mod http;
pub(crate) mod openapi;
mod paging;
mod query;
mod rate;
mod reply;
pub(crate) mod schema;
mod table;

pub use actor::{Actor, Who};
pub(crate) use audit::Audit;
pub(crate) use authorize::Callers;
pub(crate) use call::{Call, parse, secret_of};
pub(crate) use error::ApiError;
pub(crate) use http::router;
pub(crate) use paging::{Paging, Window, everything};
pub(crate) use query::{FIELDS, KEYSET, PAGES, Param, Query, boolean, integer, list, text, wrong};
pub(crate) use reply::Reply;
pub(crate) use table::{Operation, delete, get, patch, post, put};
