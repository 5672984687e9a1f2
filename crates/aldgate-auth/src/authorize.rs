//! `/authorize`, and the way back to it after the pages in between.

pub(crate) mod answer;
pub(crate) mod facts;
pub(crate) mod flow;
pub(crate) mod running;
mod send;

use aldgate_app::App;
use aldgate_core::authorize::Request;
use aldgate_core::error::OAuthError;
use aldgate_core::event::EventType;
use axum::Router;
use axum::body::Bytes;
use axum::extract::RawQuery;
use axum::response::Response;
use axum::routing::get;
use http::header::CONTENT_TYPE;

use crate::visitor::Visitor;

/// The routes of this file.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/authorize", get(by_get).post(by_post))
        .route("/authorize/resume", get(resume))
}

async fn by_get(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let request = Request::parse(query.unwrap_or_default().as_bytes(), b"");
    visitor.answer(flow::start(&visitor, request).await).await
}

/// OpenID Connect Core section 3.1.2.1: the same by POST, with a form body.
async fn by_post(visitor: Visitor, RawQuery(query): RawQuery, body: Bytes) -> Response {
    let kind = visitor
        .headers
        .get(CONTENT_TYPE)
        .map(http::HeaderValue::as_bytes);
    let form = b"application/x-www-form-urlencoded";
    if !kind.is_some_and(|kind| kind.to_ascii_lowercase().starts_with(form)) {
        let text = "The Content-Type must be application/x-www-form-urlencoded";
        let error = OAuthError::invalid_request(text);
        return visitor
            .refuse(&error, EventType::FailedLogin, None, Some("content_type"))
            .await;
    }
    let request = Request::parse(query.unwrap_or_default().as_bytes(), &body);
    visitor.answer(flow::start(&visitor, request).await).await
}

async fn resume(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let state = running::state_of(query.as_deref());
    let result = match running::open(&visitor, state.as_deref()).await {
        Ok(Ok(running)) => flow::go_on(&visitor, &running).await,
        Ok(Err(page)) => Ok(*page),
        Err(fault) => Err(fault),
    };
    visitor.answer(result).await
}
