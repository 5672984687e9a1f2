//! Wiring: every route of the product behind one listener, operators' routes behind another.

use std::net::SocketAddr;
use std::sync::Arc;

use aldgate_app::serve::{Server, Stop};
use aldgate_app::{App, admin, edge, jobs};
use anyhow::{Context as _, Result};
use axum::Router;
use rustls::ServerConfig;

/// Every public route, behind the rules that surround each request.
pub(crate) fn router(app: &App, further: Router<App>) -> Router {
    let routes = aldgate_auth::routes()
        .merge(aldgate_manage::routes())
        // The dashboard redeems its codes at the public side, as any application does.
        .merge(aldgate_manage::dashboard(aldgate_auth::routes()))
        .merge(further);
    edge::wrap(routes, app)
}

/// Binds `address`, with the address in the error: a taken port is the commonest failed start.
pub(crate) async fn bind(
    app: &App,
    address: SocketAddr,
    tls: Option<Arc<ServerConfig>>,
) -> Result<Server> {
    Server::bind(address, tls, app.config.server.limits).await.with_context(|| {
        format!(
            "cannot listen on {address}; is another server running there? Choose another address \
             with server.listen, or another --port"
        )
    })
}

/// Runs the listeners and the background work until a signal comes, then lets requests end.
pub(crate) async fn run(app: App, public: Vec<(Server, Router)>) -> Result<()> {
    let stop = Stop::new();
    let mut tasks = tokio::task::JoinSet::new();
    if let Some(address) = app.config.admin.listen {
        let bound = Server::bind(address, None, app.config.server.limits).await;
        let listener = bound.with_context(|| {
            format!("cannot listen on {address}; set admin.listen to another address, or to off")
        })?;
        tracing::info!(address = %listener.address()?, "operators: /healthz /readyz /metrics");
        let (router, stop) = (admin::router(app.clone()), stop.clone());
        tasks.spawn(async move { listener.run(router, &stop).await });
    }
    for (server, router) in public {
        let stop = stop.clone();
        tasks.spawn(async move { server.run(router, &stop).await });
    }
    let background = tokio::spawn(jobs::run(app, stop.clone()));
    wait_for_signal().await?;
    tracing::info!("stopping: running requests are answered first");
    stop.now();
    while let Some(ended) = tasks.join_next().await {
        ended.context("a listener panicked")?;
    }
    background.await.context("the background work panicked")
}

async fn wait_for_signal() -> Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).context("cannot watch SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot watch SIGINT")?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
