//! Login: identifier and password on one page, or one after the other.

use aldgate_core::passwordless::Channel;
use serde::Serialize;

use super::{ApplicationView, CodeLink, ConnectionButton, Form, Page, Problem};

/// `/u/login`: identifier and password on one page.
///
/// Fields: `username`, `password`; the button is `action=default`.
#[derive(Clone, Debug, Serialize)]
pub struct Login {
    /// Where it posts to.
    pub form: Form,
    /// Where the person is going; `None` for the server's own pages.
    pub application: Option<ApplicationView>,
    /// What the identifier field holds: `login_hint`, or what was typed before.
    pub username: String,
    /// Why the form came back.
    pub problem: Option<Problem>,
    /// Whether people log in here with a password; else only the other ways are shown.
    pub with_password: bool,
    /// Link to sign-up, if the application allows it.
    pub signup_url: Option<String>,
    /// Link to "forgot password".
    pub forgot_url: Option<String>,
    /// Other ways in.
    pub connections: Vec<ConnectionButton>,
    /// Ways in by a code.
    pub codes: Vec<CodeLink>,
}

/// `/u/login/identifier`: the first of two pages. Field: `username`.
#[derive(Clone, Debug, Serialize)]
pub struct LoginIdentifier {
    /// Where it posts to.
    pub form: Form,
    /// Where the person is going; `None` for the server's own pages.
    pub application: Option<ApplicationView>,
    /// What the field holds.
    pub username: String,
    /// Why the form came back.
    pub problem: Option<Problem>,
    /// Link to sign-up, if the application allows it.
    pub signup_url: Option<String>,
    /// Other ways in.
    pub connections: Vec<ConnectionButton>,
    /// Ways in by a code.
    pub codes: Vec<CodeLink>,
}

/// `/u/login/password`: the second of two pages. Fields: `username` (not shown,
/// there for password managers), `password`.
#[derive(Clone, Debug, Serialize)]
pub struct LoginPassword {
    /// Where it posts to.
    pub form: Form,
    /// Where the person is going; `None` for the server's own pages.
    pub application: Option<ApplicationView>,
    /// The identifier of the first page.
    pub username: String,
    /// Why the form came back.
    pub problem: Option<Problem>,
    /// Link back to the first page.
    pub edit_url: String,
    /// Link to "forgot password".
    pub forgot_url: Option<String>,
}

impl Page for Login {
    const TEMPLATE: &'static str = "login.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let plain = Self {
            form: Form::sample("/u/login"),
            application: Some(ApplicationView::named("Orchard")),
            username: String::new(),
            problem: None,
            with_password: true,
            signup_url: Some("/u/signup?state=hKFo2SBk".to_owned()),
            forgot_url: Some("/u/reset-password/request?state=hKFo2SBk".to_owned()),
            connections: Vec::new(),
            codes: Vec::new(),
        };
        let refused = Self {
            username: "ada@example.com".to_owned(),
            problem: Some(Problem::WrongCredentials),
            ..plain.clone()
        };
        let waiting = Self {
            problem: Some(Problem::TooManyAttempts { minutes: 10 }),
            ..refused.clone()
        };
        let connections = Self {
            connections: sample_connections(),
            codes: sample_codes(),
            ..plain.clone()
        };
        let codes = Self {
            codes: sample_codes(),
            ..plain.clone()
        };
        let providers = Self {
            with_password: false,
            signup_url: None,
            forgot_url: None,
            ..connections.clone()
        };
        let bare = Self {
            application: None,
            signup_url: None,
            forgot_url: None,
            form: Form {
                state: None,
                ..Form::sample("/u/login")
            },
            ..plain.clone()
        };
        vec![
            ("plain", plain),
            ("refused", refused),
            ("waiting", waiting),
            ("connections", connections),
            ("providers", providers),
            ("codes", codes),
            ("bare", bare),
        ]
    }
}

impl Page for LoginIdentifier {
    const TEMPLATE: &'static str = "login_identifier.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let plain = Self {
            form: Form::sample("/u/login/identifier"),
            application: Some(ApplicationView::named("Orchard")),
            username: "ada@example.com".to_owned(),
            problem: None,
            signup_url: Some("/u/signup?state=hKFo2SBk".to_owned()),
            connections: sample_connections(),
            codes: sample_codes(),
        };
        let refused = Self {
            username: String::new(),
            problem: Some(Problem::Required),
            signup_url: None,
            connections: Vec::new(),
            codes: Vec::new(),
            ..plain.clone()
        };
        vec![("plain", plain), ("refused", refused)]
    }
}

impl Page for LoginPassword {
    const TEMPLATE: &'static str = "login_password.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let plain = Self {
            form: Form::sample("/u/login/password"),
            application: Some(ApplicationView::named("Orchard")),
            username: "ada@example.com".to_owned(),
            problem: None,
            edit_url: "/u/login/identifier?state=hKFo2SBk".to_owned(),
            forgot_url: Some("/u/reset-password/request?state=hKFo2SBk".to_owned()),
        };
        let refused = Self {
            problem: Some(Problem::WrongCredentials),
            forgot_url: None,
            ..plain.clone()
        };
        vec![("plain", plain), ("refused", refused)]
    }
}

fn sample_connections() -> Vec<ConnectionButton> {
    let button = |label: &str, name: &str, icon: Option<&str>| ConnectionButton {
        label: label.to_owned(),
        href: format!("/u/login/connection?name={name}&state=hKFo2SBk"),
        icon: icon.map(str::to_owned),
        icon_url: None,
    };
    vec![
        button("Google", "google-oauth2", Some("google.svg")),
        button("Example Corp", "example-corp", None),
    ]
}

fn sample_codes() -> Vec<CodeLink> {
    [Channel::Email, Channel::Sms]
        .into_iter()
        .map(|channel| CodeLink {
            channel,
            href: "/u/login/passwordless?connection=email&state=hKFo2SBk".to_owned(),
        })
        .collect()
}
