//! The password grants (RFC 6749 section 4.3 and Auth0's password-realm), off by default (R5).

use super::require;
use crate::application::GrantType;
use crate::client_auth::AuthenticatedClient;
use crate::error::{OAuthError, Refusal};
use crate::tenant::Tenant;

/// The `grant_type` of the grant that names its connection.
pub const PASSWORD_REALM: &str = "http://auth0.com/oauth/grant-type/password-realm";

/// Decides whether `client` may use the grant, and at which connection: `realm`, or the tenant's
/// default directory for the plain grant.
///
/// # Errors
/// `unauthorized_client` when the grant type is off or the application is a third party's;
/// `invalid_request` without `realm`; `access_denied` when the tenant has no default directory.
pub fn connection<'a>(
    client: &AuthenticatedClient,
    grant: GrantType,
    realm: Option<&'a str>,
    tenant: &'a Tenant,
) -> Result<&'a str, OAuthError> {
    let with_realm = grant == GrantType::PasswordRealm;
    require(
        client,
        grant,
        if with_realm {
            PASSWORD_REALM
        } else {
            "password"
        },
    )?;
    if !client.application().is_first_party {
        let text = "Third-party applications must not ask for passwords";
        return Err(OAuthError::unauthorized_client(text).because(
            Refusal::new("password_grant_third_party", text)
                .remedy("Send people to /authorize instead."),
        ));
    }
    if with_realm {
        return realm.ok_or_else(|| OAuthError::missing("realm"));
    }
    tenant
        .settings
        .default_directory
        .as_deref()
        .filter(|d| !d.is_empty())
        .ok_or_else(|| {
            let text = "Authorization server not configured with default connection.";
            OAuthError::access_denied(text).because(
            Refusal::new("default_directory_missing", text)
                .expected("default_directory in the tenant's settings")
                .remedy(
                    "Set the tenant's default_directory to the name of a database connection, or \
                     use the password-realm grant with realm.",
                ),
        )
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::grant::testing::{client, client_with};

    fn tenant(directory: Option<&str>) -> Tenant {
        let settings = json!({"default_directory": directory});
        serde_json::from_value(json!({
            "id": "default", "issuer": "https://id.test/", "created_at": 0, "settings": settings,
        }))
        .unwrap()
    }

    #[test]
    fn r5_the_password_grants_are_off_unless_listed() {
        let (bare, set) = (tenant(None), tenant(Some("Users")));
        let both = client("app", &["password", PASSWORD_REALM]);
        let off = client("app", &["authorization_code"]);
        let third = client_with(json!({
            "client_id": "app", "grant_types": ["password"], "is_first_party": false,
        }));
        let code = |result: Result<&str, OAuthError>| match result {
            Ok(name) => name.to_owned(),
            Err(error) => error.refusal.map_or_else(
                || error.description.into_owned(),
                |refusal| refusal.code.into_owned(),
            ),
        };
        let (plain, realm) = (GrantType::Password, GrantType::PasswordRealm);
        assert_eq!(code(connection(&both, plain, None, &set)), "Users");
        assert_eq!(
            code(connection(&both, plain, None, &bare)),
            "default_directory_missing"
        );
        assert_eq!(
            code(connection(&both, realm, Some("Staff"), &bare)),
            "Staff"
        );
        assert_eq!(
            code(connection(&both, realm, None, &set)),
            "Missing required parameter: realm"
        );
        assert_eq!(
            code(connection(&off, plain, None, &set)),
            "grant_type_not_allowed"
        );
        assert_eq!(
            code(connection(&off, realm, Some("x"), &set)),
            "grant_type_not_allowed"
        );
        assert_eq!(
            code(connection(&third, plain, None, &set)),
            "password_grant_third_party"
        );
    }
}
