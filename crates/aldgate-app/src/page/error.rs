//! The error page: what is wrong, where, and how to put it right.

use serde::Serialize;

use super::{Difference, Page};

/// A refusal shown to a person, because it must not redirect (OAU-05) or has nowhere to.
///
/// The upper half speaks to whoever meets it, the lower half to the developer of the application.
#[derive(Clone, Debug, Serialize)]
pub struct ErrorPage {
    /// The phrase people search for: `Callback URL mismatch`.
    pub headline: String,
    /// What happened, in one or two sentences.
    pub cause: String,
    /// The application's name, if it is known.
    pub application: Option<String>,
    /// What was compared, if the refusal is about a value.
    pub difference: Option<Difference>,
    /// What to do, for the developer.
    pub remedy: Option<String>,
    /// The OAuth error code, such as `invalid_request`.
    pub error: Option<String>,
    /// Finds the full story in the tenant log.
    pub support_code: String,
    /// Where the documentation explains it.
    pub docs_url: Option<String>,
    /// The token doctor, where a token is the matter.
    pub doctor_url: Option<String>,
}

impl Page for ErrorPage {
    const TEMPLATE: &'static str = "error.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let registered = [
            "http://localhost:3000/callback".to_owned(),
            "https://orchard.example/callback".to_owned(),
        ];
        let mismatch = Self {
            headline: "Callback URL mismatch".to_owned(),
            cause: "The application asked to be called back at an address that is not registered \
                    for it. To protect you, we did not go there."
                .to_owned(),
            application: Some("Orchard".to_owned()),
            difference: Some(Difference::new(
                "redirect_uri",
                &registered,
                "http://localhost:3000/callback/",
            )),
            remedy: Some(
                "Send redirect_uri exactly as registered, or add this address to the \
                 application's Allowed Callback URLs. Addresses are compared byte for byte: a \
                 trailing slash, another port or another letter case is another address."
                    .to_owned(),
            ),
            error: Some("invalid_request".to_owned()),
            support_code: "4K7Q-M2XW".to_owned(),
            docs_url: Some("https://aldgate.example/docs/errors/callback-url-mismatch".to_owned()),
            doctor_url: None,
        };
        let missing = Self {
            headline: "Callback URL missing".to_owned(),
            difference: Some(Difference::new("redirect_uri", &registered[..1], "")),
            docs_url: None,
            ..mismatch.clone()
        };
        let unregistered = Self {
            difference: Some(Difference::new(
                "redirect_uri",
                &[],
                "https://orchard.example/cb",
            )),
            ..mismatch.clone()
        };
        let fault = Self {
            headline: "Something went wrong on our side".to_owned(),
            cause: "The server could not finish the request. Nothing was changed.".to_owned(),
            application: None,
            difference: None,
            remedy: None,
            error: None,
            docs_url: None,
            ..mismatch.clone()
        };
        vec![
            ("token", about_a_token(mismatch.clone())),
            ("callback-mismatch", mismatch),
            ("callback-missing", missing),
            ("callback-unregistered", unregistered),
            ("server-fault", fault),
        ]
    }
}

/// The sample of a refusal of a token.
fn about_a_token(base: ErrorPage) -> ErrorPage {
    ErrorPage {
        headline: "The request was refused".to_owned(),
        cause: "The id_token_hint is not an ID token of this issuer".to_owned(),
        difference: None,
        remedy: None,
        docs_url: None,
        doctor_url: Some("https://id.example.com/token-doctor".to_owned()),
        ..base
    }
}
