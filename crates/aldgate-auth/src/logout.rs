//! Logout: `/v2/logout` and `/oidc/logout` (ruling R4, OID-03).

mod confirm;
mod rp_initiated;

use aldgate_app::App;
use aldgate_app::page::NoticeKind;
use aldgate_app::respond::found;
use aldgate_core::application::Application;
use aldgate_core::error::{OAuthError, Refusal};
use aldgate_core::event::EventType;
use aldgate_core::logout::backchannel::Initiator;
use aldgate_core::logout::{self, Outcome, Simple};
use aldgate_core::params::Params;
use aldgate_core::session::Session;
use aldgate_store::{StoreError, Tx};
use axum::Router;
use axum::extract::RawQuery;
use axum::response::Response;
use axum::routing::{get, post};
use http::StatusCode;

use crate::authorize::facts::find_application;
use crate::federation::logout as federated;
use crate::visitor::{Fault, Visitor};

/// The routes of this file.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/v2/logout", get(simple))
        .route(
            "/oidc/logout",
            get(rp_initiated::get).post(rp_initiated::post),
        )
        .route("/oidc/logout/confirm", post(confirm::post))
}

/// `GET /v2/logout?client_id&returnTo`.
async fn simple(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let result = match read(&visitor, query.as_bytes()).await {
        Ok(params) => simple_with(&visitor, &params, federated::is_wanted(&query)).await,
        Err(page) => Ok(*page),
    };
    visitor.answer(result).await
}

async fn simple_with(
    visitor: &Visitor,
    params: &Params,
    federated: bool,
) -> Result<Response, Fault> {
    let client_id = params.get("client_id");
    let application = find_application(visitor, client_id).await?;
    let outcome = logout::simple(Simple {
        client_id,
        application: application.as_deref(),
        return_to: params.get("returnTo"),
        tenant_urls: &visitor.tenant.settings.allowed_logout_urls,
    });
    carry_out(visitor, outcome, application.as_deref(), federated).await
}

/// Reads the parameters of a request that may log out: a navigation, each parameter once.
async fn read(visitor: &Visitor, text: &[u8]) -> Result<Params, Box<Response>> {
    if !logout::is_navigation(visitor.fetch_dest()) {
        let refusal = Refusal::new("not_a_navigation", "A part of a page asked to log out.")
            .expected("Sec-Fetch-Dest: document")
            .actual(visitor.fetch_dest().unwrap_or_default())
            .remedy("Send the browser there: window.location, a link or a form.");
        let text = "Logout must be a navigation of the whole page";
        let error = OAuthError::invalid_request(text).because(refusal);
        let kind = EventType::FailedLogout;
        return Err(Box::new(visitor.refuse(&error, kind, None, None).await));
    }
    match Params::from_form(text) {
        Ok(params) => Ok(params),
        Err(error) => {
            let error = OAuthError::invalid_request(error.to_string());
            let kind = EventType::FailedLogout;
            Err(Box::new(visitor.refuse(&error, kind, None, None).await))
        }
    }
}

/// Ends the session if it is to end, and sends the browser on; with `federated` by way of the
/// provider it came from.
async fn carry_out(
    visitor: &Visitor,
    outcome: Outcome,
    application: Option<&Application>,
    federated: bool,
) -> Result<Response, Fault> {
    match outcome {
        Outcome::Done(next) => {
            let detour = match federated {
                true => federated::detour(visitor).await?,
                false => None,
            };
            end_session(visitor, application).await?;
            let mut response = match next {
                Some(url) => found(&url),
                None => visitor.notice(StatusCode::OK, NoticeKind::LoggedOut).await,
            };
            if let Some(detour) = detour {
                response = detour.lead(visitor, response);
            }
            visitor.clear_session(&mut response);
            Ok(response)
        }
        Outcome::Refused {
            error,
            ends_session,
        } => {
            let kind = EventType::FailedLogout;
            let mut response = visitor.refuse(&error, kind, application, None).await;
            if ends_session {
                end_session(visitor, application).await?;
                visitor.clear_session(&mut response);
            }
            Ok(response)
        }
        Outcome::Ask => Ok(visitor
            .notice(StatusCode::OK, NoticeKind::StillLoggedIn)
            .await),
    }
}

/// Ends the browser's session and notes it in the tenant log, in one unit of work.
async fn end_session(
    visitor: &Visitor,
    application: Option<&Application>,
) -> Result<(), StoreError> {
    let Some(hash) = visitor.session() else {
        return Ok(());
    };
    let (event, now) = (visitor.event(EventType::Logout, application), visitor.now);
    let write = move |tx: &mut Tx<'_>| {
        if let Some(live) = tx.sessions().live(&hash, now)? {
            tx.logouts()
                .of_session(&live.id, Initiator::RpLogout, now)?;
        }
        let ended: Option<Session> = tx.sessions().end(&hash)?;
        if let Some(session) = ended {
            let mut event = event.clone();
            event.user_id = Some(session.user_id);
            tx.events().record(&[event])?;
        }
        Ok::<_, StoreError>(())
    };
    visitor.app.store.write(&visitor.tenant.id, write).await
}
