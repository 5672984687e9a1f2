//! The passwordless grant (Auth0: passwordless OTP): a mailed or texted code for tokens.

use super::require;
use crate::application::GrantType;
use crate::client_auth::AuthenticatedClient;
use crate::error::{OAuthError, Refusal};

/// The `grant_type` of the grant.
pub const PASSWORDLESS_OTP: &str = "http://auth0.com/oauth/grant-type/passwordless/otp";

/// Decides whether `client` may use the grant.
///
/// # Errors
/// `unauthorized_client` when the grant type is off or the application is a third party's.
pub fn permit(client: &AuthenticatedClient) -> Result<(), OAuthError> {
    require(client, GrantType::PasswordlessOtp, PASSWORDLESS_OTP)?;
    if client.application().is_first_party {
        return Ok(());
    }
    let text = "Third-party applications must not ask for codes";
    Err(OAuthError::unauthorized_client(text).because(
        Refusal::new("passwordless_grant_third_party", text)
            .remedy("Send people to /authorize instead."),
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::grant::testing::{client, client_with};

    #[test]
    fn oau_12_the_grant_is_off_unless_listed_and_never_for_third_parties() {
        assert!(permit(&client("app", &[PASSWORDLESS_OTP])).is_ok());
        assert!(permit(&client("app", &["password"])).is_err());
        let third = json!({
            "client_id": "app", "grant_types": [PASSWORDLESS_OTP], "is_first_party": false,
        });
        assert!(permit(&client_with(third)).is_err());
    }
}
