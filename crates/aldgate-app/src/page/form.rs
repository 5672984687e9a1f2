//! What the forms of a login have in common.

use serde::Serialize;

/// Where a form posts to, and the two values every form carries.
#[derive(Clone, Debug, Serialize)]
pub struct Form {
    /// Path the form posts to, such as `/u/login`.
    pub action: String,
    /// Token that ties the form to this browser; field `csrf` (WEB-01).
    pub csrf: String,
    /// Handle of the login transaction; field `state`. Absent where there is none.
    pub state: Option<String>,
}

/// The application a person is on the way to.
#[derive(Clone, Debug, Serialize)]
pub struct ApplicationView {
    /// Its name.
    pub name: String,
    /// Its logo. Shown only if it is an `https` address.
    pub logo_url: Option<String>,
}

/// A button that continues at another identity provider.
#[derive(Clone, Debug, Serialize)]
pub struct ConnectionButton {
    /// What the button calls the provider: `Google`.
    pub label: String,
    /// Path of this server that starts the journey.
    pub href: String,
    /// Name of an asset with the provider's mark, if we have one.
    pub icon: Option<String>,
    /// Address of a mark of the connection's own, `https` only.
    pub icon_url: Option<String>,
}

impl Form {
    pub(super) fn sample(action: &str) -> Self {
        Self {
            action: action.to_owned(),
            csrf: "b3Blbi1zZXNhbWUtYXQtdGhlLWdhdGU".to_owned(),
            state: Some("hKFo2SBkT3R0aGVoYW5kbGVvZnRoaXM".to_owned()),
        }
    }
}

impl ApplicationView {
    /// An application with this name and no logo.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            logo_url: None,
        }
    }
}
