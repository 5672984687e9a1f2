//! Client secrets: hashed always, and sealed as well where ID tokens are signed with them (HS256,
//! ruling R11).

use aldgate_app::App;
use aldgate_app::shared_keys::client_secret_place;
use aldgate_core::application::secrets::StoredSecret;
use aldgate_core::id::{ClientId, TenantId};
use aldgate_core::secret::{Secret, TokenHash, TokenKind};
use serde_json::Value;

/// Makes a client secret.
pub(super) fn fresh(app: &App) -> Secret<String> {
    TokenKind::ClientSecret.generate(&mut app.rng())
}

/// A secret in the forms in which an application keeps it.
pub(super) fn stored(
    app: &App,
    tenant: &TenantId,
    id: &ClientId,
    secret: &Secret<String>,
) -> StoredSecret {
    StoredSecret {
        hash: TokenHash::of(secret.expose()),
        sealed: app.seal_text(&client_secret_place(tenant, id), secret),
    }
}

/// Puts a secret that was just made or given into the answer: the only one that has it.
pub(super) fn show_once(
    mut view: Value,
    made: Option<&Secret<String>>,
    given: Option<&Secret<String>>,
) -> Value {
    if let Some(secret) = given.or(made) {
        view["client_secret"] = secret.expose().as_str().into();
    }
    view
}
