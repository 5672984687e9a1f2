//! The two response modes that are pages: `form_post` and `web_message`.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Page;

/// `response_mode=form_post`: a form that posts itself to the application.
///
/// Works without scripts, too: then the person presses the button.
/// Source: OAuth 2.0 Form Post Response Mode.
#[derive(Clone, Debug, Serialize)]
pub struct FormPost {
    /// The redirect URI.
    pub action: String,
    /// Names and values of the response, in order.
    pub fields: Vec<(String, String)>,
    /// The application's name.
    pub application: Option<String>,
}

/// `response_mode=web_message`: a script that hands the response to the window that asked.
///
/// Auth0: `{type: "authorization_response", response: {…}}`, posted to the frame's parent or the
/// popup's opener.
#[derive(Clone, Debug, Serialize)]
pub struct WebMessage {
    /// Origin of the application; the message goes to this origin and no other.
    pub target_origin: String,
    /// Names and values of the response.
    pub response: BTreeMap<String, serde_json::Value>,
}

impl Page for FormPost {
    const TEMPLATE: &'static str = "form_post.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let success = Self {
            action: "https://orchard.example/callback".to_owned(),
            fields: vec![
                field("code", "SplxlOBeZQQYbYS6WxSbIA"),
                field("state", "\"><script>alert(1)</script>"),
                field("iss", "https://id.example/"),
            ],
            application: Some("Orchard".to_owned()),
        };
        let unnamed = Self {
            application: None,
            ..success.clone()
        };
        vec![("success", success), ("unnamed", unnamed)]
    }
}

impl Page for WebMessage {
    const TEMPLATE: &'static str = "web_message.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let response = [
            ("error", "login_required"),
            ("error_description", "Login required"),
            ("state", "</script><script>alert(1)</script><!--"),
        ];
        let refused = Self {
            target_origin: "http://localhost:3000".to_owned(),
            response: response
                .map(|(name, value)| (name.to_owned(), value.into()))
                .into(),
        };
        vec![("login-required", refused)]
    }
}
