//! The listener for operators: is it alive, is it ready, what does it count.

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde_json::json;

use crate::app::App;
use crate::respond;

/// The routes of the admin listener.
pub fn router(app: App) -> Router {
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .with_state(app)
}

/// Ready: the database answers, is migrated, and the default tenant has keys.
async fn ready(State(app): State<App>) -> Response {
    let checks = [
        ("database", check_database(&app).await),
        ("keys", check_keys(&app).await),
    ];
    let status = match checks.iter().all(|(_, problem)| problem.is_none()) {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    let body: serde_json::Map<_, _> = checks
        .into_iter()
        .map(|(name, problem)| (name.to_owned(), json!(problem.as_deref().unwrap_or("ok"))))
        .collect();
    respond::json(status, &body)
}

async fn metrics(State(app): State<App>) -> Response {
    const TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(CONTENT_TYPE, TYPE)], app.metrics.render()).into_response()
}

async fn check_database(app: &App) -> Option<String> {
    match app.store.pending_migrations().await {
        Ok(pending) if pending.is_empty() => None,
        Ok(pending) => Some(format!("not migrated: {}", pending.join(", "))),
        Err(error) => Some(error.to_string()),
    }
}

async fn check_keys(app: &App) -> Option<String> {
    let tenant = match app.tenant_by_host("").await {
        Ok(tenant) => tenant,
        Err(error) => return Some(error.to_string()),
    };
    match app.key_ring(&tenant.id).await {
        Ok(ring) if ring.keys().iter().any(|key| key.is_published()) => None,
        Ok(_) => Some("the default tenant has no signing key yet".to_owned()),
        Err(error) => Some(error.to_string()),
    }
}
