//! Events of the tenant log: what happened, with Auth0's type codes and our detail.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::Refusal;
use crate::id::{ClientId, EventId, UserId};
use crate::time::Timestamp;

macro_rules! event_types {
    ($($(#[$doc:meta])* $variant:ident = $code:literal,)+) => {
        /// What kind of event it is. The codes are Auth0's (Auth0: log event type codes).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum EventType { $($(#[$doc])* #[serde(rename = $code)] $variant,)+ }

        impl EventType {
            /// Every type, in the order of this list.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// Auth0's short code.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }
        }
    };
}

event_types! {
    /// Successful login.
    Login = "s",
    /// Failed login: wrong state, denied, policy.
    FailedLogin = "f",
    /// Failed login: wrong password.
    WrongPassword = "fp",
    /// Failed login: unknown user.
    UnknownUser = "fu",
    /// Failed sign-up.
    FailedSignup = "fs",
    /// Successful sign-up.
    Signup = "ss",
    /// Successful logout.
    Logout = "slo",
    /// An application was told that a session ended.
    BackchannelLogout = "oidc_backchannel_logout_succeeded",
    /// An application could not be told that a session ended.
    FailedBackchannelLogout = "oidc_backchannel_logout_failed",
    /// Failed logout.
    FailedLogout = "flo",
    /// Successful silent authentication.
    SilentAuth = "ssa",
    /// Failed silent authentication.
    FailedSilentAuth = "fsa",
    /// Code exchanged.
    CodeExchange = "seacft",
    /// Code exchange refused.
    FailedCodeExchange = "feacft",
    /// Client credentials exchanged.
    ClientCredentials = "seccft",
    /// Client credentials refused.
    FailedClientCredentials = "feccft",
    /// Refresh token exchanged.
    RefreshExchange = "sertft",
    /// Refresh token refused.
    FailedRefreshExchange = "fertft",
    /// A retired refresh token was used again: its family is revoked.
    RefreshTokenReuse = "ferrt",
    /// Password grant succeeded.
    PasswordExchange = "sepft",
    /// Password grant refused.
    FailedPasswordExchange = "fepft",
    /// A passwordless code was sent by text message.
    CodeSent = "cs",
    /// A passwordless code or link was sent by mail.
    CodeOrLinkSent = "cls",
    /// A passwordless code could not be sent.
    FailedSending = "fn",
    /// Passwordless code exchanged for tokens.
    PasswordlessExchange = "sepotpft",
    /// Passwordless code refused at the token endpoint.
    FailedPasswordlessExchange = "fepotpft",
    /// Cross-origin authentication succeeded.
    CrossOriginAuth = "scoa",
    /// Cross-origin authentication refused.
    FailedCrossOriginAuth = "fcoa",
    /// An origin was refused by CORS.
    FailedCors = "fco",
    /// Password changed.
    ChangePassword = "scp",
    /// Password change refused.
    FailedChangePassword = "fcp",
    /// Password reset asked for.
    ChangePasswordRequest = "scpr",
    /// Password reset request refused.
    FailedChangePasswordRequest = "fcpr",
    /// E-mail address verified.
    VerifyEmail = "sv",
    /// Verification refused.
    FailedVerifyEmail = "fv",
    /// Verification mail asked for.
    VerifyEmailRequest = "svr",
    /// E-mail address changed.
    ChangeEmail = "sce",
    /// Username changed.
    ChangeUsername = "scu",
    /// A user linked an account at another provider.
    IdentityLinked = "aldgate_identity_linked",
    /// A user changed her profile on her account page.
    ProfileChanged = "aldgate_profile_changed",
    /// A user unlinked an account on her account page.
    IdentityUnlinked = "aldgate_identity_unlinked",
    /// A user downloaded what is stored about her.
    DataDownloaded = "aldgate_data_downloaded",
    /// User deleted.
    DeleteUser = "sdu",
    /// Deletion of a user refused.
    FailedDeleteUser = "fdu",
    /// Management API operation that changed something.
    ManagementOperation = "sapi",
    /// Management API operation refused.
    FailedManagementOperation = "fapi",
    /// Management API read.
    ManagementRead = "mgmt_api_read",
    /// An account is blocked after too many failures from one address.
    BlockedAccount = "limit_wc",
    /// An address is blocked after too many failures.
    BlockedAddress = "limit_mu",
    /// The block of an account was lifted.
    UnblockedAccount = "ublkdu",
    /// A user logs in too often.
    UserLoginRate = "limit_sul",
    /// The rate limit was reached.
    RateLimit = "api_limit",
    /// The rate limit is near.
    RateLimitWarning = "api_limit_warning",
    /// Refresh token revoked.
    RevokeRefreshToken = "srrt",
    /// Old tokens or sessions were removed to make room.
    ResourceCleanup = "resource_cleanup",
    /// An action failed.
    ActionFailed = "actions_execution_failed",
    /// Use of something deprecated.
    DeprecationNotice = "depnote",
    /// A mistake worth attention: wrong token at an API, colliding claim.
    Warning = "w",
    /// Tokens of an application are accepted by an API, as the API says.
    TokenAccepted = "aldgate_token_accepted",
    /// Signing keys rotated.
    KeysRotated = "aldgate_keys_rotated",
    /// A signing key was revoked.
    KeyRevoked = "aldgate_key_revoked",
    /// Consent given.
    ConsentGiven = "aldgate_consent",
    /// Mail sent.
    MailSent = "aldgate_mail_sent",
    /// Mail could not be sent.
    MailFailed = "aldgate_mail_failed",
}

impl EventType {
    /// Whether the event tells of something refused.
    #[must_use]
    pub fn is_failure(self) -> bool {
        let code = self.code();
        let failed_exchange = code.starts_with('f');
        failed_exchange
            || code.starts_with("limit_")
            || matches!(
                self,
                Self::ActionFailed
                    | Self::FailedBackchannelLogout
                    | Self::MailFailed
                    | Self::RateLimit
            )
    }
}

/// One event of the tenant log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// `log_id`; sorts by time.
    pub id: EventId,
    /// When.
    pub at: Timestamp,
    /// What.
    #[serde(rename = "type")]
    pub kind: EventType,
    /// One line for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The application, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<ClientId>,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_name: Option<String>,
    /// The user, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<UserId>,
    /// Her e-mail address or username.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_name: Option<String>,
    /// Name of the connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
    /// Client address.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub ip: String,
    /// `User-Agent`, cut to 500 characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub user_agent: String,
    /// Audience asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
    /// Scopes granted or asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// The code shown to the user, which finds this event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub support_code: Option<String>,
    /// Why something was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Refusal>,
    /// Further facts. Never a secret (LOG-01).
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub detail: Value,
}

impl Event {
    /// An event with nothing but its kind and time.
    #[must_use]
    pub fn new(id: EventId, kind: EventType, at: Timestamp) -> Self {
        Self {
            id,
            at,
            kind,
            description: String::new(),
            client_id: None,
            client_name: None,
            user_id: None,
            user_name: None,
            connection: None,
            ip: String::new(),
            user_agent: String::new(),
            audience: None,
            scope: None,
            support_code: None,
            refusal: None,
            detail: Value::Null,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_failures_are_known() {
        let mut codes: Vec<_> = EventType::ALL.iter().map(|t| t.code()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), EventType::ALL.len());
        assert!(EventType::WrongPassword.is_failure() && EventType::BlockedAccount.is_failure());
        assert!(!EventType::Login.is_failure() && !EventType::SilentAuth.is_failure());
    }
}
