//! The public side: authentication API, login pages.
//!
//! This file is the route table: one line for each group, from the file that answers it.

mod acceptances;
mod account;
pub mod accounts;
mod actions;
mod audience;
mod authorize;
mod bearer;
mod client;
mod cross_origin;
mod doctor;
mod federation;
mod hosted_page;
mod introspect;
pub mod issue;
mod login;
mod logout;
mod passwordless;
mod refusals;
mod revoke;
mod token;
mod userinfo;
mod visitor;
mod well_known;

use aldgate_app::App;
use aldgate_app::page::{asset, favicon};
use axum::Router;
use axum::routing::get;

/// Every route of the public side.
pub fn routes() -> Router<App> {
    let acceptances = acceptances::Acceptances::default();
    Router::new()
        // Styles and scripts of the pages.
        .route("/assets/{file}", get(asset))
        .route("/favicon.ico", get(favicon))
        // Accounts.
        .merge(account::routes())
        .merge(accounts::routes())
        // Logging in and out.
        .merge(authorize::routes())
        .merge(cross_origin::routes())
        .merge(federation::routes())
        .merge(hosted_page::routes())
        .merge(login::routes())
        .merge(logout::routes())
        .merge(passwordless::routes())
        // Discovery and tokens.
        .merge(introspect::routes(acceptances.clone()))
        .merge(refusals::routes(acceptances))
        .merge(revoke::routes())
        .merge(token::routes())
        .merge(userinfo::routes())
        .merge(well_known::routes())
        // Explaining tokens.
        .merge(doctor::routes())
}
