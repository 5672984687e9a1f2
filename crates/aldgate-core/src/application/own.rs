//! The application that the server itself is: the pages on which people look after their accounts.
//! It logs people in like any other, so every way to log in works there.

use serde_json::json;

use super::Application;
use crate::id::ClientId;
use crate::tenant::Issuer;

/// Its `client_id`, at every tenant.
pub const ACCOUNT: &str = "aldgate-account";

/// Where the pages are, below the issuer.
pub const ACCOUNT_PATH: &str = "account";

impl Application {
    /// The application of the account pages of a tenant. It is not stored and cannot be changed.
    /// Its codes are never redeemed: a login there only wants the session.
    ///
    /// # Panics
    /// Never: the document is fixed.
    #[must_use]
    pub fn account(issuer: &Issuer) -> Self {
        let application = json!({
            "client_id": ACCOUNT,
            "name": "My account",
            "app_type": "regular_web",
            "callbacks": [issuer.join(ACCOUNT_PATH)],
            "grant_types": ["authorization_code"],
            "token_endpoint_auth_method": "none",
            "oidc_conformant": true,
        });
        serde_json::from_value(application).expect("invariant: the document is an application")
    }
}

/// Whether a client is the account pages.
#[must_use]
pub fn is_account(client: &ClientId) -> bool {
    client.as_str() == ACCOUNT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_can_log_in_at_its_own_address_and_nothing_else() {
        let issuer = Issuer::parse("https://id.test/").unwrap();
        let application = Application::account(&issuer);
        assert_eq!(application.callbacks, ["https://id.test/account"]);
        assert!(application.is_public() && is_account(&application.id));
        assert!(application.is_first_party && !application.cross_origin_authentication);
    }
}
