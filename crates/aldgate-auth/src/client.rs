//! Which application sends a request: look-up, decision, single use of assertions.

use aldgate_app::App;
use aldgate_app::error::store_failed;
use aldgate_core::client_auth::{self, AuthenticatedClient, Authentication};
use aldgate_core::error::OAuthError;
use aldgate_core::presented::Presented;
use aldgate_core::tenant::Tenant;
use aldgate_core::time::Timestamp;
use aldgate_store::StoreError;

/// Authenticates the application behind a request (OAU-06).
///
/// # Errors
/// As [`client_auth::authenticate`]; `temporarily_unavailable` when the database does not answer.
pub(crate) async fn authenticate(
    app: &App,
    tenant: &Tenant,
    presented: &Presented,
    now: Timestamp,
) -> Result<AuthenticatedClient, OAuthError> {
    let id = client_auth::claimed_client(presented)?;
    let application = app.application(&tenant.id, &id).await.map_err(down)?;
    match client_auth::authenticate(application.as_ref(), presented, &tenant.issuer, now)? {
        Authentication::Done(client) => Ok(client),
        Authentication::OnFirstUse(assertion) => {
            let (client, jti) = (assertion.client_id().clone(), assertion.jti_hash);
            let expires_at = assertion.expires_at;
            let take = move |tx: &mut aldgate_store::Tx<'_>| {
                tx.assertions().take(&client, &jti, expires_at)
            };
            let first_use = app.store.write(&tenant.id, take).await.map_err(down)?;
            assertion.settle(first_use)
        }
    }
}

/// A failed store as a refusal.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the shape that map_err wants"
)]
pub(crate) fn down(error: StoreError) -> OAuthError {
    store_failed(&error)
}
