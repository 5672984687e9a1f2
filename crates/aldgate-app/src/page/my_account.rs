//! The pages on which people look after their accounts.

use serde::Serialize;

use super::{Form, Page, Problem};

/// `/account`: everything at a glance, with a form for what needs no further page.
#[derive(Clone, Debug, Serialize)]
pub struct MyAccount {
    /// What she is called.
    pub name: String,
    /// What was just done; chooses the text `my.done.{…}`.
    pub done: Option<&'static str>,
    /// Her profile.
    pub profile: MyProfile,
    /// How she logs in.
    pub logins: MyLogins,
    /// Her other accounts that lead to this one, the main one first.
    pub identities: Vec<MyIdentity>,
    /// Where she is logged in.
    pub sessions: Vec<MySession>,
    /// What may act for her.
    pub applications: Vec<MyApplication>,
    /// Form of the sessions; the fields are `session` or `all`.
    pub sessions_form: Form,
    /// Form of the applications; the field is `client_id`.
    pub applications_form: Form,
    /// Form of the identities; the field is `identity`.
    pub identities_form: Form,
    /// Form that begins a link; the field is `connection`.
    pub link_form: Form,
    /// Providers that an account can be linked from: name of the connection, and what it is called.
    pub linkable: Vec<(String, String)>,
    /// Form to log out.
    pub logout_form: Form,
}

/// Her profile. Fields: `name`, `given_name`, `family_name`, `nickname`.
#[derive(Clone, Debug, Serialize)]
pub struct MyProfile {
    /// Where it posts to.
    pub form: Form,
    /// Whether she may change it here; else it comes from elsewhere.
    pub editable: bool,
    /// Display name.
    pub name: String,
    /// Given name.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// Casual name.
    pub nickname: String,
    /// Why the form came back.
    pub problem: Option<Problem>,
}

/// How she logs in.
#[derive(Clone, Debug, Serialize)]
pub struct MyLogins {
    /// E-mail address.
    pub email: Option<String>,
    /// Whether it is proved.
    pub email_verified: bool,
    /// Login name.
    pub username: Option<String>,
    /// Phone number.
    pub phone_number: Option<String>,
    /// Whether she has a password here.
    pub has_password: bool,
    /// Whether she may change her address here.
    pub can_change_email: bool,
}

/// One of her accounts elsewhere.
#[derive(Clone, Debug, Serialize)]
pub struct MyIdentity {
    /// `provider|id`, the value of the form's field.
    pub key: String,
    /// What the provider or connection is called.
    pub provider: String,
    /// Address or name there, if known.
    pub account: String,
    /// Whether it can be taken away.
    pub removable: bool,
}

/// One of her logins.
#[derive(Clone, Debug, Serialize)]
pub struct MySession {
    /// The value of the form's field.
    pub id: String,
    /// Program and system.
    pub device: String,
    /// Network address.
    pub ip: String,
    /// When it was last used, for people.
    pub last_used: String,
    /// The same, for machines (RFC 3339).
    pub last_used_iso: String,
    /// Whether it is this browser's.
    pub current: bool,
}

/// An application that may act for her.
#[derive(Clone, Debug, Serialize)]
pub struct MyApplication {
    /// The value of the form's field.
    pub client_id: String,
    /// Its name.
    pub name: String,
    /// What she allowed, as scope values.
    pub scopes: Vec<String>,
    /// Whether it can act while she is away.
    pub offline: bool,
}

/// `/account/password`. Fields: `current`, `password`, `password_again`.
#[derive(Clone, Debug, Serialize)]
pub struct MyPassword {
    /// Where it posts to.
    pub form: Form,
    /// Her login name, so that password managers file the password rightly.
    pub username: String,
    /// Why the form came back.
    pub problem: Option<Problem>,
    /// Fewest characters of a password.
    pub password_min: u32,
}

/// `/account/email`. Field: `email`.
#[derive(Clone, Debug, Serialize)]
pub struct MyEmail {
    /// Where it posts to.
    pub form: Form,
    /// What the field holds.
    pub email: String,
    /// Why the form came back.
    pub problem: Option<Problem>,
}

/// `/account/delete`. Field: `understood`.
#[derive(Clone, Debug, Serialize)]
pub struct MyDeletion {
    /// Where it posts to.
    pub form: Form,
    /// Whose account.
    pub account: String,
    /// Why the form came back.
    pub problem: Option<Problem>,
}

impl Page for MyAccount {
    const TEMPLATE: &'static str = "my_account.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let full = full_sample();
        let bare = Self {
            done: Some("saved"),
            profile: MyProfile {
                editable: false,
                ..full.profile.clone()
            },
            logins: MyLogins {
                email: None,
                email_verified: false,
                username: Some("ada".to_owned()),
                phone_number: Some("+491512345678".to_owned()),
                has_password: false,
                can_change_email: false,
            },
            identities: full.identities[..1].to_vec(),
            sessions: full.sessions[..1].to_vec(),
            applications: Vec::new(),
            linkable: Vec::new(),
            ..full.clone()
        };
        let refused = Self {
            profile: MyProfile {
                problem: Some(Problem::NameInvalid),
                ..full.profile.clone()
            },
            ..full.clone()
        };
        vec![("full", full), ("bare", bare), ("refused", refused)]
    }
}

fn form(action: &str) -> Form {
    Form {
        state: None,
        ..Form::sample(action)
    }
}

fn full_sample() -> MyAccount {
    let session = |id: &str, device: &str, current| MySession {
        id: id.to_owned(),
        device: device.to_owned(),
        ip: "203.0.113.7".to_owned(),
        last_used: "2026-11-24 07:00 UTC".to_owned(),
        last_used_iso: "2026-11-24T07:00:00.000Z".to_owned(),
        current,
    };
    let identity = |provider: &str, account: &str, removable| MyIdentity {
        key: format!("{provider}|1"),
        provider: provider.to_owned(),
        account: account.to_owned(),
        removable,
    };
    MyAccount {
        name: "Ada Lovelace".to_owned(),
        done: None,
        profile: MyProfile {
            form: form("/account/profile"),
            editable: true,
            name: "Ada Lovelace".to_owned(),
            given_name: "Ada".to_owned(),
            family_name: "Lovelace".to_owned(),
            nickname: "ada".to_owned(),
            problem: None,
        },
        logins: MyLogins {
            email: Some("ada@example.com".to_owned()),
            email_verified: true,
            username: None,
            phone_number: None,
            has_password: true,
            can_change_email: true,
        },
        identities: vec![
            identity("Username-Password-Authentication", "ada@example.com", false),
            identity("google-oauth2", "ada@gmail.example", true),
        ],
        sessions: vec![
            session("ses_1", "Firefox, Linux", true),
            session("ses_2", "Safari, iPhone", false),
        ],
        applications: vec![MyApplication {
            client_id: "orchard".to_owned(),
            name: "Orchard".to_owned(),
            scopes: vec!["openid".to_owned(), "read:apples".to_owned()],
            offline: true,
        }],
        sessions_form: form("/account/sessions"),
        applications_form: form("/account/applications"),
        identities_form: form("/account/identities"),
        link_form: form("/u/link"),
        linkable: vec![("example-corp".to_owned(), "Example Corp".to_owned())],
        logout_form: form("/account/logout"),
    }
}

impl Page for MyPassword {
    const TEMPLATE: &'static str = "my_password.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let plain = Self {
            form: form("/account/password"),
            username: "ada@example.com".to_owned(),
            problem: None,
            password_min: 12,
        };
        let refused = Self {
            problem: Some(Problem::WrongCredentials),
            ..plain.clone()
        };
        vec![("plain", plain), ("refused", refused)]
    }
}

impl Page for MyEmail {
    const TEMPLATE: &'static str = "my_email.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let plain = Self {
            form: form("/account/email"),
            email: "ada@example.com".to_owned(),
            problem: None,
        };
        let refused = Self {
            problem: Some(Problem::EmailInvalid),
            ..plain.clone()
        };
        vec![("plain", plain), ("refused", refused)]
    }
}

impl Page for MyDeletion {
    const TEMPLATE: &'static str = "my_deletion.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let plain = Self {
            form: form("/account/delete"),
            account: "ada@example.com".to_owned(),
            problem: None,
        };
        let refused = Self {
            problem: Some(Problem::Administrator),
            ..plain.clone()
        };
        vec![("plain", plain), ("refused", refused)]
    }
}
