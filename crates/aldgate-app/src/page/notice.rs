//! Pages that tell an outcome and offer at most one way on.

use serde::Serialize;

use super::Page;

/// A page that tells an outcome.
#[derive(Clone, Debug, Serialize)]
pub struct Notice {
    /// What happened; chooses the texts.
    pub kind: NoticeKind,
    /// The address the outcome is about, shown by itself.
    pub email: Option<String>,
    /// Where to go on; the button's text depends on the kind.
    pub continue_url: Option<String>,
}

/// An outcome. The texts are `notice.{kind}.title`, `.lead` and `.button`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NoticeKind {
    /// "If there is an account, a mail is on its way" (ACC-04: the same for every address).
    ResetMailSent,
    /// A mail to verify the address is on its way.
    VerifyMailSent,
    /// The password was changed.
    PasswordChanged,
    /// The address is verified.
    EmailVerified,
    /// The link was used, replaced or is too old.
    LinkExpired,
    /// Logged out.
    LoggedOut,
    /// Not logged out, as the person chose.
    StillLoggedIn,
    /// Logged in with nowhere to go: the page was opened by itself.
    AlreadyLoggedIn,
    /// Opened by itself and not logged in.
    NothingToDo,
    /// The account is blocked.
    AccountBlocked,
    /// An administrator's or one's own protection link lifted a block.
    AccountUnblocked,
    /// The login transaction is unknown or too old: begin at the application.
    LoginExpired,
    /// A form without its token, or from another browser (WEB-01).
    FormRefused,
    /// She deleted her account.
    AccountDeleted,
}

impl NoticeKind {
    /// One of each.
    pub const ALL: [Self; 14] = [
        Self::ResetMailSent,
        Self::VerifyMailSent,
        Self::PasswordChanged,
        Self::EmailVerified,
        Self::LinkExpired,
        Self::LoggedOut,
        Self::StillLoggedIn,
        Self::AlreadyLoggedIn,
        Self::NothingToDo,
        Self::AccountBlocked,
        Self::AccountUnblocked,
        Self::LoginExpired,
        Self::FormRefused,
        Self::AccountDeleted,
    ];

    /// The short name of its sample.
    fn name(self) -> &'static str {
        match self {
            Self::ResetMailSent => "reset-mail-sent",
            Self::VerifyMailSent => "verify-mail-sent",
            Self::PasswordChanged => "password-changed",
            Self::EmailVerified => "email-verified",
            Self::LinkExpired => "link-expired",
            Self::LoggedOut => "logged-out",
            Self::StillLoggedIn => "still-logged-in",
            Self::AlreadyLoggedIn => "already-logged-in",
            Self::NothingToDo => "nothing-to-do",
            Self::AccountBlocked => "account-blocked",
            Self::AccountUnblocked => "account-unblocked",
            Self::LoginExpired => "login-expired",
            Self::FormRefused => "form-refused",
            Self::AccountDeleted => "account-deleted",
        }
    }
}

impl Notice {
    /// A notice with nothing but its texts.
    pub fn new(kind: NoticeKind) -> Self {
        Self {
            kind,
            email: None,
            continue_url: None,
        }
    }
}

impl Page for Notice {
    const TEMPLATE: &'static str = "notice.html";

    fn samples() -> Vec<(&'static str, Self)> {
        let mut samples: Vec<_> = NoticeKind::ALL
            .into_iter()
            .map(|kind| (kind.name(), Self::new(kind)))
            .collect();
        for (_, notice) in samples.iter_mut().take(6) {
            notice.continue_url = Some("https://orchard.example/".to_owned());
        }
        for (_, notice) in samples.iter_mut().take(2) {
            notice.email = Some("ada@example.com".to_owned());
        }
        samples
    }
}
