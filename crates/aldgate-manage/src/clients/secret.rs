//! Client secrets: hashed always, and sealed as well where ID tokens are signed with them (HS256,
//! ruling R11).

use aldgate_app::App;
use aldgate_app::shared_keys::client_secret_place;
use aldgate_core::api::SigningAlg;
use aldgate_core::application::{Application, rules};
use aldgate_core::id::TenantId;
use aldgate_core::secret::Secret;

/// Gives a confidential application a new secret; returns the only copy of it.
pub(super) fn renew(app: &App, tenant: &TenantId, application: &mut Application) -> Secret<String> {
    let secret = rules::new_secret(application, &mut app.rng());
    let signs = application.jwt_configuration.alg == SigningAlg::Hs256;
    application.secret_sealed =
        signs.then(|| app.seal_text(&client_secret_place(tenant, &application.id), &secret));
    secret
}
