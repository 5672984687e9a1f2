//! What auth0.js asks of the server when it runs on a login page of the tenant's own:
//! `/usernamepassword/login`, whose answer is a form that goes to `/login/callback`, and
//! `/user/ssodata`.

use std::fmt::Write as _;

use aldgate_app::App;
use aldgate_app::extract::RequestParams;
use aldgate_app::respond::{json, no_store};
use aldgate_core::authorize::Request;
use aldgate_core::connection::DATABASE;
use aldgate_core::error::OAuthError;
use aldgate_core::event::EventType;
use aldgate_core::params::Params;
use axum::Router;
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::{get, post};
use http::StatusCode;
use http::header::ORIGIN;
use serde_json::{Map, Value, json};

use crate::accounts::LoginFailure;
use crate::authorize::facts::find_application;
use crate::authorize::flow;
use crate::cross_origin::{Target, comes_from, prove};
use crate::visitor::{Fault, Visitor};

/// The routes of this file.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/usernamepassword/login", post(log_in))
        .route("/user/ssodata", get(sso_data))
}

async fn log_in(visitor: Visitor, RequestParams(params): RequestParams) -> Response {
    let target = match target(&visitor, &params).await {
        Ok(Some(target)) => target,
        Ok(None) => {
            let text = "The page, the application or the connection may not log in this way.";
            return refused(StatusCode::UNAUTHORIZED, "unauthorized_client", text);
        }
        Err(fault) => return visitor.answer(Err(fault)).await,
    };
    match prove(&visitor, &target, &params).await {
        Ok(ticket) => {
            let context = context(&params, &target.connection.name);
            let mut response = form(&visitor, ticket.expose(), &context);
            visitor.remember_browser(&mut response);
            response
        }
        Err(failure) => failed(&failure),
    }
}

/// The application and the connection, if the page that asks is the tenant's own, or one of an
/// application that may log people in from elsewhere.
async fn target(visitor: &Visitor, params: &Params) -> Result<Option<Target>, Fault> {
    let application = find_application(visitor, params.get("client_id")).await?;
    let Some(application) = application.filter(|application| !application.disabled) else {
        return Ok(None);
    };
    let origin = visitor.headers.get(ORIGIN).map(http::HeaderValue::as_bytes);
    let own = origin == Some(visitor.tenant.issuer.origin().as_bytes());
    let elsewhere = application.cross_origin_authentication && comes_from(visitor, &application);
    if !own && !elsewhere {
        return Ok(None);
    }
    let name = params.get("connection").unwrap_or_default();
    let connection = visitor
        .app
        .connection_by_name(&visitor.tenant.id, name)
        .await?;
    let usable = connection.filter(|connection| {
        connection.is_database() && connection.is_enabled_for(&application.id)
    });
    Ok(usable.map(|connection| Target {
        application,
        connection,
    }))
}

/// The authorization request that the page was opened for, to go on with behind the form.
fn context(params: &Params, realm: &str) -> String {
    let mut context = Map::new();
    for name in Request::PARAMETERS {
        if let Some(value) = params.get(name) {
            context.insert((*name).to_owned(), value.into());
        }
    }
    context.insert("realm".to_owned(), realm.into());
    Value::Object(context).to_string()
}

/// The form that auth0.js puts into its page and submits.
fn form(visitor: &Visitor, ticket: &str, context: &str) -> Response {
    let action = visitor.tenant.issuer.join("login/callback");
    let mut html = format!("<form method=\"post\" name=\"hiddenform\" action=\"{action}\">\n");
    for (name, value) in [("wa", "wsignin1.0"), ("wresult", ticket), ("wctx", context)] {
        // Writing to a string cannot fail.
        let _written = writeln!(
            html,
            "<input type=\"hidden\" name=\"{name}\" value=\"{}\">",
            escape(value)
        );
    }
    html.push_str("</form>\n");
    let mut response = Html(html).into_response();
    no_store(response.headers_mut());
    response
}

/// Makes text safe between double quotes in HTML (WEB-02).
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Auth0's error body of this endpoint.
fn failed(failure: &LoginFailure) -> Response {
    match failure {
        LoginFailure::WrongCredentials | LoginFailure::WrongCode(_) => {
            let text = "Wrong email or password.";
            refused(StatusCode::UNAUTHORIZED, "invalid_user_password", text)
        }
        LoginFailure::UserBlocked => {
            refused(StatusCode::UNAUTHORIZED, "blocked_user", "user is blocked")
        }
        LoginFailure::Denied(error) => refused(
            StatusCode::UNAUTHORIZED,
            error.code.as_str(),
            &error.description,
        ),
        LoginFailure::TooManyAttempts { .. } => {
            let error = failure.to_oauth();
            let status = StatusCode::TOO_MANY_REQUESTS;
            refused(status, "too_many_attempts", &error.description)
        }
        LoginFailure::Hashing(_) | LoginFailure::Store(_) | LoginFailure::Mail(_) => refused(
            StatusCode::SERVICE_UNAVAILABLE,
            "temporarily_unavailable",
            "Try again",
        ),
    }
}

fn refused(status: StatusCode, code: &str, text: &str) -> Response {
    let body = json!({
        "name": code,
        "code": code,
        "description": text,
        "statusCode": status.as_u16(),
    });
    json(status, &body)
}

/// Where the form goes: the same as going to `/authorize` with the ticket. Nothing but the ticket,
/// which is bound to this browser, lets anybody in.
pub(crate) async fn call_back(visitor: Visitor, fields: Params) -> Response {
    let context = fields.get("wctx").unwrap_or_default();
    let (Ok(context), Some(ticket)) =
        (Params::from_json(context.as_bytes()), fields.get("wresult"))
    else {
        let error = OAuthError::invalid_request("wresult and wctx must come from the login form");
        return visitor
            .refuse(&error, EventType::FailedLogin, None, Some("callback"))
            .await;
    };
    let request = Request::parse(query(&context, ticket).as_bytes(), b"");
    visitor.answer(flow::start(&visitor, request).await).await
}

/// The query of the authorization request that `context` holds, with the ticket.
fn query(context: &Params, ticket: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("login_ticket", ticket);
    for name in Request::PARAMETERS {
        if let Some(value) = context.get(name).filter(|_| *name != "login_ticket") {
            query.append_pair(name, value);
        }
    }
    query.finish()
}

/// Whether somebody is logged in at this browser, and by which connection. It does not say who.
async fn sso_data(visitor: Visitor) -> Response {
    let session = match visitor.live_session().await {
        Ok(session) => session,
        Err(error) => return visitor.answer(Err(error.into())).await,
    };
    let connection = session
        .as_ref()
        .and_then(|session| session.methods.last())
        .and_then(|method| method.connection.as_deref());
    let mut body = json!({"sso": session.is_some()});
    if let Some(name) = connection {
        body["lastUsedConnection"] = json!({"name": name, "strategy": DATABASE});
    }
    json(StatusCode::OK, &body)
}
