//! Passwordless login: ask for a code, type it, confirm a link.

use aldgate_core::passwordless::Channel;
use serde::Serialize;

use super::{ApplicationView, Form, Page, Problem};

/// `/u/login/passwordless`: asks for a code. Field: `email` or `phone_number`.
#[derive(Clone, Debug, Serialize)]
pub struct LoginPasswordless {
    /// Where it posts to.
    pub form: Form,
    /// Where the person is going.
    pub application: Option<ApplicationView>,
    /// By what way the code comes.
    pub channel: Channel,
    /// The connection, carried along.
    pub connection: String,
    /// What the field holds.
    pub recipient: String,
    /// Why the form came back.
    pub problem: Option<Problem>,
    /// Link to the login with a password, if there is one.
    pub login_url: Option<String>,
}

/// `/u/login/passwordless/code`: takes the code. Field: `code`; the buttons are `action=default`
/// and `action=resend`.
#[derive(Clone, Debug, Serialize)]
pub struct LoginCode {
    /// Where it posts to.
    pub form: Form,
    /// Where the person is going.
    pub application: Option<ApplicationView>,
    /// Where the code was sent.
    pub recipient: String,
    /// Digits of the code.
    pub length: usize,
    /// Why the form came back.
    pub problem: Option<Problem>,
    /// Link back to the first page.
    pub edit_url: String,
}

/// `/passwordless/verify_redirect`: asks before a link logs this browser in, because mail scanners
/// follow links, and so that nobody is logged in as somebody else unawares (WEB-01).
#[derive(Clone, Debug, Serialize)]
pub struct LoginConfirm {
    /// Where it posts to.
    pub form: Form,
    /// Where the person is going.
    pub application: Option<ApplicationView>,
    /// As whom.
    pub recipient: String,
    /// The parameters of the link, to carry along.
    pub fields: Vec<(String, String)>,
}

/// A link on a login page to the login by code.
#[derive(Clone, Debug, Serialize)]
pub struct CodeLink {
    /// By what way the code comes; chooses the text.
    pub channel: Channel,
    /// Path of the page.
    pub href: String,
}

impl Page for LoginPasswordless {
    const TEMPLATE: &'static str = "login_passwordless.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let plain = Self {
            form: Form::sample("/u/login/passwordless"),
            application: Some(ApplicationView::named("Orchard")),
            channel: Channel::Email,
            connection: "email".to_owned(),
            recipient: String::new(),
            problem: None,
            login_url: Some("/u/login?state=hKFo2SBk".to_owned()),
        };
        let phone = Self {
            channel: Channel::Sms,
            connection: "sms".to_owned(),
            recipient: "0151 2345678".to_owned(),
            problem: Some(Problem::PhoneInvalid),
            login_url: None,
            ..plain.clone()
        };
        vec![("plain", plain), ("phone", phone)]
    }
}

impl Page for LoginCode {
    const TEMPLATE: &'static str = "login_code.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let plain = Self {
            form: Form::sample("/u/login/passwordless/code"),
            application: Some(ApplicationView::named("Orchard")),
            recipient: "ada@example.com".to_owned(),
            length: 6,
            problem: None,
            edit_url: "/u/login/passwordless?state=hKFo2SBk".to_owned(),
        };
        let wrong = Self {
            problem: Some(Problem::CodeWrong),
            ..plain.clone()
        };
        vec![("plain", plain), ("wrong", wrong)]
    }
}

impl Page for LoginConfirm {
    const TEMPLATE: &'static str = "login_confirm.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let plain = Self {
            form: Form {
                state: None,
                ..Form::sample("/passwordless/verify_redirect")
            },
            application: Some(ApplicationView::named("Orchard")),
            recipient: "ada@example.com".to_owned(),
            fields: vec![("verification_code".to_owned(), "493817".to_owned())],
        };
        let bare = Self {
            application: None,
            ..plain.clone()
        };
        vec![("plain", plain), ("bare", bare)]
    }
}
