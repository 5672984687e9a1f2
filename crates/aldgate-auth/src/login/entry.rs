//! `/login`: the address of Auth0's classic page. It leads to the page that does the work.

use aldgate_app::page::NoticeKind;
use aldgate_app::respond::found;
use aldgate_core::secret::TokenKind;
use axum::extract::RawQuery;
use axum::response::Response;
use http::StatusCode;

use crate::authorize::running::state_of;
use crate::visitor::Visitor;

/// With the handle of a transaction to `/u/login`, with an authorization request to `/authorize`,
/// else to the tenant's `default_redirection_uri` if there is one.
pub(super) async fn get(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let issuer = &visitor.tenant.issuer;
    let query = query.unwrap_or_default();
    let handle =
        state_of(Some(&query)).filter(|state| TokenKind::Transaction.hash(state).is_some());
    if let Some(handle) = handle {
        return found(&issuer.join(&format!("u/login?state={handle}")));
    }
    if query.split('&').any(|pair| pair.starts_with("client_id=")) {
        return found(&issuer.join(&format!("authorize?{query}")));
    }
    match &visitor.tenant.settings.default_redirection_uri {
        Some(uri) if uri.starts_with("https://") => found(uri),
        _ => {
            visitor
                .notice(StatusCode::BAD_REQUEST, NoticeKind::NothingToDo)
                .await
        }
    }
}
