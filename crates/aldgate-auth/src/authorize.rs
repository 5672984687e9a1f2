//! `/authorize`, and the way back to it after the pages in between.

mod actions;
pub(crate) mod answer;
pub(crate) mod facts;
pub(crate) mod flow;
pub(crate) mod running;
mod send;

use aldgate_app::App;
use aldgate_app::extract::FormParams;
use aldgate_app::respond::see_other;
use aldgate_core::action::event;
use aldgate_core::authorize::Request;
use aldgate_core::error::OAuthError;
use aldgate_core::event::EventType;
use aldgate_core::params::Params;
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
        .route("/continue", get(back_by_get).post(back_by_post))
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

/// Where users come back to that an action sent away (Auth0: `/continue`).
async fn back_by_get(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let query = Params::from_form(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    come_back(&visitor, "GET", &query, &Params::default()).await
}

/// The same by a form. A form of another site comes without the cookie that knows the browser;
/// the address with the same parameters comes with it.
async fn back_by_post(
    visitor: Visitor,
    RawQuery(query): RawQuery,
    FormParams(body): FormParams,
) -> Response {
    let query = Params::from_form(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    if visitor.browser.is_known() {
        return come_back(&visitor, "POST", &query, &body).await;
    }
    let mut pairs = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in query.iter().chain(body.iter()) {
        pairs.append_pair(name, value.as_str().unwrap_or_default());
    }
    see_other(
        &visitor
            .tenant
            .issuer
            .join(&format!("continue?{}", pairs.finish())),
    )
}

async fn come_back(visitor: &Visitor, method: &str, query: &Params, body: &Params) -> Response {
    let state = query.get("state").or_else(|| body.get("state"));
    let result = match running::open(visitor, state).await {
        Ok(Ok(running)) => {
            let back = (
                method,
                event::shown(query.iter()),
                event::shown(body.iter()),
            );
            flow::come_back(visitor, &running, back).await
        }
        Ok(Err(page)) => Ok(*page),
        Err(fault) => Err(fault),
    };
    visitor.answer(result).await
}
