//! The authorization endpoint's decisions (RFC 6749 section 3.1; OpenID Connect Core section 3).
//!
//! [`request`] reads what was sent, [`checks`] turns it step by step into a [`Plan`], [`prompt`]
//! says what the user has to do next, [`respond`] says how the answer travels.

pub mod checks;
pub mod plan;
pub mod prompt;
pub mod request;
pub mod respond;
pub mod response_type;

pub use plan::{Plan, Prompts};
pub use request::Request;
pub use response_type::{ResponseMode, ResponseType};
