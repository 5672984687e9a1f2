//! `/.well-known/…`: the discovery document at both of its addresses, and the key set. The bytes
//! are made once for each tenant and served with an `ETag`.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use aldgate_app::App;
use aldgate_app::error::OAuthRejection;
use aldgate_app::extract::Tenant;
use aldgate_app::keys::KeyRing;
use aldgate_app::respond::Rendered;
use aldgate_core::api::SigningAlg;
use aldgate_core::discovery;
use aldgate_core::error::OAuthError;
use aldgate_core::id::TenantId;
use aldgate_core::key::KeyState;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use http::HeaderMap;

/// Seconds for which a fetched document may be kept (Auth0: 15).
const MAX_AGE: u32 = 15;

/// Tenants whose documents are kept.
const DOCUMENTS_MAX: usize = 1000;

/// Discovery (OpenID Connect Discovery section 4, RFC 8414 section 3) and the key set.
///
/// An issuer here has no path, so the path-inserted form of RFC 8414 is the plain one, with or
/// without the issuer's final slash.
pub(crate) fn routes() -> Router<App> {
    let documents = Arc::new(Documents::default());
    let document = get(
        move |State(app): State<App>, tenant: Tenant, headers: HeaderMap| {
            let documents = Arc::clone(&documents);
            async move { documents.respond(&app, &tenant, &headers).await }
        },
    );
    Router::new()
        .route("/.well-known/openid-configuration", document.clone())
        .route("/.well-known/openid-configuration/", document.clone())
        .route("/.well-known/oauth-authorization-server", document.clone())
        .route("/.well-known/oauth-authorization-server/", document)
        .route("/.well-known/jwks.json", get(key_set))
}

async fn key_set(
    State(app): State<App>,
    tenant: Tenant,
    headers: HeaderMap,
) -> Result<Response, OAuthRejection> {
    Ok(ring(&app, &tenant).await?.key_set().respond(&headers))
}

/// The tenant's keys, RS256 at least: they are made at the first use.
async fn ring(app: &App, tenant: &Tenant) -> Result<Arc<KeyRing>, OAuthError> {
    let ring = app.key_ring(&tenant.id).await?;
    if ring.signer(SigningAlg::Rs256).is_some() {
        return Ok(ring);
    }
    app.signer(tenant, SigningAlg::Rs256).await?;
    Ok(app.key_ring(&tenant.id).await?)
}

/// Rendered documents, each with what it was made from.
#[derive(Default)]
struct Documents(RwLock<HashMap<TenantId, Arc<Made>>>);

struct Made {
    tenant: Tenant,
    ring: Arc<KeyRing>,
    document: Rendered,
}

impl Documents {
    async fn respond(
        &self,
        app: &App,
        tenant: &Tenant,
        headers: &HeaderMap,
    ) -> Result<Response, OAuthRejection> {
        let ring = ring(app, tenant).await?;
        Ok(self.get(tenant, ring).document.respond(headers))
    }

    fn get(&self, tenant: &Tenant, ring: Arc<KeyRing>) -> Arc<Made> {
        let known = self
            .0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&tenant.id)
            .cloned();
        let fresh = |made: &Arc<Made>| Arc::ptr_eq(&made.ring, &ring) && *made.tenant == **tenant;
        if let Some(made) = known.filter(fresh) {
            return made;
        }
        let signing = ring
            .keys()
            .iter()
            .filter(|key| key.state == KeyState::Current);
        let algs: Vec<SigningAlg> = signing.map(|key| key.alg).collect();
        let document = discovery::document(tenant, &algs);
        let body = serde_json::to_string(&document).expect("invariant: a document is plain JSON");
        let made = Arc::new(Made {
            tenant: tenant.clone(),
            ring,
            document: Rendered::json(body, MAX_AGE),
        });
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= DOCUMENTS_MAX {
            all.clear();
        }
        all.insert(tenant.id.clone(), Arc::clone(&made));
        made
    }
}
