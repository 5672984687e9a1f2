//! Client authentication (RFC 6749 section 2.3, RFC 7523, OAU-06).
//!
//! [`Presented`] is what a request presents; [`claimed_client`] says whose it claims to be, the
//! shell looks that application up, and [`authenticate`] decides. The only way to an
//! [`AuthenticatedClient`] leads through here.

mod assertion;

use std::sync::Arc;

use crate::application::{Application, ClientAuthMethod};
use crate::error::{ErrorCode, OAuthError, Refusal};
use crate::id::ClientId;
use crate::presented::Presented;
use crate::secret::TokenHash;
use crate::tenant::Issuer;
use crate::time::Timestamp;

use assertion::Assertion;
pub use assertion::AssertionUse;

/// An application that proved who it is: a witness, made only by this module.
#[derive(Debug, Clone)]
pub struct AuthenticatedClient {
    application: Arc<Application>,
}

impl AuthenticatedClient {
    /// The application.
    #[must_use]
    pub fn application(&self) -> &Arc<Application> {
        &self.application
    }

    /// Its `client_id`.
    #[must_use]
    pub fn id(&self) -> &ClientId {
        &self.application.id
    }

    /// Whether it proved more than its name.
    #[must_use]
    pub fn is_confidential(&self) -> bool {
        !self.application.is_public()
    }
}

/// Whose credentials they claim to be: for an assertion, its subject.
///
/// # Errors
/// `invalid_client` when an assertion cannot be read, `invalid_request` when it and `client_id`
/// name two applications.
pub fn claimed_client(presented: &Presented) -> Result<ClientId, OAuthError> {
    match presented {
        Presented::Assertion {
            client_id,
            assertion,
        } => {
            let subject = Assertion::read(assertion)?.client_id().clone();
            match client_id {
                Some(other) if *other != subject => Err(two_names(other)),
                _ => Ok(subject),
            }
        }
        Presented::Basic { client_id, .. }
        | Presented::Name { client_id }
        | Presented::Post { client_id, .. } => Ok(client_id.clone()),
    }
}

const fn method_of(presented: &Presented) -> ClientAuthMethod {
    match presented {
        Presented::Assertion { .. } => ClientAuthMethod::PrivateKeyJwt,
        Presented::Basic { .. } => ClientAuthMethod::ClientSecretBasic,
        Presented::Name { .. } => ClientAuthMethod::None,
        Presented::Post { .. } => ClientAuthMethod::ClientSecretPost,
    }
}

/// The outcome of [`authenticate`].
#[derive(Debug)]
pub enum Authentication {
    /// The application proved who it is.
    Done(AuthenticatedClient),
    /// The assertion is good if this is its first use: store its id, then
    /// [`AssertionUse::settle`].
    OnFirstUse(AssertionUse),
}

/// Decides whether what was presented proves `application`, which the shell found by
/// [`claimed_client`].
///
/// # Errors
/// `invalid_client`, with one text for every cause: an unknown client and a wrong secret look alike
/// on the wire. The private half tells them apart.
pub fn authenticate(
    application: Option<&Arc<Application>>,
    presented: &Presented,
    issuer: &Issuer,
    now: Timestamp,
) -> Result<Authentication, OAuthError> {
    let Some(application) = application else {
        return Err(failed(unknown(presented)));
    };
    if application.disabled {
        return Err(failed(disabled(application)));
    }
    let used = method_of(presented);
    if application.token_endpoint_auth_method != used {
        return Err(failed(wrong_method(application, used)));
    }
    let done = || {
        let application = Arc::clone(application);
        Ok(Authentication::Done(AuthenticatedClient { application }))
    };
    match presented {
        Presented::Name { .. } => done(),
        Presented::Basic { secret, .. } | Presented::Post { secret, .. } => {
            // Hashes of fixed length, compared in constant time.
            if application.secret_hash == Some(TokenHash::of(secret.expose())) {
                done()
            } else {
                Err(failed(wrong_secret(application)))
            }
        }
        Presented::Assertion { assertion, .. } => Assertion::read(assertion)?
            .check(application, issuer, now)
            .map(Authentication::OnFirstUse),
    }
}

/// The one public answer to every failure. `AuthenticatedClient` never exists after it.
fn failed(refusal: Refusal) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidClient, "Client authentication failed").because(refusal)
}

fn two_names(other: &ClientId) -> OAuthError {
    let text = "client_id differs from the subject of client_assertion";
    OAuthError::invalid_request(text).because(
        Refusal::new("client_id_conflict", "The request names two applications.")
            .actual(other.as_str()),
    )
}

fn impossible_name(text: &str) -> Refusal {
    Refusal::new("client_unknown", "No application can have this client_id.").actual(text)
}

fn unknown(presented: &Presented) -> Refusal {
    let id = presented
        .client_id()
        .map_or("(in the assertion)", ClientId::as_str);
    Refusal::new(
        "client_unknown",
        "There is no application with this client_id in this tenant.",
    )
    .actual(id)
    .remedy("Copy the client_id from the application's page; check the domain, too.")
}

fn disabled(application: &Application) -> Refusal {
    Refusal::new("client_disabled", "The application is disabled.")
        .actual(application.id.as_str())
        .remedy("Enable it on its page in the dashboard.")
}

fn wrong_secret(application: &Application) -> Refusal {
    Refusal::new(
        "client_secret_wrong",
        "The client secret is not the current one.",
    )
    .actual(application.id.as_str())
    .remedy("Copy the secret again, or rotate it and deploy the new one.")
}

fn wrong_method(application: &Application, used: ClientAuthMethod) -> Refusal {
    let registered = application.token_endpoint_auth_method;
    Refusal::new(
        "client_auth_method",
        "The application did not use its registered authentication method.",
    )
    .expected(format!(
        "token_endpoint_auth_method {}",
        method_name(registered)
    ))
    .actual(method_name(used))
    .remedy(format!(
        "Set the library's client authentication to {}, or the application's \
         token_endpoint_auth_method to {}.",
        method_name(registered),
        method_name(used)
    ))
}

const fn method_name(method: ClientAuthMethod) -> &'static str {
    match method {
        ClientAuthMethod::ClientSecretBasic => "client_secret_basic",
        ClientAuthMethod::ClientSecretPost => "client_secret_post",
        ClientAuthMethod::None => "none",
        ClientAuthMethod::PrivateKeyJwt => "private_key_jwt",
    }
}

#[cfg(test)]
mod tests;
