//! `POST /dbconnections/signup`: sign-up by an application's own form (Auth0: `/dbconnections`).

use aldgate_app::App;
use aldgate_app::extract::{Caller, RequestParams, Tenant};
use aldgate_app::respond::json;
use aldgate_core::action::event;
use aldgate_core::error::Refusal;
use aldgate_core::event::EventType;
use aldgate_core::params::Params;
use aldgate_core::secret::Secret;
use aldgate_core::signup::{Draft, RefusedField};
use aldgate_core::user::User;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, StatusCode};
use serde_json::{Map, Value};

use super::database;
use super::refused::{Failure, Refused, application};
use super::sign_up::SignUp;
use crate::actions::request as request_facts;

/// Opens an account, or says why not.
pub(super) async fn create(
    State(app): State<App>,
    tenant: Tenant,
    caller: Caller,
    headers: HeaderMap,
    RequestParams(mut params): RequestParams,
) -> Response {
    let password = match params.take("password") {
        Some(Value::String(password)) => Secret::new(password),
        _ => return Refused::parameter("password").into_response(),
    };
    let chrome = app.chrome(&tenant, &headers, "").await;
    let client = match application(&app, &tenant, params.get("client_id")).await {
        Ok(client) => client,
        Err(failure) => return failure.into_response(),
    };
    let Some(name) = params.get("connection") else {
        return Refused::parameter("connection").into_response();
    };
    let connection = match database(&app, &tenant, Some(&client.id), Some(name)).await {
        Ok(connection) => connection,
        Err(error) => return Failure::from(error).into_response(),
    };
    let sent = ("POST", Map::new(), event::shown(params.iter()));
    let request = request_facts(&tenant, &caller, &headers, sent);
    let sign_up = SignUp {
        app: &app,
        tenant: &tenant,
        connection: &connection,
        application: &client,
        caller: &caller,
        chrome: &chrome,
        request: &request,
    };
    match attempt(&sign_up, &params, password).await {
        Ok(user) => json(StatusCode::OK, &body(&user)),
        Err(failure) => {
            if let Failure::Refused(refused) = &failure {
                let mut event = sign_up.event(EventType::FailedSignup);
                event.description = refused.refusal.cause.clone().into_owned();
                event.refusal = Some(refused.refusal.clone());
                app.events.record(&tenant.id, event);
            }
            failure.into_response()
        }
    }
}

async fn attempt(
    sign_up: &SignUp<'_>,
    params: &Params,
    password: Secret<String>,
) -> Result<User, Failure> {
    if sign_up.connection.disables_signup() {
        let refusal = Refusal::new(
            "signup_disabled",
            "The connection has sign-up switched off.",
        )
        .remedy("Switch off the connection's option disable_signup.");
        let text = "Public signup is disabled";
        return Err(Refused::bad_request("public_signup_disabled", text, refusal).into());
    }
    if !sign_up.is_allowed().await? {
        return Err(Refused::too_many().into());
    }
    let fields: Map<String, Value> = params
        .iter()
        .map(|(name, value)| (name.to_owned(), value.clone()))
        .collect();
    let draft = Draft::public(&fields).map_err(invalid)?;
    match sign_up.create(draft, password).await {
        Ok(user) => Ok(user),
        Err(error) => Err(Refused::sign_up(sign_up.tenant, error)?.into()),
    }
}

fn invalid(RefusedField { field, refusal }: RefusedField) -> Failure {
    let description = format!("{field}: {}", refusal.cause);
    Refused::bad_request("invalid_signup", &description, *refusal).into()
}

/// What the application learns: the profile without `auth0|` before the id.
fn body(user: &User) -> Value {
    let mut body = Map::new();
    body.insert("_id".into(), user.id.subject().into());
    body.insert("email_verified".into(), user.email_verified.into());
    let profile = &user.profile;
    let texts = [
        ("email", &user.email),
        ("username", &user.username),
        ("phone_number", &user.phone_number),
        ("given_name", &profile.given_name),
        ("family_name", &profile.family_name),
        ("name", &profile.name),
        ("nickname", &profile.nickname),
        ("picture", &profile.picture),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            body.insert(name.into(), text.as_str().into());
        }
    }
    if user.phone_number.is_some() {
        body.insert("phone_verified".into(), user.phone_verified.into());
    }
    if !user.user_metadata.is_empty() {
        body.insert("user_metadata".into(), user.user_metadata.clone().into());
    }
    body.into()
}
