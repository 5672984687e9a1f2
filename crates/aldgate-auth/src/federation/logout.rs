//! `federated`: whoever logs out here is logged out at her provider as well, on the way to where
//! she goes.

use aldgate_app::page::NoticeKind;
use aldgate_app::respond::found;
use aldgate_core::federation::logout;
use aldgate_core::federation::metadata::Endpoints;
use aldgate_core::federation::upstream::Upstream;
use aldgate_core::params::Params;
use aldgate_core::session::Session;
use aldgate_store::Tx;
use axum::extract::RawQuery;
use axum::response::Response;
use http::header::LOCATION;
use http::{HeaderValue, StatusCode};

use crate::visitor::{Fault, Visitor};

/// Where providers send the browser back to; registered there as post-logout redirect URI.
const LOGGED_OUT: &str = "login/logged-out";

/// The provider that a browser has to pass on its way out.
pub(crate) struct Detour {
    upstream: Upstream,
    endpoints: std::sync::Arc<Endpoints>,
    id_token: Option<String>,
}

/// Whether a logout request asks for the provider, too: a bare flag, as Auth0's SDKs send it.
pub(crate) fn is_wanted(query: &str) -> bool {
    let is_flag = |pair: &str| pair == "federated" || pair.starts_with("federated=");
    query.split('&').any(is_flag)
}

/// The detour of a logout request that asks for one, if the session came from a provider. Look
/// before the session ends. A provider that cannot be asked keeps nobody from logging out here.
pub(crate) async fn detour(visitor: &Visitor) -> Result<Option<Detour>, Fault> {
    let Some(session) = visitor.live_session().await? else {
        return Ok(None);
    };
    let method = session
        .methods
        .iter()
        .rev()
        .find(|one| one.name == "federated");
    let Some(name) = method.and_then(|method| method.connection.as_deref()) else {
        return Ok(None);
    };
    let connection = visitor
        .app
        .connection_by_name(&visitor.tenant.id, name)
        .await?;
    let Some(upstream) = connection.and_then(|one| Upstream::of(&one).ok()) else {
        return Ok(None);
    };
    let Ok(endpoints) = visitor.app.upstream_endpoints(&upstream).await else {
        return Ok(None);
    };
    let id_token = id_token(visitor, &session, &upstream).await?;
    Ok(Some(Detour {
        upstream,
        endpoints,
        id_token,
    }))
}

/// The ID token of the last login at the provider, which tells it who leaves.
async fn id_token(
    visitor: &Visitor,
    session: &Session,
    upstream: &Upstream,
) -> Result<Option<String>, Fault> {
    let user = session.user_id.clone();
    let read = move |tx: &mut Tx<'_>| tx.upstream_tokens().of_user(&user);
    let kept = visitor.app.store.read(&visitor.tenant.id, read).await?;
    let of_connection = kept
        .iter()
        .find(|one| one.connection_id == upstream.connection_id);
    let tokens =
        of_connection.and_then(|kept| visitor.app.open_upstream_tokens(&visitor.tenant.id, kept));
    Ok(tokens.and_then(|tokens| tokens.id_token))
}

impl Detour {
    /// Where the provider logs out; a form that ends there has to be allowed to.
    pub(crate) fn place(&self) -> Option<&str> {
        self.endpoints.end_session.as_ref().map(url::Url::as_str)
    }

    /// Sends the browser by way of the provider to where the answer of the logout leads.
    pub(crate) fn lead(self, visitor: &Visitor, mut response: Response) -> Response {
        let next = response
            .headers()
            .get(LOCATION)
            .and_then(|to| to.to_str().ok());
        let state = next.map(|next| logout::state(visitor.app.federation_key(), next));
        let address = logout::address(
            &self.endpoints,
            &self.upstream.client_id,
            self.id_token.as_deref(),
            &visitor.tenant.issuer.join(LOGGED_OUT),
            state.as_deref(),
        );
        let Some(to) = address.and_then(|url| HeaderValue::try_from(url.as_str()).ok()) else {
            return response;
        };
        *response.status_mut() = StatusCode::FOUND;
        response.headers_mut().insert(LOCATION, to);
        response
    }
}

/// `GET /login/logged-out`: back from the provider.
pub(super) async fn get(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let query = Params::from_form(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let state = query.get("state");
    match state.and_then(|state| logout::next(visitor.app.federation_key(), state)) {
        Some(next) => found(&next),
        None => visitor.notice(StatusCode::OK, NoticeKind::LoggedOut).await,
    }
}
