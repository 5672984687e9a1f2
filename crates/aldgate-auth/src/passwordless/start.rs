//! `POST /passwordless/start`: an application asks for a code or a link (Auth0: passwordless).

use std::sync::Arc;

use aldgate_app::App;
use aldgate_app::extract::{Caller, ClientRequest, Tenant};
use aldgate_app::respond::json;
use aldgate_core::application::Application;
use aldgate_core::error::{OAuthError, Refusal};
use aldgate_core::event::EventType;
use aldgate_core::id::ClientId;
use aldgate_core::params::Params;
use aldgate_core::passwordless::{Binding, Channel, Recipient};
use aldgate_core::presented::Presented;
use aldgate_core::secret::TokenHash;
use aldgate_jose::digest;
use aldgate_store::StoreError;
use axum::extract::State;
use axum::response::Response;
use http::header::RETRY_AFTER;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::{Value, json as value};

use super::{Form, Passwordless, SendError, find};
use crate::client;

/// The most bytes of all `authParams` together.
const AUTH_PARAMS_MAX: usize = 4096;

/// Parameters of the authorization request that a link goes on with.
const AUTH_PARAMS: [&str; 9] = [
    "response_type",
    "response_mode",
    "redirect_uri",
    "scope",
    "audience",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
];

/// A refusal in this endpoint's words.
struct Refused {
    status: StatusCode,
    code: &'static str,
    text: String,
    refusal: Option<Refusal>,
}

impl Refused {
    fn bad(code: &'static str, text: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            code,
            text: text.into(),
            refusal: None,
        }
    }

    fn because(mut self, refusal: Refusal) -> Self {
        self.refusal = Some(refusal);
        self
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "a code could not be asked for");
        Self {
            status: StatusCode::SERVICE_UNAVAILABLE,
            code: "temporarily_unavailable",
            text: "Try again".to_owned(),
            refusal: None,
        }
    }
}

pub(super) async fn create(
    State(app): State<App>,
    tenant: Tenant,
    caller: Caller,
    headers: HeaderMap,
    request: ClientRequest,
) -> Response {
    match start(&app, &tenant, &caller, &headers, &request).await {
        Ok(body) => json(StatusCode::OK, &body),
        Err(refused) => {
            let mut event = app.event(EventType::FailedSending, &caller, app.now());
            event.client_id = request.presented.client_id().cloned();
            event.description.clone_from(&refused.text);
            event.refusal = Some(
                refused
                    .refusal
                    .unwrap_or_else(|| Refusal::new(refused.code, refused.text.clone())),
            );
            app.events.record(&tenant.id, event);
            let body = value!({"error": refused.code, "error_description": refused.text});
            let mut response = json(refused.status, &body);
            if refused.status == StatusCode::TOO_MANY_REQUESTS {
                let headers = response.headers_mut();
                headers.insert(RETRY_AFTER, HeaderValue::from_static("60"));
            }
            response
        }
    }
}

async fn start(
    app: &App,
    tenant: &Tenant,
    caller: &Caller,
    headers: &HeaderMap,
    request: &ClientRequest,
) -> Result<Value, Refused> {
    let params = &request.params;
    let client = application(app, tenant, request).await?;
    let name = params.get("connection").unwrap_or_default();
    let Some((connection, channel)) = find(app, tenant, &client, name).await? else {
        let refusal = Refusal::new("connection_unknown", "There is no such connection.")
            .expected("a connection of the strategy email or sms, enabled for the application")
            .actual(name)
            .remedy("Correct the name, or enable the connection for the application.");
        let text = "Connection does not exist or is not enabled for this application";
        return Err(Refused::bad("bad.connection", text).because(refusal));
    };
    let typed = params.get(channel.parameter()).unwrap_or_default();
    let recipient = Recipient::parse(channel, typed).map_err(|refused| {
        let code = match channel {
            Channel::Email => "bad.email",
            Channel::Sms => "bad.phone_number",
        };
        Refused::bad(code, refused.refusal.cause.to_string()).because(*refused.refusal)
    })?;
    let base = link_base(tenant, &client, &recipient, name, params)?;
    let wished = headers.get("x-request-language");
    let wished = wished
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let chrome = app.chrome(tenant, headers, &wished.replace(',', " ")).await;
    let passwordless = Passwordless {
        app,
        tenant,
        connection: &connection,
        client: &client,
        caller,
        chrome: &chrome,
        now: app.now(),
    };
    let form = base.as_deref().map_or(Form::Code, Form::Link);
    let binding = Binding::Application(&client.id);
    match passwordless.send(&recipient, binding, form).await {
        Ok(()) => Ok(body(
            app,
            tenant,
            connection.id.as_str(),
            &recipient,
            wished,
        )),
        Err(error) => Err(unsent(error)),
    }
}

/// Why nothing was sent, in this endpoint's words.
fn unsent(error: SendError) -> Refused {
    match error {
        SendError::TooMany { until } => Refused {
            status: StatusCode::TOO_MANY_REQUESTS,
            code: "too_many_requests",
            text: "Too many codes were asked for. Try again later.".to_owned(),
            refusal: Some(
                Refusal::new("too_many_codes", "Too many codes were asked for.")
                    .expected(format!("no code before {until}"))
                    .remedy("Use the code that was sent, or wait."),
            ),
        },
        SendError::Store(error) => error.into(),
        SendError::Page(error) => StoreError::unavailable(error).into(),
    }
}

/// The application that asks. A secret need not be sent; one that is sent must be right.
async fn application(
    app: &App,
    tenant: &Tenant,
    request: &ClientRequest,
) -> Result<Arc<Application>, Refused> {
    let presented = &request.presented;
    if !matches!(presented, Presented::Name { .. }) {
        let proven = client::authenticate(app, tenant, presented, app.now()).await;
        let proven = proven.map_err(|error: OAuthError| Refused {
            status: StatusCode::UNAUTHORIZED,
            code: "unauthorized",
            text: error.description.to_string(),
            refusal: error.refusal.map(|refusal| *refusal),
        })?;
        return Ok(proven.application().clone());
    }
    let id: Option<&ClientId> = presented.client_id();
    let found = match id {
        Some(id) => app.application(&tenant.id, id).await?,
        None => None,
    };
    found
        .filter(|application| !application.disabled)
        .ok_or_else(|| {
            Refused::bad("bad.client_id", "Unknown client_id").because(
                Refusal::new("client_unknown", "There is no such application.")
                    .actual(id.map_or("", ClientId::as_str))
                    .remedy("Correct client_id."),
            )
        })
}

/// What a mailed link begins with; `None` when a code is wanted. It is the address that auth0.js
/// builds as well, and goes on with `authParams`.
fn link_base(
    tenant: &Tenant,
    client: &Application,
    recipient: &Recipient,
    connection: &str,
    params: &Params,
) -> Result<Option<String>, Refused> {
    match params.get("send").unwrap_or("link") {
        "code" => return Ok(None),
        "link" if recipient.channel == Channel::Email => {}
        "link" => return Ok(None),
        other => {
            let text = format!("send must be code or link, not {other}");
            return Err(Refused::bad("bad.send", text));
        }
    }
    let given = params.value("authParams").and_then(Value::as_object);
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    let mut bytes = 0;
    for name in AUTH_PARAMS {
        if let Some(value) = given
            .and_then(|given| given.get(name))
            .and_then(Value::as_str)
        {
            bytes += value.len();
            query.append_pair(name, value);
        }
    }
    if bytes > AUTH_PARAMS_MAX {
        let text = format!("authParams have more than {AUTH_PARAMS_MAX} bytes");
        return Err(Refused::bad("bad.authParams", text));
    }
    query
        .append_pair("client_id", client.id.as_str())
        .append_pair("connection", connection)
        .append_pair(recipient.channel.parameter(), &recipient.text);
    let query = query.finish();
    let path = format!("passwordless/verify_redirect?{query}&verification_code=");
    Ok(Some(tenant.issuer.join(&path)))
}

/// The answer, alike for everybody (ACC-04): the id is made from the address and tells nothing.
fn body(
    app: &App,
    tenant: &Tenant,
    connection: &str,
    recipient: &Recipient,
    language: &str,
) -> Value {
    let message = format!("id {} {connection} {}", tenant.id, recipient.key());
    let mac = digest::hmac_sha256(app.otp_key(), message.as_bytes());
    let id = TokenHash::from_slice(&mac).map(|hash| {
        let bytes = hash.as_bytes()[..12].iter();
        bytes.fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
    });
    match recipient.channel {
        Channel::Email => value!({"_id": id, "email": recipient.text, "email_verified": false}),
        Channel::Sms => value!({
            "_id": id, "phone_number": recipient.text, "phone_verified": false,
            "request_language": language,
        }),
    }
}
