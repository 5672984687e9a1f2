//! `/passwordless/verify` says whether a code is right; `/passwordless/verify_redirect` logs in
//! with it. The latter asks first: mail scanners follow links, and nobody is to be logged in as
//! somebody else unawares (ACC-05, WEB-01).

use std::sync::Arc;

use aldgate_app::extract::{FormParams, RequestParams};
use aldgate_app::page::{LoginConfirm, Policy, reply};
use aldgate_app::respond::json;
use aldgate_core::application::Application;
use aldgate_core::authorize::Request;
use aldgate_core::connection::Connection;
use aldgate_core::error::{OAuthError, Refusal};
use aldgate_core::event::EventType;
use aldgate_core::params::Params;
use aldgate_core::passwordless::{Binding, Recipient};
use axum::extract::RawQuery;
use axum::response::Response;
use http::StatusCode;
use serde_json::json as value;

use super::{CodeProof, Passwordless, find};
use crate::accounts::LoginFailure;
use crate::authorize::facts::find_application;
use crate::authorize::flow;
use crate::cross_origin;
use crate::visitor::{Fault, Visitor, view};

const FORM: &str = "passwordless";
const PATH: &str = "/passwordless/verify_redirect";

/// Whom a code is said to prove.
struct Claim {
    client: Arc<Application>,
    connection: Arc<Connection>,
    recipient: Recipient,
    code: String,
}

/// `POST /passwordless/verify`: the code stays usable.
pub(super) async fn check(visitor: Visitor, RequestParams(params): RequestParams) -> Response {
    let claim = match claim(&visitor, &params).await {
        Ok(Ok(claim)) => claim,
        Ok(Err(error)) => {
            visitor.record(EventType::FailedLogin, &error, None, None);
            return refused(
                StatusCode::BAD_REQUEST,
                "invalid_request",
                &error.description,
            );
        }
        Err(fault) => return visitor.answer(Err(fault)).await,
    };
    let chrome = visitor.chrome(None).await;
    let passwordless = claim.passwordless(&visitor, &chrome);
    let binding = Binding::Application(&claim.client.id);
    match passwordless
        .look_at(&claim.recipient, binding, &claim.code)
        .await
    {
        Ok(()) => json(StatusCode::OK, &value!({})),
        Err(failure) => failed(&failure),
    }
}

/// `GET /passwordless/verify_redirect`: uses nothing up, and does not say whether the code is
/// right.
pub(super) async fn ask(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let result = match Params::from_form(query.unwrap_or_default().as_bytes()) {
        Ok(params) => question(&visitor, &params).await,
        Err(error) => Ok(refuse(&visitor, &OAuthError::invalid_request(error.to_string())).await),
    };
    visitor.answer(result).await
}

async fn question(visitor: &Visitor, params: &Params) -> Result<Response, Fault> {
    let claim = match claim(visitor, params).await? {
        Ok(claim) => claim,
        Err(error) => return Ok(refuse(visitor, &error).await),
    };
    let carried = |(name, value): (&str, &serde_json::Value)| {
        Some((name.to_owned(), value.as_str()?.to_owned()))
    };
    let page = LoginConfirm {
        form: visitor.form(PATH, FORM, None),
        application: Some(view(&claim.client)),
        recipient: claim.recipient.text,
        fields: params.iter().filter(known).filter_map(carried).collect(),
    };
    let callbacks = claim.client.callbacks.iter().map(String::as_str);
    let sent = params.get("redirect_uri");
    let policy = Policy::transaction(sent.into_iter().chain(callbacks));
    let chrome = visitor.chrome(params.get("ui_locales")).await;
    let mut response = reply(StatusCode::OK, &page, &chrome, &policy);
    visitor.remember_browser(&mut response);
    Ok(response)
}

/// Parameters that mean something here or at `/authorize`; anything else a link brings is dropped.
fn known((name, _): &(&str, &serde_json::Value)) -> bool {
    let own = ["verification_code", "email", "phone_number"].contains(name);
    own || (Request::PARAMETERS.contains(name) && *name != "login_ticket")
}

/// `POST /passwordless/verify_redirect`: the button.
pub(super) async fn log_in(visitor: Visitor, FormParams(fields): FormParams) -> Response {
    let result = match visitor.check_form(&fields, FORM).await {
        Ok(()) => confirmed(&visitor, &fields).await,
        Err(page) => Ok(*page),
    };
    visitor.answer(result).await
}

async fn confirmed(visitor: &Visitor, fields: &Params) -> Result<Response, Fault> {
    let claim = match claim(visitor, fields).await? {
        Ok(claim) => claim,
        Err(error) => return Ok(refuse(visitor, &error).await),
    };
    let chrome = visitor.chrome(None).await;
    let passwordless = claim.passwordless(visitor, &chrome);
    let binding = Binding::Application(&claim.client.id);
    let proof = CodeProof {
        recipient: &claim.recipient,
        binding,
        code: &claim.code,
        request: &visitor.as_seen(),
    };
    let user = match passwordless.redeem(proof).await {
        Ok(user) => user,
        Err(failure) => return Ok(refuse(visitor, &failure.to_oauth()).await),
    };
    let ticket = cross_origin::issue(visitor, &claim.client, &claim.connection, user).await?;
    let request = Request::parse(query(fields, ticket.expose()).as_bytes(), b"");
    flow::start(visitor, request).await
}

/// The query of the authorization request that goes on with the login.
fn query(fields: &Params, ticket: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("login_ticket", ticket);
    for name in Request::PARAMETERS {
        let own = ["login_ticket", "connection", "realm"].contains(name);
        if let Some(value) = fields.get(name).filter(|_| !own) {
            query.append_pair(name, value);
        }
    }
    query.finish()
}

async fn claim(visitor: &Visitor, params: &Params) -> Result<Result<Claim, OAuthError>, Fault> {
    let application = find_application(visitor, params.get("client_id")).await?;
    let Some(client) = application.filter(|application| !application.disabled) else {
        return Ok(Err(OAuthError::invalid_request("Unknown client_id")));
    };
    let name = params.get("connection").unwrap_or_default();
    let found = find(&visitor.app, &visitor.tenant, &client, name).await?;
    let Some((connection, channel)) = found else {
        let text = "Unknown or disabled connection";
        return Ok(Err(OAuthError::invalid_request(text)));
    };
    let typed = params.get(channel.parameter()).unwrap_or_default();
    let recipient = match Recipient::parse(channel, typed) {
        Ok(recipient) => recipient,
        Err(refused) => {
            let text = refused.refusal.cause.to_string();
            return Ok(Err(
                OAuthError::invalid_request(text).because(*refused.refusal)
            ));
        }
    };
    let Some(code) = params
        .get("verification_code")
        .or_else(|| params.get("code"))
    else {
        return Ok(Err(OAuthError::missing("verification_code")));
    };
    Ok(Ok(Claim {
        client,
        connection,
        recipient,
        code: code.to_owned(),
    }))
}

impl Claim {
    fn passwordless<'a>(
        &'a self,
        visitor: &'a Visitor,
        chrome: &'a aldgate_app::page::Chrome,
    ) -> Passwordless<'a> {
        Passwordless {
            app: &visitor.app,
            tenant: &visitor.tenant,
            connection: &self.connection,
            client: &self.client,
            caller: &visitor.caller,
            chrome,
            now: visitor.now,
        }
    }
}

async fn refuse(visitor: &Visitor, error: &OAuthError) -> Response {
    let refusal = error.refusal.as_deref().cloned();
    let refusal = refusal.unwrap_or_else(|| {
        Refusal::new("code_not_usable", error.description.clone())
            .remedy("Ask for a new code in the application.")
    });
    let error = error.clone().because(refusal);
    visitor
        .refuse(&error, EventType::FailedLogin, None, Some("passwordless"))
        .await
}

fn failed(failure: &LoginFailure) -> Response {
    let error = failure.to_oauth();
    let (status, code) = match failure {
        LoginFailure::TooManyAttempts { .. } => {
            (StatusCode::TOO_MANY_REQUESTS, "too_many_attempts")
        }
        LoginFailure::UserBlocked => (StatusCode::FORBIDDEN, "unauthorized"),
        LoginFailure::WrongCode(_) | LoginFailure::WrongCredentials | LoginFailure::Denied(_) => {
            (StatusCode::FORBIDDEN, "access_denied")
        }
        LoginFailure::Hashing(_) | LoginFailure::Store(_) | LoginFailure::Mail(_) => {
            (StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable")
        }
    };
    refused(status, code, &error.description)
}

fn refused(status: StatusCode, code: &str, text: &str) -> Response {
    json(status, &value!({"error": code, "error_description": text}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn web_01_a_link_carries_nothing_but_what_is_known() {
        let value = serde_json::Value::Null;
        for name in [
            "client_id",
            "email",
            "verification_code",
            "state",
            "redirect_uri",
        ] {
            assert!(known(&(name, &value)), "{name}");
        }
        for name in ["csrf", "login_ticket", "action", "x"] {
            assert!(!known(&(name, &value)), "{name}");
        }
    }
}
