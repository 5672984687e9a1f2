//! The admin side: Management API and dashboard.
//!
//! This file is the route table.

use aldgate_app::App;
use axum::Router;

/// Every route of the admin side.
pub fn routes() -> Router<App> {
    Router::new()
}
