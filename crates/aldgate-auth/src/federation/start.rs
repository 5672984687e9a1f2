//! The way to a provider: an attempt is stored, and the browser goes.

use std::sync::Arc;

use aldgate_app::respond::see_other;
use aldgate_core::application::Application;
use aldgate_core::authorize::Request;
use aldgate_core::connection::Connection;
use aldgate_core::error::Refusal;
use aldgate_core::federation::attempt::{Attempt, Purpose};
use aldgate_core::federation::realm;
use aldgate_core::federation::request::{self, Departure};
use aldgate_core::federation::secret::{Proofs, State};
use aldgate_core::federation::upstream::Upstream;
use aldgate_core::params::Params;
use aldgate_core::secret::{TokenHash, TokenKind};
use aldgate_store::{StoreError, Tx};
use axum::extract::RawQuery;
use axum::response::Response;

use super::{CALLBACK, refused};
use crate::login::stage::{self, Stage};
use crate::visitor::{Fault, Visitor};

/// Who goes where, and why.
pub(crate) struct Way<'a> {
    /// The connection.
    pub(crate) connection: &'a Connection,
    /// What for.
    pub(crate) purpose: Purpose,
    /// Handle of the running authorization; empty when there is none.
    pub(crate) handle: &'a str,
    /// What the application asked for.
    pub(crate) request: &'a Request,
    /// What the user typed.
    pub(crate) typed: Option<&'a str>,
    /// The application, for the log.
    pub(crate) application: Option<&'a Application>,
}

/// `GET /u/login/connection?name&state`: a button of a login page.
pub(super) async fn by_button(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let query = Params::from_form(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let result = match stage::open(&visitor, query.get("state")).await {
        Ok(Ok(stage)) => pressed(&visitor, &stage, query.get("name").unwrap_or_default()).await,
        Ok(Err(instead)) => Ok(*instead),
        Err(fault) => Err(fault),
    };
    visitor.answer(result).await
}

async fn pressed(visitor: &Visitor, stage: &Stage, name: &str) -> Result<Response, Fault> {
    let found = visitor
        .app
        .connection_by_name(&visitor.tenant.id, name)
        .await?;
    let usable = found.filter(|one| {
        one.is_federated() && one.is_active() && one.is_enabled_for(&stage.application.id)
    });
    match usable {
        Some(connection) => from_stage(visitor, stage, &connection, None).await,
        None => {
            let refusal = Refusal::new(
                "federation_connection",
                "The connection cannot be used here.",
            )
            .expected("an active connection that is enabled for the application")
            .actual(name)
            .remedy("Enable the connection for the application.");
            let about = refused::About {
                connection: None,
                application: Some(&stage.application),
            };
            Ok(refused::page(visitor, about, refusal).await)
        }
    }
}

/// Leaves from a page of a running authorization.
pub(crate) async fn from_stage(
    visitor: &Visitor,
    stage: &Stage,
    connection: &Connection,
    typed: Option<&str>,
) -> Result<Response, Fault> {
    let way = Way {
        connection,
        purpose: Purpose::LogIn(stage.running.hash),
        handle: stage.handle(),
        request: &stage.running.transaction.request,
        typed,
        application: Some(&stage.application),
    };
    leave(visitor, way).await
}

/// The connection whose people have addresses in the domain of what was typed, if there is one
/// (home-realm discovery).
pub(crate) async fn realm_of(
    visitor: &Visitor,
    stage: &Stage,
    typed: &str,
) -> Result<Option<Arc<Connection>>, StoreError> {
    let all = visitor.app.connections(&visitor.tenant.id).await?;
    Ok(realm::of_address(&all, &stage.application.id, typed))
}

/// Sends the browser to the provider, or shows why that cannot be.
pub(crate) async fn leave(visitor: &Visitor, way: Way<'_>) -> Result<Response, Fault> {
    let about = refused::About {
        connection: Some(way.connection),
        application: way.application,
    };
    let upstream = match Upstream::of(way.connection) {
        Ok(upstream) => upstream,
        Err(refusal) => return Ok(refused::page(visitor, about, refusal).await),
    };
    let endpoints = match visitor.app.upstream_endpoints(&upstream).await {
        Ok(endpoints) => endpoints,
        Err(refusal) => return Ok(refused::page(visitor, about, refusal).await),
    };
    let name = TokenKind::Federation.generate(&mut visitor.app.rng());
    let state = State {
        attempt: name.expose(),
        handle: way.handle,
    };
    let departure = Departure {
        upstream: &upstream,
        endpoints: &endpoints,
        redirect_uri: &visitor.tenant.issuer.join(CALLBACK),
        state: &state.to_string(),
        proofs: &Proofs::derive(visitor.app.federation_key(), name.expose()),
        request: way.request,
        typed: way.typed,
    };
    let id = way.connection.id.clone();
    let attempt = Attempt::begin(id, visitor.browser.hash(), way.purpose, visitor.now);
    let attempt = request::note(attempt, departure);
    let hash = TokenHash::of(name.expose());
    let write = move |tx: &mut Tx<'_>| tx.federated_attempts().begin(&hash, &attempt);
    visitor.app.store.write(&visitor.tenant.id, write).await?;
    let mut response = see_other(request::address(departure).as_str());
    visitor.remember_browser(&mut response);
    Ok(response)
}
