//! A protected API. Start it, then call `/orders` with every wrong token that you can find:
//!
//! ```sh
//! ISSUER=http://localhost:4455/ AUDIENCE=https://my-api cargo run --example axum_api
//! curl -i http://localhost:8080/orders
//! ```

use std::time::Duration;

use aldgate_verify::{
    AccessToken, Challenge, JwkProvider, RequireScopes, ResourceMetadata, Verifier, VerifyLayer,
    metadata_router,
};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

#[tokio::main]
#[expect(
    clippy::disallowed_methods,
    reason = "an example is configured by its environment"
)]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let setting = |name, default: &str| std::env::var(name).unwrap_or_else(|_| default.into());
    let issuer = setting("ISSUER", "http://localhost:4455/");
    let audience = setting("AUDIENCE", "https://my-api");
    let address = setting("ADDRESS", "127.0.0.1:8080");
    let keys = JwkProvider::builder(&issuer)
        .cached(10, Duration::from_secs(24 * 3600))
        .rate_limited(10, Duration::from_secs(60))
        .build()?;
    let verifier = Verifier::builder(&issuer, &audience).keys(keys).build()?;
    let metadata = ResourceMetadata::of(&verifier).scopes(["read:orders"]);
    let metadata_url = format!("http://{address}/.well-known/oauth-protected-resource");
    let challenge = Challenge::new().explain().resource_metadata(metadata_url);
    let app = Router::new()
        .route(
            "/orders/all",
            get(orders).route_layer(RequireScopes::all(["read:orders"])),
        )
        .route("/orders", get(orders))
        .layer(VerifyLayer::new(verifier).challenge(challenge))
        .merge(metadata_router(&metadata, "/"));

    let listener = tokio::net::TcpListener::bind(&address).await?;
    println!("http://{address}/orders accepts tokens of {issuer} for {audience}");
    axum::serve(listener, app).await?;
    Ok(())
}

/// Whoever gets here has shown a good token: nothing else makes an `AccessToken`.
async fn orders(token: AccessToken) -> Json<Value> {
    Json(json!({
        "user": token.subject(),
        "application": token.application(),
        "orders": ["a lamp", "a book"],
    }))
}
