//! Turns an answer into HTTP: a redirect, or one of the two pages that carry it.

use aldgate_app::page::{FormPost, Policy, WebMessage, reply};
use aldgate_app::respond::found;
use aldgate_core::authorize::plan::Target;
use aldgate_core::authorize::respond::{self, Answer, Reply};
use axum::response::Response;
use http::StatusCode;

use crate::visitor::Visitor;

/// Sends `answer` to `target`. `application` is the name that the form page shows.
pub(super) async fn send(
    visitor: &Visitor,
    target: &Target,
    answer: Answer,
    application: Option<String>,
) -> Response {
    match respond::reply(target, answer, &visitor.tenant.issuer) {
        Reply::Redirect(location) => found(&location),
        Reply::FormPost { action, fields } => {
            let policy = Policy::form_post(&action);
            let page = FormPost {
                action,
                fields,
                application,
            };
            reply(StatusCode::OK, &page, &visitor.chrome(None).await, &policy)
        }
        Reply::WebMessage {
            target_origin,
            response,
        } => {
            let policy = Policy::web_message(&target_origin);
            let page = WebMessage {
                target_origin,
                response: response.into_iter().collect(),
            };
            reply(StatusCode::OK, &page, &visitor.chrome(None).await, &policy)
        }
    }
}
