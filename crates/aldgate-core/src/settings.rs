//! Documents of settings: what a tenant has one of and an administrator can change.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// A settings document that a tenant has one of. Where nobody ever changed it, the default holds.
pub trait Document: Serialize + DeserializeOwned + Default {
    /// The kind under which the store keeps it.
    const KIND: &'static str;
}
