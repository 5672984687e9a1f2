//! `/login/callback`: the browser is back from the provider, by GET or by POST (`form_post`).

use std::sync::Arc;

use aldgate_app::extract::FormParams;
use aldgate_app::page::NoticeKind;
use aldgate_core::application::Application;
use aldgate_core::attempts::{Address, Counted, Limits, Subject};
use aldgate_core::connection::Connection;
use aldgate_core::error::{ErrorCode, OAuthError, Refusal};
use aldgate_core::event::EventType;
use aldgate_core::federation::attempt::{Attempt, Purpose};
use aldgate_core::federation::callback::Callback;
use aldgate_core::federation::secret::{Proofs, State};
use aldgate_core::federation::upstream::Upstream;
use aldgate_core::params::Params;
use aldgate_core::secret::TokenHash;
use aldgate_core::session::AuthenticationMethod;
use aldgate_store::{SealedTokens, Tx};
use axum::extract::RawQuery;
use axum::response::Response;
use http::StatusCode;

use super::exchange::{self, Exchange, Proven};
use super::link;
use super::refused::{self, About};
use super::settle::{Settle, Settled};
use crate::hosted_page;
use crate::login::session::{Proof, log_in};
use crate::login::stage::{self, Stage};
use crate::visitor::{Fault, Visitor};

pub(super) async fn get(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    match Params::from_form(query.unwrap_or_default().as_bytes()) {
        Ok(params) => arrive(&visitor, &params).await,
        Err(error) => {
            let refusal = Refusal::new("federation_callback", error.to_string());
            refused::page(&visitor, NOTHING_KNOWN, refusal).await
        }
    }
}

/// Two senders: a provider, and the form of `/usernamepassword/login`.
pub(super) async fn post(visitor: Visitor, FormParams(fields): FormParams) -> Response {
    if fields.get("state").is_none() {
        return hosted_page::call_back(visitor, fields).await;
    }
    arrive(&visitor, &fields).await
}

const NOTHING_KNOWN: About<'static> = About {
    connection: None,
    application: None,
};

async fn arrive(visitor: &Visitor, params: &Params) -> Response {
    let result = match find(visitor, params.get("state").unwrap_or_default()).await {
        Ok(Ok((attempt, handle, proofs))) => {
            let back = Back {
                attempt,
                handle,
                proofs,
                params,
            };
            back.go_on(visitor).await
        }
        Ok(Err(refusal)) => Ok(refused::page(visitor, NOTHING_KNOWN, refusal).await),
        Err(fault) => Err(fault),
    };
    visitor.answer(result).await
}

type Found = (Attempt, String, Proofs);

/// Takes the attempt that `state` names. Whoever comes with a wrong browser or too late has spent
/// it all the same.
async fn find(visitor: &Visitor, state: &str) -> Result<Result<Found, Refusal>, Fault> {
    let unknown = || {
        Refusal::new(
            "federation_state",
            "No login at a provider goes by this state.",
        )
        .expected("a state that this server sent, used once, within ten minutes")
        .remedy("Begin the login anew; do not go back or reload.")
    };
    let Some((state, hash)) = State::parse(state) else {
        return Ok(Err(unknown()));
    };
    let take = move |tx: &mut Tx<'_>| tx.federated_attempts().take(&hash);
    let taken: Option<Attempt> = visitor.app.store.write(&visitor.tenant.id, take).await?;
    let Some(attempt) = taken else {
        return Ok(Err(unknown()));
    };
    let browser = visitor.browser.is_known().then(|| visitor.browser.hash());
    if let Err(refusal) = attempt.check(browser, visitor.now) {
        return Ok(Err(refusal));
    }
    let proofs = Proofs::derive(visitor.app.federation_key(), state.attempt);
    Ok(Ok((attempt, state.handle.to_owned(), proofs)))
}

/// A browser that is back, in time, and the same that left.
pub(super) struct Back<'a> {
    attempt: Attempt,
    handle: String,
    proofs: Proofs,
    params: &'a Params,
}

impl Back<'_> {
    async fn go_on(&self, visitor: &Visitor) -> Result<Response, Fault> {
        let id = &self.attempt.connection_id;
        let found = visitor.app.connection(&visitor.tenant.id, id).await?;
        let Some(connection) = found.filter(|one| one.is_federated() && one.is_active()) else {
            let refusal = Refusal::new("federation_connection", "The connection is gone or off.")
                .actual(id.as_str());
            return Ok(refused::page(visitor, NOTHING_KNOWN, refusal).await);
        };
        match &self.attempt.purpose {
            Purpose::LogIn(transaction) => self.log_in(visitor, &connection, *transaction).await,
            Purpose::Link { session, user } => {
                link::settle(visitor, self, &connection, (session, user)).await
            }
        }
    }

    async fn log_in(
        &self,
        visitor: &Visitor,
        connection: &Arc<Connection>,
        transaction: TokenHash,
    ) -> Result<Response, Fault> {
        if TokenHash::of(&self.handle) != transaction {
            let refusal = Refusal::new("federation_state", "The state was put together anew.");
            return Ok(refused::page(visitor, NOTHING_KNOWN, refusal).await);
        }
        let stage = match stage::open(visitor, Some(&self.handle)).await? {
            Ok(stage) => stage,
            Err(instead) => return Ok(*instead),
        };
        let about = About {
            connection: Some(connection),
            application: Some(&stage.application),
        };
        if let Some(error) = count(visitor, connection).await? {
            return Ok(refused::told(visitor, about, &error).await);
        }
        match self.prove(visitor, connection).await {
            Ok((upstream, proven)) => {
                self.settle(visitor, &stage, about, (upstream, proven))
                    .await
            }
            Err(refusal) => Ok(refused::page(visitor, about, refusal).await),
        }
    }

    /// Who is it? Everything that can be wrong with the provider's answers is found here.
    pub(super) async fn prove(
        &self,
        visitor: &Visitor,
        connection: &Connection,
    ) -> Result<(Upstream, Proven), Refusal> {
        let upstream = Upstream::of(connection)?;
        let endpoints = visitor.app.upstream_endpoints(&upstream).await?;
        if self.attempt.issuer != endpoints.issuer {
            let cause = "The connection leads to another provider than when the browser left.";
            return Err(Refusal::new("federation_mix_up", cause).remedy("Begin the login anew."));
        }
        let code = Callback::read(self.params).code(&self.attempt, endpoints.sends_issuer)?;
        let exchange = Exchange {
            connection,
            upstream: &upstream,
            endpoints: &endpoints,
            attempt: &self.attempt,
            proofs: &self.proofs,
            code: &code,
            user_field: self.params.get("user"),
        };
        let proven = exchange::run(visitor, &exchange).await?;
        Ok((upstream, proven))
    }

    async fn settle(
        &self,
        visitor: &Visitor,
        stage: &Stage,
        about: About<'_>,
        (upstream, proven): (Upstream, Proven),
    ) -> Result<Response, Fault> {
        let settle = settlement(visitor, &stage.application, &upstream, proven)?;
        let work = move |tx: &mut Tx<'_>| settle.run(tx);
        let user_id = match visitor.app.store.write(&visitor.tenant.id, work).await? {
            Settled::In(user_id) => user_id,
            Settled::Refused(error) => return Ok(refused::told(visitor, about, &error).await),
        };
        let method = AuthenticationMethod {
            name: "federated".to_owned(),
            timestamp: visitor.now,
            connection: Some(upstream.name),
        };
        let proof = Proof { user_id, method };
        let transaction = &stage.running.transaction;
        match log_in(visitor, &self.handle, transaction, proof).await? {
            Some(response) => Ok(response),
            None => Ok(visitor
                .notice(StatusCode::BAD_REQUEST, NoticeKind::LoginExpired)
                .await),
        }
    }
}

fn settlement(
    visitor: &Visitor,
    application: &Application,
    upstream: &Upstream,
    proven: Proven,
) -> Result<Settle, Fault> {
    let tokens = seal(visitor, upstream, &proven)?;
    let mut signup = visitor.event(EventType::Signup, Some(application));
    signup.connection = Some(upstream.name.clone());
    let address = visitor.caller.address();
    Ok(Settle {
        connection_id: upstream.connection_id.clone(),
        client_id: application.id.clone(),
        preset: upstream.preset,
        arrival: proven.arrival,
        tokens,
        ip: address.to_string(),
        address: Address::of(address),
        signup,
        now: visitor.now,
    })
}

/// Seals what the provider gave for the account.
pub(super) fn seal(
    visitor: &Visitor,
    upstream: &Upstream,
    proven: &Proven,
) -> Result<SealedTokens, Fault> {
    let account = (&upstream.connection_id, proven.arrival.subject.as_str());
    let sealed = visitor
        .app
        .seal_upstream_tokens(&visitor.tenant.id, account, &proven.tokens);
    Ok(sealed.map_err(|error| {
        let refusal = Refusal::new("federation_token", error.to_string());
        let text = "The server could not finish the request";
        OAuthError::new(ErrorCode::ServerError, text).because(refusal)
    })?)
}

/// Counts the answer as a failure of its address until it proves right (ACC-03).
async fn count(visitor: &Visitor, connection: &Connection) -> Result<Option<OAuthError>, Fault> {
    let address = visitor.caller.address();
    let protection = visitor.app.attack_protection(&visitor.tenant.id).await?;
    let Some(rule) = Limits::new(&connection.options, &protection, address).address else {
        return Ok(None);
    };
    let (subject, now) = (Subject::Address(Address::of(address)), visitor.now);
    let work = move |tx: &mut Tx<'_>| tx.attempts().count(&subject, &rule, now);
    Ok(
        match visitor.app.store.write(&visitor.tenant.id, work).await? {
            Counted::Attempt(_) => None,
            Counted::Blocked(until) => {
                let refusal = Refusal::new("too_many_attempts", "This address failed too often.")
                    .expected(format!("no attempt before {until}"));
                let text = "Too many failed logins from this address";
                Some(OAuthError::new(ErrorCode::TooManyAttempts, text).because(refusal))
            }
        },
    )
}
