//! Which database of users an application means.

use std::sync::Arc;

use aldgate_app::App;
use aldgate_core::connection::Connection;
use aldgate_core::error::{OAuthError, Refusal};
use aldgate_core::id::ClientId;
use aldgate_core::tenant::Tenant;
use aldgate_store::StoreError;

/// Why there is no database for a request.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// There is none of that name, or it is no database, or not for this application.
    #[error("{}", .0.cause)]
    Refused(Box<Refusal>),
    /// The database of the server does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Finds the database connection that `name` means for an application: its name or one of its
/// realms; without a name the tenant's default directory, else the first one that the application
/// may use.
///
/// # Errors
/// [`DirectoryError`].
pub async fn database(
    app: &App,
    tenant: &Tenant,
    client: Option<&ClientId>,
    name: Option<&str>,
) -> Result<Arc<Connection>, DirectoryError> {
    let all = app.connections(&tenant.id).await?;
    let allowed = |connection: &&Arc<Connection>| {
        connection.is_database() && client.is_none_or(|c| connection.is_enabled_for(c))
    };
    let named = |name: &str| {
        let fits = |c: &&Arc<Connection>| c.name == name || c.realms.iter().any(|r| r == name);
        all.iter().filter(allowed).find(fits).cloned()
    };
    let found = match (name, tenant.settings.default_directory.as_deref()) {
        (Some(name), _) => named(name),
        (None, default) => default
            .and_then(named)
            .or_else(|| all.iter().find(allowed).cloned()),
    };
    found.ok_or_else(|| DirectoryError::Refused(Box::new(refusal(name))))
}

fn refusal(name: Option<&str>) -> Refusal {
    let refusal = Refusal::new(
        "connection_unknown",
        "There is no such database connection for this application.",
    )
    .expected("the name of a database connection that is enabled for the application")
    .remedy("Correct the name, or enable the connection for the application.");
    match name {
        Some(name) => refusal.actual(name),
        None => refusal,
    }
}

impl From<DirectoryError> for OAuthError {
    fn from(error: DirectoryError) -> Self {
        match error {
            DirectoryError::Refused(refusal) => {
                Self::invalid_request(refusal.cause.clone()).because(*refusal)
            }
            DirectoryError::Store(error) => aldgate_app::error::store_failed(&error),
        }
    }
}
