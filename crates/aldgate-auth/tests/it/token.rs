//! `POST /oauth/token`.

mod client_auth;
mod client_credentials;
mod code;
mod dialects;
mod password;
mod refresh;
