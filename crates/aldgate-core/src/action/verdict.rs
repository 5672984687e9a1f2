//! What the actions of a trigger asked for, checked and put together (SBX-04).
//!
//! An action's commands count all or not at all: where one of them cannot be done, the action has
//! failed, and what that means is its failure mode.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use url::Url;

use super::claim_rules::{self, Setting};
use super::{Claims, Command, Customised, MetadataField, Trigger};
use crate::error::{ErrorCode, Refusal};
use crate::id::UserId;
use crate::scope::Scopes;
use crate::user::User;
use crate::user::rules::changed_metadata;

/// The most characters of a reason or message.
const TEXT_MAX: usize = 1000;

/// The longest address that a user is sent to.
const URL_BYTES_MAX: usize = 8192;

/// The most methods that actions may record for one login.
const METHODS_MAX: usize = 10;

/// What the actions that ran so far asked for, to be done when the last one agrees.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Verdict {
    /// Changes to the tokens.
    #[serde(skip_serializing_if = "Customised::is_empty")]
    pub tokens: Customised,
    /// Changes to `user_metadata`; `null` takes a member away.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub user_metadata: Map<String, Value>,
    /// Changes to `app_metadata`; `null` takes a member away.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub app_metadata: Map<String, Value>,
    /// Further proofs of who the user is, by URL.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub methods: Vec<String>,
    /// As whom the login goes on, after accounts were linked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub primary_user: Option<UserId>,
}

/// What the rules for commands depend on.
#[derive(Debug, Clone, Copy)]
pub struct Ground<'a> {
    /// The trigger.
    pub trigger: Trigger,
    /// Whose metadata would change; `None` where there is no user.
    pub user: Option<&'a User>,
    /// The scopes that were asked for.
    pub requested: &'a Scopes,
    /// The API that the access token is for.
    pub audience: Option<&'a str>,
    /// Whether that is an API of this server's own.
    pub own_api: bool,
    /// Whether there is a browser that may see pages.
    pub can_redirect: bool,
}

/// What comes of one action's commands.
#[derive(Debug, Clone, PartialEq)]
pub struct Applied {
    /// Everything asked for so far.
    pub verdict: Verdict,
    /// Whether the next action runs.
    pub next: Next,
    /// Changes to the cache of the trigger.
    pub cache: Vec<CacheChange>,
    /// What was left out, and why: for the logs.
    pub left_out: Vec<Refusal>,
}

/// Whether the next action runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// It does.
    GoOn,
    /// No: the action refuses.
    Denied(Denial),
    /// Only after the user comes back from there.
    Redirect(String),
}

/// A refusal by an action.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Denial {
    /// The error code, where the trigger lets actions choose.
    pub code: Option<ErrorCode>,
    /// Why: for the application and the log.
    pub reason: String,
    /// What the user reads, where it differs.
    pub message: Option<String>,
    /// Whether it is shown as a page of this server (`api.validation.error`).
    pub is_page: bool,
    /// Whether the session ends.
    pub revokes_session: bool,
    /// Whether the refresh token and its grant end.
    pub revokes_grant: bool,
}

/// A change to the cache of a trigger.
#[derive(Debug, Clone, PartialEq)]
pub enum CacheChange {
    /// Keep a value until a time, in milliseconds since 1970.
    Set(String, String, f64),
    /// Forget a key.
    Delete(String),
}

impl Verdict {
    /// Checks the commands of one action and lays them over what others asked for.
    ///
    /// # Errors
    /// The first command that cannot be done, with its remedy. Nothing of the action counts then.
    pub fn apply(&self, commands: &[Command], ground: &Ground<'_>) -> Result<Applied, Refusal> {
        let mut applied = Applied {
            verdict: self.clone(),
            next: Next::GoOn,
            cache: Vec::new(),
            left_out: Vec::new(),
        };
        for command in commands {
            offered(command, ground.trigger)?;
            applied.take(command, ground)?;
        }
        if let Some(user) = ground.user {
            applied.verdict.changed_user(user)?;
        }
        Ok(applied)
    }

    /// The user with the changes to her metadata; `None` when nothing changes.
    ///
    /// # Errors
    /// When metadata would be too large, or a member is reserved.
    pub fn changed_user(&self, user: &User) -> Result<Option<User>, Refusal> {
        if self.user_metadata.is_empty() && self.app_metadata.is_empty() {
            return Ok(None);
        }
        let user_metadata =
            changed_metadata("user_metadata", &user.user_metadata, &self.user_metadata)?;
        let app_metadata =
            changed_metadata("app_metadata", &user.app_metadata, &self.app_metadata)?;
        Ok(Some(User {
            user_metadata,
            app_metadata,
            ..user.clone()
        }))
    }

    /// Shows later actions what earlier ones asked for.
    pub fn show_in(&self, event: &mut Value) {
        for (name, changes) in [
            ("user_metadata", &self.user_metadata),
            ("app_metadata", &self.app_metadata),
        ] {
            let Some(Value::Object(shown)) = event.pointer_mut(&format!("/user/{name}")) else {
                continue;
            };
            for (key, value) in changes {
                match value {
                    Value::Null => drop(shown.remove(key)),
                    value => drop(shown.insert(key.clone(), value.clone())),
                }
            }
        }
        if let Some(token) = event.get_mut("accessToken") {
            token["customClaims"] = Value::Object(self.tokens.access_token.as_map().clone());
        }
    }
}

impl Applied {
    fn take(&mut self, command: &Command, ground: &Ground<'_>) -> Result<(), Refusal> {
        match command {
            Command::SetClaim { token, name, value } => {
                self.set_claim(*token, name, value, ground)?;
            }
            Command::AddScope { scope } => {
                check_scope(scope)?;
                self.verdict.tokens.add(scope);
            }
            Command::RemoveScope { scope } => self.verdict.tokens.remove(scope),
            Command::SetMetadata { field, key, value } => self.set_metadata(*field, key, value)?,
            Command::CacheSet {
                key,
                value,
                expires_at,
            } => self
                .cache
                .push(CacheChange::Set(key.clone(), value.clone(), *expires_at)),
            Command::CacheDelete { key } => self.cache.push(CacheChange::Delete(key.clone())),
            Command::SetPrimaryUser { user_id } => {
                let refused = |error| Refusal::new("primary_user", format!("user_id: {error}"));
                self.verdict.primary_user = Some(UserId::parse(user_id).map_err(refused)?);
            }
            Command::RecordMethod { url } => self.record_method(url)?,
            other => self.end(other, ground)?,
        }
        Ok(())
    }

    /// Commands after which no other action runs.
    fn end(&mut self, command: &Command, ground: &Ground<'_>) -> Result<(), Refusal> {
        let denial = match command {
            Command::Redirect { url, query } => {
                if self.next == Next::GoOn {
                    self.next = Next::Redirect(destination(url, query, ground)?);
                }
                return Ok(());
            }
            Command::ValidationError { code, message } => Denial {
                reason: format!("{}: {}", cut(code), cut(message)),
                message: Some(cut(message)),
                is_page: true,
                ..Denial::default()
            },
            Command::RevokeSession { reason } => Denial {
                reason: cut(reason),
                revokes_session: true,
                ..Denial::default()
            },
            Command::RevokeRefreshToken { reason } => Denial {
                reason: cut(reason),
                revokes_grant: true,
                ..Denial::default()
            },
            Command::Deny {
                code,
                reason,
                message,
            } => Denial {
                code: code.as_deref().map(denial_code).transpose()?,
                reason: cut(reason),
                message: message.as_deref().map(cut),
                ..Denial::default()
            },
            _ => return Ok(()),
        };
        // The first reason is what people are told; what ends, ends.
        self.next = match std::mem::replace(&mut self.next, Next::GoOn) {
            Next::Denied(first) => Next::Denied(Denial {
                revokes_session: first.revokes_session || denial.revokes_session,
                revokes_grant: first.revokes_grant || denial.revokes_grant,
                ..first
            }),
            _ => Next::Denied(denial),
        };
        Ok(())
    }

    fn set_claim(
        &mut self,
        token: Claims,
        name: &str,
        value: &Value,
        ground: &Ground<'_>,
    ) -> Result<(), Refusal> {
        let setting = Setting {
            token,
            requested: ground.requested,
            audience: ground.audience,
            own_api: ground.own_api,
        };
        if let Some(story) = claim_rules::check(name, setting)? {
            self.left_out.push(story);
            return Ok(());
        }
        let claims = match token {
            Claims::Id => &mut self.verdict.tokens.id_token,
            Claims::Access => &mut self.verdict.tokens.access_token,
        };
        claims.set(name, value.clone()).map_err(|error| {
            Refusal::new(
                "claim_refused",
                format!("The claim cannot be set: {error}."),
            )
            .expected("all custom claims of a token together within 100 KiB")
            .actual(&format!("{name:?} with {} bytes", value.to_string().len()))
            .remedy("Put an id into the token, and let the API look the rest up.")
        })
    }

    fn set_metadata(
        &mut self,
        field: MetadataField,
        key: &str,
        value: &Value,
    ) -> Result<(), Refusal> {
        if key.starts_with('$') || key.contains('.') {
            let cause = format!("{key:?} cannot be a name of metadata.");
            return Err(Refusal::new("metadata_key", cause)
                .expected("a name without a dot, not beginning with $")
                .actual(key)
                .remedy("Choose another name."));
        }
        let changes = match field {
            MetadataField::UserMetadata => &mut self.verdict.user_metadata,
            MetadataField::AppMetadata => &mut self.verdict.app_metadata,
        };
        changes.insert(key.to_owned(), value.clone());
        Ok(())
    }

    fn record_method(&mut self, url: &str) -> Result<(), Refusal> {
        let https = Url::parse(url).is_ok_and(|url| url.scheme() == "https" && url.has_host());
        if !https || url.len() > 255 || self.verdict.methods.len() >= METHODS_MAX {
            let cause = "The method of authentication cannot be recorded.";
            return Err(Refusal::new("record_method", cause)
                .expected(format!("an https URL, at most {METHODS_MAX} times"))
                .actual(url)
                .remedy("Name the page that made the check by its https address."));
        }
        self.verdict.methods.push(url.to_owned());
        Ok(())
    }
}

/// Each trigger offers its own commands, whatever a worker says (SBX-04).
fn offered(command: &Command, trigger: Trigger) -> Result<(), Refusal> {
    let everywhere = matches!(
        command,
        Command::CacheSet { .. } | Command::CacheDelete { .. }
    );
    let here = match trigger {
        Trigger::PostLogin => true,
        Trigger::CredentialsExchange => matches!(
            command,
            Command::Deny { .. }
                | Command::SetClaim {
                    token: Claims::Access,
                    ..
                }
        ),
        Trigger::PreUserRegistration => matches!(
            command,
            Command::Deny { .. } | Command::ValidationError { .. } | Command::SetMetadata { .. }
        ),
        Trigger::PostUserRegistration | Trigger::PostChangePassword => false,
    };
    if everywhere || here {
        return Ok(());
    }
    let cause = format!("{trigger} does not offer what the action asks for.");
    Err(Refusal::new("command_not_offered", cause)
        .remedy("See the methods of api for this trigger."))
}

fn cut(text: &str) -> String {
    text.chars().take(TEXT_MAX).collect()
}

/// Auth0 lets actions of credentials-exchange choose among three.
fn denial_code(code: &str) -> Result<ErrorCode, Refusal> {
    match code {
        "invalid_scope" => Ok(ErrorCode::InvalidScope),
        "invalid_request" => Ok(ErrorCode::InvalidRequest),
        "server_error" => Ok(ErrorCode::ServerError),
        other => {
            let cause = "The action denies with a code that does not exist.";
            Err(Refusal::new("deny_code", cause)
                .expected("invalid_scope, invalid_request or server_error")
                .actual(other)
                .remedy("Call api.access.deny(code, reason) with one of them."))
        }
    }
}

/// Which tokens there are is decided before actions run.
fn check_scope(scope: &str) -> Result<(), Refusal> {
    let one = Scopes::parse(scope).is_ok_and(|scopes| scopes.len() == 1);
    if one && scope != "openid" && scope != "offline_access" {
        return Ok(());
    }
    let cause = format!("The scope {scope:?} cannot be added by an action.");
    Err(Refusal::new("add_scope", cause)
        .expected("one scope other than openid and offline_access")
        .actual(scope)
        .remedy("Let the application ask for it."))
}

/// The address with its parameters. Scripts and files are no places to send people to.
fn destination(
    url: &str,
    query: &Map<String, Value>,
    ground: &Ground<'_>,
) -> Result<String, Refusal> {
    if !ground.can_redirect {
        let cause = "The action sends the user away where there is no page to leave.";
        return Err(Refusal::new("redirect_impossible", cause)
            .expected("a login in a browser without prompt=none")
            .remedy("Call api.redirect.sendUserTo only if api.redirect.canRedirect()."));
    }
    let parsed = Url::parse(url).ok().filter(|url| {
        matches!(url.scheme(), "https" | "http")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
    });
    let Some(mut parsed) = parsed else {
        let cause = "The action sends the user to something that is no address of a web page.";
        return Err(Refusal::new("redirect_url", cause)
            .expected("an absolute https URL without user name")
            .actual(url)
            .remedy("Give api.redirect.sendUserTo the whole address."));
    };
    if !query.is_empty() {
        let mut pairs = parsed.query_pairs_mut();
        for (name, value) in query {
            match value {
                Value::Null => {}
                Value::String(text) => drop(pairs.append_pair(name, text)),
                other => drop(pairs.append_pair(name, &other.to_string())),
            }
        }
    }
    let text = String::from(parsed);
    if text.len() > URL_BYTES_MAX {
        let cause = "The address that the action sends the user to is too long.";
        return Err(Refusal::new("redirect_url", cause)
            .expected(format!("at most {URL_BYTES_MAX} bytes"))
            .actual(&format!("{} bytes", text.len()))
            .remedy("Send less; let the page look the rest up."));
    }
    Ok(text)
}

#[cfg(test)]
mod tests;
