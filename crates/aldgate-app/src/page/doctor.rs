//! The token doctor's page.

use serde::Serialize;

use super::Page;

/// `/token-doctor`: a field to paste a token into. Its script does the rest, in the browser.
#[derive(Clone, Debug, Serialize)]
pub struct TokenDoctor {
    /// The tenant's issuer.
    pub issuer: String,
    /// Where the texts are.
    pub texts_url: String,
    /// What answers questions about a `jti`.
    pub lookup_url: String,
    /// The tenant's public keys.
    pub keys_url: String,
    /// The dashboard, for links.
    pub dashboard_url: String,
}

impl Page for TokenDoctor {
    const TEMPLATE: &'static str = "token_doctor.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let page = Self {
            issuer: "https://id.example.com/".to_owned(),
            texts_url: "/token-doctor/texts.json".to_owned(),
            lookup_url: "/token-doctor/lookup".to_owned(),
            keys_url: "/.well-known/jwks.json".to_owned(),
            dashboard_url: "/dashboard".to_owned(),
        };
        vec![("empty", page)]
    }
}
