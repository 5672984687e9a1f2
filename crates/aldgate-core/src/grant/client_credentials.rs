//! The client credentials grant (RFC 6749 section 4.4): an application asks for itself.

use super::require;
use crate::access::{self, Access, AccessRequest, Subject};
use crate::api::Api;
use crate::application::GrantType;
use crate::client_auth::AuthenticatedClient;
use crate::client_grant::ClientGrant;
use crate::error::{OAuthError, Refusal};
use crate::scope::Scopes;

/// Decides what `client` gets for itself at `api`, which the request named by the given identifier.
///
/// # Errors
/// `unauthorized_client` for public applications (RFC 6749 section 4.4) and those without the grant
/// type; else as [`access::evaluate`].
pub fn decide(
    client: &AuthenticatedClient,
    api: Option<(&Api, &str)>,
    client_grant: Option<&ClientGrant>,
    requested: Option<&Scopes>,
) -> Result<Access, OAuthError> {
    permit(client)?;
    access::evaluate(AccessRequest {
        application: client.application(),
        api,
        client_grant,
        requested,
        subject: Subject::Application,
    })
}

/// Whether `client` may use the grant at all.
///
/// # Errors
/// `unauthorized_client`.
pub fn permit(client: &AuthenticatedClient) -> Result<(), OAuthError> {
    require(client, GrantType::ClientCredentials, "client_credentials")?;
    if client.is_confidential() {
        return Ok(());
    }
    let text = "client_credentials needs an application that can keep a secret";
    Err(OAuthError::unauthorized_client(text).because(
        Refusal::new(
            "client_credentials_public",
            "A public application cannot ask for itself: everybody knows its client_id.",
        )
        .expected("token_endpoint_auth_method other than none")
        .remedy("Use a machine-to-machine application."),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grant::testing::client;

    #[test]
    fn oau_06_public_applications_cannot_ask_for_themselves() {
        let public = client("app", &["client_credentials"]);
        let refused = decide(&public, None, None, None).unwrap_err();
        assert_eq!(refused.refusal.unwrap().code, "client_credentials_public");
        let other = client("app", &["authorization_code"]);
        let refused = decide(&other, None, None, None).unwrap_err();
        assert_eq!(refused.refusal.unwrap().code, "grant_type_not_allowed");
    }
}
