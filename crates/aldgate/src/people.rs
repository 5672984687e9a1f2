//! Creating users from the command line and from files, with every check of a sign-up.

use aldgate_app::App;
use aldgate_core::connection::{Connection, DEFAULT_DATABASE};
use aldgate_core::id::{RoleId, UserId};
use aldgate_core::password::{Password, PasswordPolicy, PersonalWords};
use aldgate_core::secret::Secret;
use aldgate_core::signup::Draft;
use aldgate_core::tenant::Tenant;
use aldgate_store::{Saved, StoreError, Taken};
use anyhow::{Result, anyhow, bail};

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The user exists now.
    Created(UserId),
    /// Somebody with this address or name was there before; nothing was changed.
    Exists,
}

/// Creates a database user with `password` and gives her `roles`, all at once or not at all.
pub(crate) async fn create(
    app: &App,
    tenant: &Tenant,
    draft: Draft,
    password: &Secret<String>,
    roles: Vec<RoleId>,
) -> Result<Outcome> {
    let connection = database(app, tenant).await?;
    let now = app.now();
    let picture_base = tenant.issuer.join("avatars/");
    let user = draft
        .into_user(&connection, &picture_base, now, &mut app.rng())
        .map_err(|refused| anyhow!("{}: {}", refused.field, refused.refusal.cause))?;
    let policy = PasswordPolicy::of(&connection);
    let words = [
        user.email.as_deref(),
        user.username.as_deref(),
        user.profile.name.as_deref(),
    ];
    let words = PersonalWords::of(words.into_iter().flatten());
    let accepted = policy
        .accept(Password::parse(password.expose())?, &words)
        .map_err(|refused| anyhow!("password: {}", refused.refusal(&policy).cause))?;
    let hash = app
        .hashing
        .hash(accepted.password().secret().clone(), &mut app.rng())
        .await?;
    let hash = Secret::new(hash);
    let id = user.id.clone();
    let saved: Result<Saved, StoreError> = app
        .store
        .write(&tenant.id, move |tx| {
            let saved = tx.users().create(&user)?;
            if saved == Saved::Done {
                tx.passwords().set(&user.id, &hash, policy.history, now)?;
                roles
                    .iter()
                    .try_for_each(|role| tx.roles().give(role, &user.id, now))?;
            }
            Ok(saved)
        })
        .await;
    match saved? {
        Saved::Done => Ok(Outcome::Created(id)),
        Saved::Taken(Taken::Name(_) | Taken::Identity | Taken::Id) => Ok(Outcome::Exists),
        Saved::Missing => bail!("the user vanished while she was created"),
    }
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
