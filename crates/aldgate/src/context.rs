//! What most commands begin with: the configuration, the open database, the tenant.

use std::sync::Arc;

use aldgate_app::App;
use aldgate_app::app::Start;
use aldgate_app::clock::{Clock, SystemClock};
use aldgate_app::config::Config;
use aldgate_app::rng::Rng;
use aldgate_core::id::TenantId;
use aldgate_core::tenant::Tenant;
use aldgate_store::{DatabaseUrl, Store, StoreOptions};
use anyhow::{Context as _, Result, anyhow, bail};

use crate::cli::Cli;

/// Reads the configuration file and the environment; `overrides` win over both.
pub(crate) fn config(cli: &Cli, overrides: &[(&str, String)]) -> Result<Config> {
    let ours = |name: &str| {
        name.starts_with("ALDGATE_") && !matches!(name, "ALDGATE_DATA" | "ALDGATE_CONFIG")
    };
    let inherited = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, _)| ours(name) && !is_test_variable(name) && !is_flag(name));
    let forced = overrides
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()));
    std::fs::create_dir_all(&cli.data)
        .with_context(|| format!("cannot create the data directory {}", cli.data.display()))?;
    Config::load(cli.config.as_deref(), inherited.chain(forced), &cli.data)
        .map_err(|error| anyhow!("{error}"))
}

/// Variables that steer our tests, not the server.
fn is_test_variable(name: &str) -> bool {
    matches!(name, "ALDGATE_BIN" | "ALDGATE_TEST_DATABASE")
}

/// Variables that stand for options of a command: a running server for `aldgate api`, see
/// [`crate::cli::Server`], and the real Google for `aldgate dev`.
fn is_flag(name: &str) -> bool {
    matches!(
        name,
        "ALDGATE_DOMAIN"
            | "ALDGATE_CLIENT_ID"
            | "ALDGATE_CLIENT_SECRET"
            | "ALDGATE_AUDIENCE"
            | "ALDGATE_CA"
            | "ALDGATE_GOOGLE_CLIENT_ID"
            | "ALDGATE_GOOGLE_CLIENT_SECRET"
    )
}

/// What happens to a schema that is behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Schema {
    /// It is brought up to date.
    Migrate,
    /// The start stops.
    Require,
}

/// Opens the database.
pub(crate) async fn open_store(config: &Config) -> Result<Store> {
    let url = DatabaseUrl::parse(config.database.url.expose())
        .map_err(|error| anyhow!("database.url: {error}"))?;
    let default = StoreOptions::default();
    let options = StoreOptions {
        // Readers beyond the cores only take memory.
        sqlite_readers: config.database.pool.min(default.sqlite_readers),
        postgres_connections: config.database.pool,
        ..default
    };
    Ok(Store::open_with(&url, options).await?)
}

/// Opens the database and puts the [`App`] together.
pub(crate) async fn open_app(config: Config, schema: Schema, clock: Arc<dyn Clock>) -> Result<App> {
    // One provider for all of TLS; a second call finds it in place.
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    let store = open_store(&config).await?;
    match schema {
        Schema::Migrate => drop(store.migrate().await?),
        Schema::Require => {
            let pending = store.pending_migrations().await?;
            if !pending.is_empty() {
                bail!(
                    "the database lacks {}; run `aldgate migrate`, or start without --no-migrate",
                    pending.join(", ")
                );
            }
        }
    }
    let start = Start {
        config,
        store,
        clock,
        rng: Rng::system(),
        mails_in_memory: false,
    };
    Ok(App::start(start)?)
}

/// Opens what a command on the local database needs: the app, and a tenant that exists.
pub(crate) async fn open(cli: &Cli, tenant: &str) -> Result<(App, Tenant)> {
    let mut config = config(cli, &[])?;
    "warn".clone_into(&mut config.log.level);
    aldgate_app::observe::start(&config.log)?;
    let app = open_app(config, Schema::Migrate, Arc::new(SystemClock)).await?;
    let id = TenantId::parse(tenant).map_err(|error| anyhow!("--tenant: {error}"))?;
    if id == TenantId::default() && app.tenant(&id).await?.is_none() {
        app.ensure_default_tenant().await?;
    }
    match app.tenant(&id).await? {
        Some(tenant) => Ok((app, (*tenant).clone())),
        None => bail!("there is no tenant {tenant:?}; `aldgate tenant list` shows those there are"),
    }
}

/// A variable of the environment, for files that refer to it and for habits of terminals.
#[expect(
    clippy::disallowed_methods,
    reason = "what is no configuration is read where the command starts"
)]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
