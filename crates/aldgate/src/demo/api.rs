//! The demo API. It knows the issuer and its own identifier, and nothing of any application.

use aldgate_core::tenant::Tenant;
use aldgate_verify::provider::HttpFetch;
use aldgate_verify::report::Reporter;
use aldgate_verify::{AccessToken, JwkProvider, Verifier, VerifyLayer};
use anyhow::{Context as _, Result};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use http::{HeaderName, HeaderValue, Method, StatusCode, header};
use rustls::pki_types::CertificateDer;
use serde_json::{Value, json};

use crate::ui;

/// The API: `GET /orders` with a token, `GET /` without.
pub(crate) fn router(
    tenant: &Tenant,
    dev: &Value,
    ca: Option<&CertificateDer<'static>>,
) -> Result<Router> {
    let audience = dev["api"]["identifier"].as_str().unwrap_or_default();
    let client = client(ca)?;
    let keys = JwkProvider::builder(tenant.issuer.as_str())
        .fetcher(HttpFetch::with_client(client.clone()))
        .build()?;
    // The issuer hears of mistakes, so that the tenant log can tell of them, and of the first
    // token of an application that is accepted.
    let (id, secret) = (&dev["m2m"]["client_id"], &dev["m2m"]["client_secret"]);
    let reporter = Reporter::new(
        tenant.issuer.as_str(),
        id.as_str().unwrap_or_default(),
        secret.as_str().unwrap_or_default(),
    )?
    .client(client)
    .every(std::time::Duration::from_secs(2))
    .first_acceptances();
    let verifier = Verifier::builder(tenant.issuer.as_str(), audience)
        .keys(keys)
        .observer(reporter)
        .build()?;
    let layer = VerifyLayer::new(verifier).explain().on_refusal(|reason| {
        ui::note(&format!(
            "demo API: {}: {}",
            reason.code(),
            reason.summary()
        ));
    });
    let origin = HeaderValue::from_str(dev["demo_spa_url"].as_str().unwrap_or_default())?;
    Ok(Router::new()
        .route("/orders", get(orders))
        .layer(layer)
        .route(
            "/",
            get(|| async { "The demo API. GET /orders needs an access token.\n" }),
        )
        .layer(axum::middleware::from_fn(move |request, next| {
            cors(origin.clone(), request, next)
        })))
}

async fn orders(token: AccessToken) -> Json<Value> {
    Json(json!({
        "orders": [{"id": 1, "item": "A lamp for the gate"}],
        "caller": {
            "sub": token.subject(),
            "application": token.application(),
            "scope": token.scopes(),
            "email": token.claim(super::claim::CLAIM).and_then(|claim| {
                claim.as_str().map(|e| e.to_string())
            }),
        },
    }))
}

/// Lets the demo application call from its own origin and read the challenge.
async fn cors(
    origin: HeaderValue,
    request: axum::extract::Request,
    next: axum::middleware::Next,
) -> axum::response::Response {
    let mut response = if request.method() == Method::OPTIONS {
        StatusCode::NO_CONTENT.into_response()
    } else {
        next.run(request).await
    };
    let set = |name: HeaderName, value: &'static str| (name, HeaderValue::from_static(value));
    let headers = [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, origin),
        set(header::ACCESS_CONTROL_ALLOW_HEADERS, "authorization"),
        set(header::ACCESS_CONTROL_EXPOSE_HEADERS, "www-authenticate"),
        set(header::ACCESS_CONTROL_MAX_AGE, "600"),
        set(header::VARY, "origin"),
    ];
    headers
        .into_iter()
        .for_each(|(name, value)| drop(response.headers_mut().insert(name, value)));
    response
}

/// An HTTP client that trusts the local authority as well.
#[expect(
    clippy::disallowed_methods,
    reason = "the demo API is a program of its own"
)]
fn client(ca: Option<&CertificateDer<'static>>) -> Result<reqwest::Client> {
    let mut client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(std::time::Duration::from_secs(5));
    if let Some(ca) = ca {
        client = client.add_root_certificate(reqwest::Certificate::from_der(ca)?);
    }
    client.build().context("no HTTP client")
}
