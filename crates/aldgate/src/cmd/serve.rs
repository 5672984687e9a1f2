//! `aldgate serve`.

use std::sync::Arc;

use aldgate_app::clock::SystemClock;
use aldgate_app::{observe, tls};
use anyhow::{Context as _, Result};
use axum::Router;

use crate::cli::{Cli, Serve};
use crate::context::{self, Schema};
use crate::server;

/// Runs the server until a signal comes.
pub(crate) async fn run(cli: &Cli, args: &Serve) -> Result<()> {
    let config = context::config(cli, &[])?;
    observe::start(&config.log)?;
    let schema = if args.no_migrate {
        Schema::Require
    } else {
        Schema::Migrate
    };
    let app = context::open_app(config, schema, Arc::new(SystemClock)).await?;
    let tls = app
        .config
        .server
        .tls
        .as_ref()
        .map(tls::from_files)
        .transpose();
    let tls = tls.context("server.tls_cert and server.tls_key")?;
    let tenant = app.ensure_default_tenant().await?;
    let listener = server::bind(&app, app.config.server.listen, tls).await?;
    tracing::info!(
        address = %listener.address()?,
        issuer = %tenant.issuer,
        database = app.store.engine_name(),
        "Aldgate is ready"
    );
    let router = server::router(&app, Router::new());
    server::run(app, vec![(listener, router)]).await
}
