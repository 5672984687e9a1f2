//! Consent: what an application asks for, in the person's words.

use serde::Serialize;

use super::{ApplicationView, Form, Page};

/// `/u/consent`: the buttons are `action=accept` and `action=deny`.
#[derive(Clone, Debug, Serialize)]
pub struct Consent {
    /// Where it posts to.
    pub form: Form,
    /// Who asks.
    pub application: ApplicationView,
    /// Whether the application is someone else's (third party): the page then says so.
    pub third_party: bool,
    /// Where the answer goes: the host of the redirect URI.
    pub redirect_host: String,
    /// The account that is logged in.
    pub user: String,
    /// The API it asks for; `None` if it asks for the profile only.
    pub api: Option<ConsentApi>,
    /// What it wants to know about the person: the OpenID scopes.
    pub profile: Vec<ConsentScope>,
}

/// An API of a consent page.
#[derive(Clone, Debug, Serialize)]
pub struct ConsentApi {
    /// Its name.
    pub name: String,
    /// What the application wants to do there.
    pub scopes: Vec<ConsentScope>,
}

/// One line of a consent page.
#[derive(Clone, Debug, Serialize)]
pub struct ConsentScope {
    /// The scope, such as `read:orders`.
    pub value: String,
    /// What it means. The OpenID scopes have texts in the catalogue and need none.
    pub description: Option<String>,
}

impl ConsentScope {
    /// A scope with the API's own description.
    pub fn new(value: impl Into<String>, description: Option<String>) -> Self {
        Self {
            value: value.into(),
            description,
        }
    }
}

impl Page for Consent {
    const TEMPLATE: &'static str = "consent.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let scope = |value: &str, description: Option<&str>| {
            ConsentScope::new(value, description.map(str::to_owned))
        };
        let third_party = Self {
            form: Form::sample("/u/consent"),
            application: ApplicationView::named("Crate Counter"),
            third_party: true,
            redirect_host: "counter.example.net".to_owned(),
            user: "ada@example.com".to_owned(),
            api: Some(ConsentApi {
                name: "Orders API".to_owned(),
                scopes: vec![
                    scope("read:orders", Some("Read your orders")),
                    scope("write:orders", Some("Place and change orders in your name")),
                    scope("read:stock", None),
                ],
            }),
            profile: [
                "openid",
                "profile",
                "email",
                "address",
                "phone",
                "offline_access",
            ]
            .map(|value| scope(value, None))
            .to_vec(),
        };
        let first_party = Self {
            application: ApplicationView::named("Orchard"),
            third_party: false,
            redirect_host: "localhost".to_owned(),
            api: None,
            profile: vec![
                scope("openid", None),
                scope("email", None),
                scope("custom", None),
            ],
            ..third_party.clone()
        };
        let api_only = Self {
            profile: Vec::new(),
            ..third_party.clone()
        };
        let mut no_scopes = first_party.clone();
        no_scopes.api = third_party.api.clone().map(|api| ConsentApi {
            scopes: Vec::new(),
            ..api
        });
        vec![
            ("third-party", third_party),
            ("first-party", first_party),
            ("api-only", api_only),
            ("api-without-scopes", no_scopes),
        ]
    }
}
