//! A checked authorization request: what is to happen, every part of it valid.

use serde_json::Value;

use super::{ResponseMode, ResponseType};
use crate::error::OAuthError;
use crate::id::{ClientId, UserId};
use crate::redirect::CheckedRedirect;
use crate::scope::Scopes;
use crate::time::Seconds;

/// Where an answer goes and how it travels. Exists only for a known application and an address that
/// is registered for it, so whoever holds a target may answer there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The application.
    pub client_id: ClientId,
    /// Whether it is ours (R13): others never get an unauthenticated browser sent to them.
    pub is_first_party: bool,
    /// The address.
    pub redirect: CheckedRedirect,
    /// How the answer travels.
    pub mode: ResponseMode,
    /// Echoed unchanged.
    pub state: Option<String>,
    /// Whether `prompt` has `none`: the application asked not to see pages.
    pub silent: bool,
}

/// A checked authorization request. Made only by [`super::checks::run`].
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Where the answer goes.
    pub target: Target,
    /// What the answer holds.
    pub response_type: ResponseType,
    /// What is asked for; `None` when the parameter is absent.
    pub scope: Option<Scopes>,
    /// The API's identifier as asked for or the tenant's default; `None`: `/userinfo` alone.
    pub audience: Option<String>,
    /// Echoed in the ID token.
    pub nonce: Option<String>,
    /// The S256 challenge.
    pub code_challenge: Option<String>,
    /// What the user has to see.
    pub prompts: Prompts,
    /// Oldest acceptable login.
    pub max_age: Option<Seconds>,
    /// Who must be logged in: by `id_token_hint` or by the `sub` of the `claims` parameter.
    pub required_user: Option<UserId>,
    /// The `claims` parameter.
    pub claims: Option<Value>,
}

impl Plan {
    /// Whether `openid` is among the scopes.
    #[must_use]
    pub fn is_openid(&self) -> bool {
        self.scope.as_ref().is_some_and(|s| s.contains("openid"))
    }

    /// Whether `auth_time` must be in the ID token: `max_age` was sent, a fresh login was asked
    /// for, or the claim is essential (OpenID Connect Core section 2).
    #[must_use]
    pub fn wants_auth_time(&self) -> bool {
        let essential = self
            .claims
            .as_ref()
            .is_some_and(|claims| claims["id_token"]["auth_time"]["essential"] == true);
        self.max_age.is_some() || self.prompts.login || essential
    }
}

/// The `prompt` parameter (OpenID Connect Core section 3.1.2.1; `create`: Initiating User
/// Registration 1.0).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Prompts {
    /// No pages.
    pub none: bool,
    /// Log in anew.
    pub login: bool,
    /// Ask for consent anew.
    pub consent: bool,
    /// Choose an account.
    pub select_account: bool,
    /// Begin with the sign-up page.
    pub create: bool,
}

impl Prompts {
    /// Reads the parameter.
    ///
    /// # Errors
    /// `invalid_request` for an unknown word, and for `none` beside another.
    pub fn parse(text: &str) -> Result<Self, OAuthError> {
        let mut prompts = Self::default();
        let words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
        for word in &words {
            match *word {
                "none" => prompts.none = true,
                "login" => prompts.login = true,
                "consent" => prompts.consent = true,
                "select_account" => prompts.select_account = true,
                "create" => prompts.create = true,
                other => {
                    let shown: String = other.chars().take(40).collect();
                    return Err(OAuthError::invalid_request(format!(
                        "prompt value '{shown}' is unknown; expected none, login, consent, \
                         select_account or create"
                    )));
                }
            }
        }
        if prompts.none && words.len() > 1 {
            return Err(OAuthError::invalid_request(
                "prompt=none cannot be combined with other values",
            ));
        }
        Ok(prompts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oid_02_prompt_is_a_list_and_none_stands_alone() {
        let both = Prompts::parse("login  consent").unwrap();
        assert!(both.login && both.consent && !both.none);
        assert!(Prompts::parse("none").unwrap().none);
        assert_eq!(Prompts::parse(" ").unwrap(), Prompts::default());
        for bad in ["none login", "login none", "none none", "Login", "silent"] {
            assert!(Prompts::parse(bad).is_err(), "{bad}");
        }
    }
}
