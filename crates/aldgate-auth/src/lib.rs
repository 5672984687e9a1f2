//! The public side: authentication API, login pages.
//!
//! This file is the route table: one line for each group, from the file that answers it.

use aldgate_app::App;
use aldgate_app::page::{asset, favicon};
use axum::Router;
use axum::routing::get;

/// Every route of the public side.
pub fn routes() -> Router<App> {
    Router::new()
        // Styles and scripts of the pages.
        .route("/assets/{file}", get(asset))
        .route("/favicon.ico", get(favicon))
}
