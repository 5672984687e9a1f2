//! Client authentication (RFC 6749 section 2.3, RFC 7523, OAU-06).
//!
//! [`Credentials::read`] takes what a request presents, the shell looks the application up, and
//! [`authenticate`] decides. The only way to an [`AuthenticatedClient`] leads through here.

mod assertion;

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::application::{Application, ClientAuthMethod};
use crate::error::{ErrorCode, OAuthError, Refusal};
use crate::id::ClientId;
use crate::secret::TokenHash;
use crate::tenant::Issuer;
use crate::time::Timestamp;

pub use assertion::{Assertion, AssertionUse};

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

/// What a request presents: one name and at most one proof.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// Who the caller says it is.
    pub client_id: ClientId,
    /// How it proves it.
    pub proof: Proof,
}

/// One proof. Secrets are hashed at once.
#[derive(Debug, Clone)]
pub enum Proof {
    /// None: a public application.
    Nothing,
    /// A secret in the `Authorization` header.
    Basic(TokenHash),
    /// A secret in the body.
    Post(TokenHash),
    /// A signed assertion.
    Assertion(Box<Assertion>),
}

/// The credentials among the parameters of a body.
#[derive(Debug, Clone, Copy, Default)]
pub struct BodyCredentials<'a> {
    /// `client_id`.
    pub client_id: Option<&'a str>,
    /// `client_secret`.
    pub client_secret: Option<&'a str>,
    /// `client_assertion_type`.
    pub client_assertion_type: Option<&'a str>,
    /// `client_assertion`.
    pub client_assertion: Option<&'a str>,
}

impl Credentials {
    /// Reads the `Authorization` header and the body together: exactly one method counts. A
    /// `client_id` in the body beside Basic is fine if it is the same (Go's oauth2 sends both).
    ///
    /// # Errors
    /// `invalid_request` when there are several proofs or no name, `invalid_client` when a proof
    /// cannot be read.
    pub fn read(
        authorization: Option<&str>,
        body: BodyCredentials<'_>,
    ) -> Result<Self, OAuthError> {
        let assertion = body.client_assertion.is_some() || body.client_assertion_type.is_some();
        let proofs = [
            authorization.is_some(),
            body.client_secret.is_some(),
            assertion,
        ];
        if proofs.iter().filter(|present| **present).count() > 1 {
            return Err(several_proofs());
        }
        let credentials = match (authorization, body.client_secret) {
            (Some(header), _) => basic(header)?,
            (None, Some(secret)) => Self {
                client_id: name(body.client_id)?,
                proof: Proof::Post(TokenHash::of(secret)),
            },
            (None, None) if assertion => {
                let assertion = Assertion::read(body.client_assertion_type, body.client_assertion)?;
                Self {
                    client_id: assertion.client_id().clone(),
                    proof: Proof::Assertion(Box::new(assertion)),
                }
            }
            (None, None) => Self {
                client_id: name(body.client_id)?,
                proof: Proof::Nothing,
            },
        };
        match body.client_id {
            Some(other) if other != credentials.client_id.as_str() => Err(two_names(other)),
            _ => Ok(credentials),
        }
    }

    /// The method that was used.
    #[must_use]
    pub const fn method(&self) -> ClientAuthMethod {
        match self.proof {
            Proof::Nothing => ClientAuthMethod::None,
            Proof::Basic(_) => ClientAuthMethod::ClientSecretBasic,
            Proof::Post(_) => ClientAuthMethod::ClientSecretPost,
            Proof::Assertion(_) => ClientAuthMethod::PrivateKeyJwt,
        }
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

/// Decides whether `credentials` prove `application`, which the shell found by their `client_id`.
///
/// # Errors
/// `invalid_client`, with one text for every cause: an unknown client and a wrong secret look alike
/// on the wire. The private half tells them apart.
pub fn authenticate(
    application: Option<&Arc<Application>>,
    credentials: &Credentials,
    issuer: &Issuer,
    now: Timestamp,
) -> Result<Authentication, OAuthError> {
    let Some(application) = application else {
        return Err(failed(unknown(&credentials.client_id)));
    };
    if application.disabled {
        return Err(failed(disabled(application)));
    }
    if application.token_endpoint_auth_method != credentials.method() {
        return Err(failed(wrong_method(application, credentials.method())));
    }
    match &credentials.proof {
        Proof::Nothing => Ok(Authentication::Done(AuthenticatedClient {
            application: Arc::clone(application),
        })),
        Proof::Basic(secret) | Proof::Post(secret) => {
            if application.secret_hash.as_ref() == Some(secret) {
                let application = Arc::clone(application);
                Ok(Authentication::Done(AuthenticatedClient { application }))
            } else {
                Err(failed(wrong_secret(application)))
            }
        }
        Proof::Assertion(assertion) => assertion
            .check(application, issuer, now)
            .map(Authentication::OnFirstUse),
    }
}

/// `Basic base64(form(client_id):form(client_secret))` (RFC 6749 section 2.3.1).
fn basic(header: &str) -> Result<Credentials, OAuthError> {
    let malformed = |cause: &'static str| {
        failed(
            Refusal::new("basic_malformed", cause)
                .expected("Authorization: Basic base64(urlencode(id):urlencode(secret))"),
        )
    };
    let (scheme, value) = header
        .split_once(' ')
        .ok_or_else(|| malformed("The Authorization header has no credentials."))?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(malformed(
            "The Authorization header is not of scheme Basic.",
        ));
    }
    let decoded = STANDARD.decode(value.trim()).ok();
    let text = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
    let pair = text.as_deref().and_then(|text| text.split_once(':'));
    let (id, secret) = pair
        .and_then(|(id, secret)| Some((form_decode(id)?, form_decode(secret)?)))
        .ok_or_else(|| malformed("The Basic credentials are not base64 of id:secret."))?;
    Ok(Credentials {
        client_id: ClientId::parse(&id).map_err(|_| failed(impossible_name(&id)))?,
        proof: Proof::Basic(TokenHash::of(&secret)),
    })
}

fn form_decode(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    let decoded = percent_encoding::percent_decode_str(&spaced).decode_utf8();
    decoded.ok().map(std::borrow::Cow::into_owned)
}

fn name(client_id: Option<&str>) -> Result<ClientId, OAuthError> {
    let text = client_id.ok_or_else(|| OAuthError::missing("client_id"))?;
    ClientId::parse(text).map_err(|_| failed(impossible_name(text)))
}

/// The one public answer to every failure. `AuthenticatedClient` never exists after it.
fn failed(refusal: Refusal) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidClient, "Client authentication failed").because(refusal)
}

fn several_proofs() -> OAuthError {
    let text = "Use one client authentication method: the Authorization header, client_secret or \
                client_assertion";
    OAuthError::invalid_request(text).because(
        Refusal::new(
            "client_auth_several_methods",
            "The request proves the application in more than one way (RFC 6749 section 2.3).",
        )
        .expected("one method"),
    )
}

fn two_names(other: &str) -> OAuthError {
    let text = "client_id in the body differs from the one that is authenticated";
    OAuthError::invalid_request(text).because(
        Refusal::new("client_id_conflict", "The request names two applications.").actual(other),
    )
}

fn impossible_name(text: &str) -> Refusal {
    Refusal::new("client_unknown", "No application can have this client_id.").actual(text)
}

fn unknown(id: &ClientId) -> Refusal {
    Refusal::new(
        "client_unknown",
        "There is no application with this client_id in this tenant.",
    )
    .actual(id.as_str())
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
