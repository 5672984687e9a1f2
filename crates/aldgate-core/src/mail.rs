//! A tenant's own mail: who carries it, and what it says (contract 3.4, "Email provider" and
//! "Email template").

pub mod provider;
pub mod template;
