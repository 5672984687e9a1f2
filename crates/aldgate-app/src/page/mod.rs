//! Pages and mails: typed contexts, templates, texts, styles, and the headers that protect them.
//!
//! A handler fills a [`Page`] and calls [`reply`]. Templates live in `templates/`, styles and
//! scripts in `assets/`, texts in `texts/`: all embedded in release builds, and read from disk in
//! debug builds, so a change shows on reload.

mod account;
mod assets;
mod brand;
mod chrome;
mod code;
mod consent;
pub mod custom_text;
mod difference;
mod doctor;
mod engine;
mod error;
mod form;
mod gallery;
mod locale;
mod login;
mod mail;
mod my_account;
mod notice;
mod outbox;
mod policy;
mod problem;
mod response_mode;
mod texts;

#[cfg(test)]
mod tests;

pub use account::{ForgotPassword, LogoutConfirm, ResetPassword, SignUp, Unblock, VerifyEmail};
pub use assets::{asset, asset_file, asset_names, asset_path, brand_stylesheet, favicon};
pub use brand::{Background, Brand, Color};
pub use chrome::{Chrome, Scheme};
pub use code::{CodeLink, LoginCode, LoginConfirm, LoginPasswordless};
pub use consent::{Consent, ConsentApi, ConsentScope};
pub use difference::{Difference, Segment};
pub use doctor::TokenDoctor;
pub use engine::{PageError, environment_with, render, reply};
pub use error::ErrorPage;
pub use form::{ApplicationView, ConnectionButton, Form};
pub use gallery::{Exhibit, gallery};
pub use locale::{Direction, Locale};
pub use login::{Login, LoginIdentifier, LoginPassword};
pub use mail::{Mail, MailKind, RenderedMail, render_mail, render_text_message};
pub use my_account::{
    MyAccount, MyApplication, MyDeletion, MyEmail, MyIdentity, MyLogins, MyPassword, MyProfile,
    MySession,
};
pub use notice::{Notice, NoticeKind};
pub use outbox::{Outbox, OutboxEntry, OutboxMail};
pub use policy::Policy;
pub use problem::Problem;
pub use response_mode::{FormPost, WebMessage};
pub use texts::{Overrides, Texts};

use serde::Serialize;

/// A page: the values its template needs, and examples of them.
pub trait Page: Serialize {
    /// The template, as a path below `templates/`.
    const TEMPLATE: &'static str;

    /// Examples that together reach every branch of the template, each under a short name. Tests
    /// render all of them; `cargo run -p aldgate-app --example pages` writes them to disk.
    fn samples() -> Vec<(&'static str, Self)>
    where
        Self: Sized;
}
