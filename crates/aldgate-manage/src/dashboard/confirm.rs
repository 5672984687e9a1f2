//! The page that asks before something is destroyed.

use serde::Serialize;

/// What `dashboard/confirm.html` shows.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Confirm {
    /// Where the form posts to.
    pub(super) action: String,
    /// What is about to happen, as a question that names the thing.
    pub(super) question: String,
    /// What it means, one sentence each.
    pub(super) consequences: Vec<String>,
    /// What the button says, naming the thing again.
    pub(super) button: String,
    /// Where Cancel leads.
    pub(super) back: String,
    /// Whether it cannot be undone.
    #[serde(rename = "final")]
    pub(super) is_final: bool,
    /// Further fields of the form.
    pub(super) hidden: Vec<(&'static str, String)>,
}
