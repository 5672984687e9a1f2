//! Creating users from the command line and from files, with every check of a sign-up.

use aldgate_app::App;
use aldgate_app::accounts::{CreateUser, CreateUserError, Credential, create_user};
use aldgate_core::connection::{Connection, DEFAULT_DATABASE};
use aldgate_core::id::{RoleId, UserId};
use aldgate_core::secret::Secret;
use aldgate_core::signup::Draft;
use aldgate_core::tenant::Tenant;
use aldgate_store::{LoginName, StoreError, Tx};
use anyhow::{Result, anyhow, bail};

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The user exists now.
    Created(UserId),
    /// Somebody with this address or name was there before; nothing was changed.
    Exists,
}

/// Creates a database user with `password`, then gives her `roles`.
pub(crate) async fn create(
    app: &App,
    tenant: &Tenant,
    draft: Draft,
    password: &Secret<String>,
    roles: Vec<RoleId>,
) -> Result<Outcome> {
    let connection = database(app, tenant).await?;
    // The operator may know who exists, so there is no need to hash a password first.
    let (id, email) = (connection.id.clone(), draft.email.clone());
    let find = move |tx: &mut Tx<'_>| match &email {
        Some(email) => tx.users().by_login(&id, LoginName::Email, email),
        None => Ok(None),
    };
    if app.store.read(&tenant.id, find).await?.is_some() {
        return Ok(Outcome::Exists);
    }
    let new = CreateUser {
        connection: &connection,
        draft,
        credential: Credential::Password(password.clone()),
        verify: None,
        client: None,
        event: None,
        request: None,
    };
    let user = match create_user(app, tenant, new).await {
        Ok(user) => user,
        Err(CreateUserError::Exists(_)) => return Ok(Outcome::Exists),
        Err(error) => return Err(anyhow!(error)),
    };
    let (id, now) = (user.id.clone(), app.now());
    let give = move |tx: &mut Tx<'_>| -> Result<(), StoreError> {
        roles
            .iter()
            .try_for_each(|role| tx.roles().give(role, &user.id, now))
    };
    app.store.write(&tenant.id, give).await?;
    Ok(Outcome::Created(id))
}

/// The tenant's default database connection.
pub(crate) async fn database(app: &App, tenant: &Tenant) -> Result<Connection> {
    let name = tenant
        .settings
        .default_directory
        .as_deref()
        .unwrap_or(DEFAULT_DATABASE);
    match app.connection_by_name(&tenant.id, name).await? {
        Some(connection) => Ok((*connection).clone()),
        None => bail!("the tenant has no connection {name:?}"),
    }
}
