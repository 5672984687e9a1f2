//! The admin side: Management API and dashboard.
//!
//! This file is the route table. Below it, one folder for each resource, named as in the URL, with
//! one file for each verb; `op` holds what all operations share.

mod actions;
mod attack_protection;
mod branding;
mod client_grants;
mod clients;
mod connections;
mod custom_domains;
mod dashboard;
mod device_credentials;
mod document;
mod email_templates;
mod emails;
mod grants;
mod guardian;
mod jobs;
mod keys;
mod later;
mod local;
mod log_streams;
mod logs;
mod op;
mod organizations;
mod prompts;
mod rbac;
mod refresh_tokens;
mod resource_servers;
mod roles;
mod sessions;
mod stats;
mod tenants;
mod tickets;
mod user_blocks;
mod users;

use aldgate_app::App;
use axum::Router;

pub use dashboard::dashboard;
pub use local::{Answer, Local};
use op::Operation;
pub use op::{Actor, Who};

/// Every route of the admin side.
pub fn routes() -> Router<App> {
    op::router(operations()).merge(jobs::downloads())
}

/// Every operation of the Management API.
fn operations() -> Vec<Operation> {
    [
        actions::operations(),
        attack_protection::operations(),
        branding::operations(),
        client_grants::operations(),
        clients::operations(),
        connections::operations(),
        custom_domains::operations(),
        device_credentials::operations(),
        email_templates::operations(),
        emails::operations(),
        grants::operations(),
        guardian::operations(),
        jobs::operations(),
        keys::operations(),
        later::operations(),
        log_streams::operations(),
        logs::operations(),
        organizations::operations(),
        prompts::operations(),
        refresh_tokens::operations(),
        resource_servers::operations(),
        roles::operations(),
        sessions::operations(),
        stats::operations(),
        tenants::operations(),
        tickets::operations(),
        user_blocks::operations(),
        users::operations(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
