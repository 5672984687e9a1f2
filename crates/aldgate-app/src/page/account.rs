//! Sign-up, password recovery, e-mail verification and logout: the forms beside the login.

use serde::Serialize;

use super::{ApplicationView, Form, Page, Problem};

/// `/u/signup`: opens an account. Fields: `email`, `username` (if wanted), `password`.
#[derive(Clone, Debug, Serialize)]
pub struct SignUp {
    /// Where it posts to.
    pub form: Form,
    /// Where the person is going; `None` for the server's own pages.
    pub application: Option<ApplicationView>,
    /// What the address field holds; `None` if the connection asks for none.
    pub email: Option<String>,
    /// What the user name field holds; `None` if the connection has no user names.
    pub username: Option<String>,
    /// What the field of the phone number holds; `None` if the connection asks for none.
    pub phone: Option<String>,
    /// The fields that may stay empty.
    pub optional: Vec<&'static str>,
    /// What an action of the tenant says who refuses.
    pub message: Option<String>,
    /// Why the form came back, if not because of one field.
    pub problem: Option<Problem>,
    /// What is wrong with the address.
    pub email_problem: Option<Problem>,
    /// What is wrong with the user name.
    pub username_problem: Option<Problem>,
    /// What is wrong with the phone number.
    pub phone_problem: Option<Problem>,
    /// What is wrong with the password.
    pub password_problem: Option<Problem>,
    /// Fewest characters of a password.
    pub password_min: u32,
    /// Link back to the login.
    pub login_url: String,
}

/// `/u/reset-password/request`: asks for the mail that resets a password. Field: `email`.
#[derive(Clone, Debug, Serialize)]
pub struct ForgotPassword {
    /// Where it posts to.
    pub form: Form,
    /// Where the person is going; `None` for the server's own pages.
    pub application: Option<ApplicationView>,
    /// What the address field holds.
    pub email: String,
    /// Why the form came back.
    pub problem: Option<Problem>,
    /// Link back to the login, if there is a login to go back to.
    pub login_url: Option<String>,
}

/// `/u/reset-password`: sets a new password. Fields: `ticket` (hidden), `password`,
/// `password_again`.
#[derive(Clone, Debug, Serialize)]
pub struct ResetPassword {
    /// Where it posts to.
    pub form: Form,
    /// The ticket of the mail's link.
    pub ticket: String,
    /// The account's address, so that password managers file the password rightly.
    pub email: String,
    /// Why the form came back.
    pub problem: Option<Problem>,
    /// Fewest characters of a password.
    pub password_min: u32,
}

/// `/u/email-verification`: confirms an address. Field: `ticket` (hidden).
///
/// The link in the mail only shows this page; the button uses the ticket up. So a mail scanner
/// that follows links verifies nothing.
#[derive(Clone, Debug, Serialize)]
pub struct VerifyEmail {
    /// Where it posts to.
    pub form: Form,
    /// The ticket of the mail's link.
    pub ticket: String,
    /// The address to confirm.
    pub email: String,
}

/// `/u/unblock`: lifts the block after too many failed logins. Field: `ticket` (hidden).
#[derive(Clone, Debug, Serialize)]
pub struct Unblock {
    /// Where it posts to.
    pub form: Form,
    /// The ticket of the mail's link.
    pub ticket: String,
    /// The account's address.
    pub email: String,
}

/// `/oidc/logout` without a hint that matches the session: asks first. The buttons are
/// `action=logout` and `action=stay`.
#[derive(Clone, Debug, Serialize)]
pub struct LogoutConfirm {
    /// Where it posts to.
    pub form: Form,
    /// The application that asked.
    pub application: Option<ApplicationView>,
    /// Whose session ends.
    pub user: Option<String>,
    /// Further fields to carry along, such as `post_logout_redirect_uri`.
    pub fields: Vec<(String, String)>,
}

impl Page for SignUp {
    const TEMPLATE: &'static str = "signup.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let plain = Self {
            form: Form::sample("/u/signup"),
            application: Some(ApplicationView::named("Orchard")),
            email: Some(String::new()),
            username: None,
            phone: None,
            optional: Vec::new(),
            message: None,
            problem: None,
            email_problem: None,
            username_problem: None,
            phone_problem: None,
            password_problem: None,
            password_min: 12,
            login_url: "/u/login?state=hKFo2SBk".to_owned(),
        };
        let refused = Self {
            email: Some("ada@example".to_owned()),
            username: Some("a da".to_owned()),
            phone: Some("0151".to_owned()),
            phone_problem: Some(Problem::PhoneInvalid),
            problem: Some(Problem::FormExpired),
            email_problem: Some(Problem::EmailInvalid),
            username_problem: Some(Problem::UsernameInvalid),
            password_problem: Some(Problem::PasswordTooShort { min: 12 }),
            ..plain.clone()
        };
        let exists = Self {
            application: None,
            email: Some("ada@example.com".to_owned()),
            email_problem: Some(Problem::UserExists),
            ..plain.clone()
        };
        let by_name = Self {
            email: None,
            username: Some(String::new()),
            phone: Some(String::new()),
            optional: vec!["phone_number"],
            ..plain.clone()
        };
        let by_action = Self {
            message: Some("Only colleagues of \"Orchard\" <b>may</b> register.".to_owned()),
            ..plain.clone()
        };
        vec![
            ("plain", plain),
            ("refused", refused),
            ("exists", exists),
            ("by-action", by_action),
            ("by-name", by_name),
        ]
    }
}

impl Page for ForgotPassword {
    const TEMPLATE: &'static str = "forgot_password.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let plain = Self {
            form: Form::sample("/u/reset-password/request"),
            application: Some(ApplicationView::named("Orchard")),
            email: "ada@example.com".to_owned(),
            problem: None,
            login_url: Some("/u/login?state=hKFo2SBk".to_owned()),
        };
        let refused = Self {
            application: None,
            email: String::new(),
            problem: Some(Problem::EmailInvalid),
            login_url: None,
            ..plain.clone()
        };
        vec![("plain", plain), ("refused", refused)]
    }
}

impl Page for ResetPassword {
    const TEMPLATE: &'static str = "reset_password.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let plain = Self {
            form: Form {
                state: None,
                ..Form::sample("/u/reset-password")
            },
            ticket: "tkt_c2FtcGxlLXRpY2tldA".to_owned(),
            email: "ada@example.com".to_owned(),
            problem: None,
            password_min: 12,
        };
        let refused = Self {
            problem: Some(Problem::PasswordsDiffer),
            ..plain.clone()
        };
        vec![("plain", plain), ("refused", refused)]
    }
}

impl Page for VerifyEmail {
    const TEMPLATE: &'static str = "verify_email.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let plain = Self {
            form: Form {
                state: None,
                ..Form::sample("/u/email-verification")
            },
            ticket: "tkt_c2FtcGxlLXRpY2tldA".to_owned(),
            email: "ada@example.com".to_owned(),
        };
        vec![("plain", plain)]
    }
}

impl Page for Unblock {
    const TEMPLATE: &'static str = "unblock.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let plain = Self {
            form: Form {
                state: None,
                ..Form::sample("/u/unblock")
            },
            ticket: "tkt_c2FtcGxlLXRpY2tldA".to_owned(),
            email: "ada@example.com".to_owned(),
        };
        vec![("plain", plain)]
    }
}

impl Page for LogoutConfirm {
    const TEMPLATE: &'static str = "logout_confirm.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let plain = Self {
            form: Form {
                state: None,
                ..Form::sample("/oidc/logout")
            },
            application: Some(ApplicationView::named("Orchard")),
            user: Some("ada@example.com".to_owned()),
            fields: vec![(
                "post_logout_redirect_uri".to_owned(),
                "https://orchard.example/bye".to_owned(),
            )],
        };
        let bare = Self {
            application: None,
            user: None,
            fields: Vec::new(),
            ..plain.clone()
        };
        vec![("plain", plain), ("bare", bare)]
    }
}
