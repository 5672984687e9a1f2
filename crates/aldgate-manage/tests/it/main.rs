//! The Management API from outside: whole exchanges, by the addresses of the routes.

mod actions;
mod authorization;
mod client_credentials;
mod client_grants;
mod clients;
mod connections;
mod custom_domains;
mod dashboard;
mod emails;
mod jobs;
mod keys;
mod kit;
mod later;
mod logs;
mod organizations;
mod rate;
mod resource_servers;
mod roles;
mod sessions;
mod tenants;
mod user_resources;
mod user_search;
mod users;
