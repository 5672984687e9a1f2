//! Serves the demo application: static files, and `config.json` with what it has to know.

use std::sync::Arc;

use aldgate_app::App;
use aldgate_app::page::asset_file;
use aldgate_core::id::TenantId;
use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, put};
use axum::{Json, Router};
use http::{HeaderValue, StatusCode, header};
use rust_embed::RustEmbed;
use serde_json::{Value, json};

use super::claim;

#[derive(RustEmbed)]
#[folder = "demo/"]
struct Files;

struct Demo {
    app: App,
    tenant: TenantId,
    config: Value,
    policy: HeaderValue,
}

/// The demo application's own server. It holds no secret.
pub(crate) fn router(app: &App, tenant: &TenantId, dev: &Value) -> anyhow::Result<Router> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (issuer, api) = (text(&dev["issuer"]), text(&dev["demo_api_url"]));
    let config = json!({
        "issuer": issuer,
        "redirect_uri": format!("{}/callback", text(&dev["demo_spa_url"])),
        "applications": [
            {"client_id": dev["spa"]["client_id"], "name": "Demo SPA"},
            {"client_id": dev["second_spa"]["client_id"], "name": "Demo second application"},
        ],
        "audience": dev["api"]["identifier"],
        "api_url": format!("{api}/orders"),
        "user": dev["user"],
        "outbox_url": format!("{issuer}dev/outbox"),
        "doctor_url": format!("{issuer}token-doctor"),
        "action": {"claim": claim::CLAIM, "code": claim::CODE},
    });
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src \
         'self' {issuer} {api}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    let demo = Demo {
        app: app.clone(),
        tenant: tenant.clone(),
        config,
        policy: HeaderValue::from_str(&policy)?,
    };
    Ok(Router::new()
        .route(
            "/config.json",
            get(|State(demo): State<Arc<Demo>>| async move { Json(demo.config.clone()) }),
        )
        .route("/action", put(bind).delete(unbind))
        .route("/", get(|demo| async { index(demo) }))
        .route("/callback", get(|demo| async { index(demo) }))
        .route(
            "/{file}",
            get(|Path(name): Path<String>| async move { file(&name) }),
        )
        .with_state(Arc::new(demo)))
}

/// Binds the action of the last step. The method alone keeps other pages from asking: browsers ask
/// for leave first, and get none.
async fn bind(State(demo): State<Arc<Demo>>) -> Response {
    set_action(&demo, true).await
}

async fn unbind(State(demo): State<Arc<Demo>>) -> Response {
    set_action(&demo, false).await
}

async fn set_action(demo: &Demo, wanted: bool) -> Response {
    match claim::bind(&demo.app, &demo.tenant, wanted).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => {
            let text = format!("The action cannot be changed: {error}\n");
            (StatusCode::SERVICE_UNAVAILABLE, text).into_response()
        }
    }
}

fn index(State(demo): State<Arc<Demo>>) -> Response {
    let mut response = file("index.html");
    response
        .headers_mut()
        .insert(header::CONTENT_SECURITY_POLICY, demo.policy.clone());
    response
}

fn file(name: &str) -> Response {
    // The folder holds a README for its developers too.
    let own = Files::get(name)
        .filter(|_| !name.ends_with(".md"))
        .map(|found| (kind(name), found.data.into_owned()));
    // The design system comes from the server's own pages.
    match own.or_else(|| asset_file(name)) {
        Some((kind, bytes)) => {
            let headers = [
                (header::CONTENT_TYPE, kind),
                (header::CACHE_CONTROL, "no-store"),
            ];
            (headers, bytes).into_response()
        }
        None => (StatusCode::NOT_FOUND, "The demo has no such file.\n").into_response(),
    }
}

fn kind(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("css") => "text/css; charset=utf-8",
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        _ => "application/octet-stream",
    }
}
