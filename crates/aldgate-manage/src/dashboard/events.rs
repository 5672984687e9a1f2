//! Events of the tenant log as pages show them.

use aldgate_core::event::EventType;
use aldgate_core::mistake::Mistake;
use aldgate_core::time::Seconds;
use serde::Serialize;
use serde_json::Value;

use super::Visit;
use super::api::Refused;
use super::path::at;
use super::visit::href;

/// Pages of a hundred warnings that are searched for mistakes.
const MISTAKE_PAGES: u64 = 3;

/// One event in a list.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Row {
    pub(super) id: String,
    pub(super) href: String,
    /// ISO 8601, for programs.
    pub(super) at: String,
    /// For people: `2026-11-24 07:00:00`.
    pub(super) when: String,
    pub(super) kind: String,
    /// What kind of event it is, in words.
    pub(super) label: &'static str,
    /// `good`, `warn`, `bad` or empty.
    pub(super) tone: &'static str,
    pub(super) description: String,
    pub(super) application: String,
    pub(super) user: String,
    pub(super) support_code: String,
}

/// The events of an answer of `GET /logs`, with or without totals.
pub(super) fn rows(answer: &Value) -> Vec<Row> {
    let items = answer.as_array().or_else(|| answer["logs"].as_array());
    items
        .map(|items| items.iter().map(row).collect())
        .unwrap_or_default()
}

/// One event.
pub(super) fn row(item: &Value) -> Row {
    let text = |name: &str| item[name].as_str().unwrap_or_default().to_owned();
    let kind = text("type");
    let known = EventType::ALL.iter().find(|known| known.code() == kind);
    let application = match text("client_name") {
        name if name.is_empty() => text("client_id"),
        name => name,
    };
    let user = match text("user_name") {
        name if name.is_empty() => text("user_id"),
        name => name,
    };
    Row {
        href: href(&at("/logs/{}", &[&text("log_id")])),
        id: text("log_id"),
        when: when(&text("date")),
        at: text("date"),
        label: known.map_or("Other", |known| label(*known)),
        tone: known.map_or("", |known| tone(*known)),
        description: text("description"),
        support_code: text("support_code"),
        application,
        user,
        kind,
    }
}

/// A time for people: without the fraction, in UTC.
pub(super) fn when(iso: &str) -> String {
    let end = iso.find('.').unwrap_or(iso.len());
    iso[..end].trim_end_matches('Z').replace('T', " ")
}

/// The mistakes that the tenant log tells of in the last thirty days: wrong tokens at APIs.
///
/// # Errors
/// What the operation refused.
pub(super) async fn mistakes(visit: &Visit) -> Result<Vec<Mistake>, Refused> {
    let since = (visit.now - Seconds::days(30)).iso8601();
    let query = format!("type:w AND date:[{since} TO *]");
    let mut all = Vec::new();
    for page in 0..MISTAKE_PAGES {
        let path = at(
            "/logs?per_page=100&page={}&q={}",
            &[&page.to_string(), &query],
        );
        let answer = visit.get(&path).await?;
        let events = answer.as_array().cloned().unwrap_or_default();
        let told = events
            .iter()
            .map(|event| event["details"]["mistake"].clone());
        all.extend(told.filter_map(|told| serde_json::from_value(told).ok()));
        if events.len() < 100 {
            break;
        }
    }
    Ok(all)
}

fn tone(kind: EventType) -> &'static str {
    match kind {
        EventType::Warning | EventType::DeprecationNotice | EventType::RateLimitWarning => "warn",
        EventType::RefreshTokenReuse => "bad",
        kind if kind.is_failure() => "bad",
        EventType::Login | EventType::Signup | EventType::SilentAuth | EventType::TokenAccepted => {
            "good"
        }
        _ => "",
    }
}

/// What a type of event is called.
pub(super) const fn label(kind: EventType) -> &'static str {
    use EventType as E;
    match kind {
        E::Login => "Login",
        E::FailedLogin => "Failed login",
        E::WrongPassword => "Wrong password",
        E::UnknownUser => "Unknown user",
        E::FailedSignup => "Failed sign-up",
        E::Signup => "Sign-up",
        E::Logout => "Logout",
        E::FailedLogout => "Failed logout",
        E::SilentAuth => "Silent login",
        E::FailedSilentAuth => "Failed silent login",
        E::CodeExchange => "Code redeemed",
        E::FailedCodeExchange => "Code refused",
        E::ClientCredentials => "Machine token",
        E::FailedClientCredentials => "Machine refused",
        E::RefreshExchange => "Token refreshed",
        E::FailedRefreshExchange => "Refresh refused",
        E::RefreshTokenReuse => "Refresh token reused",
        E::PasswordExchange => "Password grant",
        E::FailedPasswordExchange => "Password grant refused",
        E::CrossOriginAuth => "Embedded login",
        E::FailedCrossOriginAuth => "Embedded login refused",
        E::FailedCors => "Origin refused",
        E::ChangePassword => "Password changed",
        E::FailedChangePassword => "Password not changed",
        E::ChangePasswordRequest => "Reset asked for",
        E::FailedChangePasswordRequest => "Reset refused",
        E::VerifyEmail => "Address verified",
        E::FailedVerifyEmail => "Address not verified",
        E::VerifyEmailRequest => "Verification sent",
        E::ChangeEmail => "Address changed",
        E::ChangeUsername => "User name changed",
        E::DeleteUser => "User deleted",
        E::FailedDeleteUser => "User not deleted",
        E::ManagementOperation => "Change",
        E::FailedManagementOperation => "Change refused",
        E::ManagementRead => "Read",
        E::BlockedAccount => "Account blocked",
        E::BlockedAddress => "Address blocked",
        E::UnblockedAccount => "Account unblocked",
        E::UserLoginRate => "Too many logins",
        E::RateLimit => "Rate limit",
        E::RateLimitWarning => "Rate limit near",
        E::RevokeRefreshToken => "Token revoked",
        E::ResourceCleanup => "Cleaned up",
        E::ActionFailed => "Action failed",
        E::DeprecationNotice => "Deprecated",
        E::Warning => "Warning",
        E::TokenAccepted => "Token accepted",
        E::KeysRotated => "Keys rotated",
        E::KeyRevoked => "Key revoked",
        E::ConsentGiven => "Consent",
        E::IdentityLinked => "Account linked",
        E::MailSent => "Mail sent",
        E::MailFailed => "Mail failed",
        other => label_of_accounts(other),
    }
}

/// What events of passwordless logins, account pages and back-channel logout are called.
const fn label_of_accounts(kind: EventType) -> &'static str {
    use EventType as E;
    match kind {
        E::BackchannelLogout => "Logout told",
        E::FailedBackchannelLogout => "Logout not told",
        E::CodeSent | E::CodeOrLinkSent => "Code sent",
        E::FailedSending => "Code not sent",
        E::PasswordlessExchange => "Code grant",
        E::FailedPasswordlessExchange => "Code grant refused",
        E::ProfileChanged => "Profile changed",
        E::IdentityUnlinked => "Account unlinked",
        E::DataDownloaded => "Data downloaded",
        other => other.code(),
    }
}
