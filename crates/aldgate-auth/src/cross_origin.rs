//! Embedded login: `POST /co/authenticate` checks a password or code from the application's own
//! page and gives a ticket that is good once, at `/authorize`, in the same browser (Auth0: embedded
//! login).

use std::sync::Arc;

use aldgate_app::App;
use aldgate_app::cors::web_origin;
use aldgate_app::extract::RequestParams;
use aldgate_app::respond::json;
use aldgate_core::application::Application;
use aldgate_core::authorize::{Plan, Request};
use aldgate_core::connection::Connection;
use aldgate_core::error::{OAuthError, Refusal};
use aldgate_core::event::EventType;
use aldgate_core::grant::password::PASSWORD_REALM;
use aldgate_core::grant::passwordless::PASSWORDLESS_OTP;
use aldgate_core::id::{ClientId, UserId};
use aldgate_core::params::Params;
use aldgate_core::passwordless::{Binding, Channel, Recipient};
use aldgate_core::random::alphanumeric;
use aldgate_core::secret::{Secret, TokenHash, TokenKind};
use aldgate_core::session::AuthenticationMethod;
use aldgate_core::time::Seconds;
use aldgate_core::transaction::Transaction;
use aldgate_store::{NewTicket, StoreError, Tx};
use axum::Router;
use axum::response::Response;
use axum::routing::post;
use http::StatusCode;
use http::header::ORIGIN;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::accounts::{AuthenticatedUser, LoginFailure, PasswordAttempt, authenticate};
use crate::authorize::facts::{Named, find_application};
use crate::authorize::flow;
use crate::login::session::{Proof, log_in};
use crate::passwordless::{CodeProof, Passwordless};
use crate::visitor::{Fault, Visitor};

const PURPOSE: &str = "cross_origin_login";

/// The browser goes to `/authorize` at once.
const LIFETIME: Seconds = Seconds(120);

/// The routes of this file.
pub(crate) fn routes() -> Router<App> {
    Router::new().route("/co/authenticate", post(authenticate_from_elsewhere))
}

/// What a ticket stands for.
#[derive(Clone, Serialize, Deserialize)]
struct Ticket {
    user_id: UserId,
    client_id: ClientId,
    realm: String,
    method: AuthenticationMethod,
    browser: TokenHash,
}

async fn authenticate_from_elsewhere(
    visitor: Visitor,
    RequestParams(params): RequestParams,
) -> Response {
    match attempt(&visitor, &params).await {
        Ok(response) | Err(response) => response,
    }
}

/// Who may log in with which connection.
pub(crate) struct Target {
    pub(crate) application: Arc<Application>,
    pub(crate) connection: Arc<Connection>,
}

async fn attempt(visitor: &Visitor, params: &Params) -> Result<Response, Response> {
    let target = target(visitor, params).await?;
    let ticket = prove(visitor, &target, params)
        .await
        .map_err(|failure| failed(&failure))?;
    let mut rng = visitor.app.rng();
    let body = json!({
        "login_ticket": ticket.expose(),
        "co_verifier": alphanumeric(&mut rng, 32),
        "co_id": alphanumeric(&mut rng, 12),
    });
    let mut response = json(StatusCode::OK, &body);
    visitor.remember_browser(&mut response);
    Ok(response)
}

/// Checks `username` and `password`, or the code in `otp`; gives a ticket that is bound to the
/// browser.
pub(crate) async fn prove(
    visitor: &Visitor,
    target: &Target,
    params: &Params,
) -> Result<Secret<String>, LoginFailure> {
    let proven = match Channel::of(&target.connection) {
        Some(channel) => by_code(visitor, target, channel, params).await,
        None => by_password(visitor, target, params).await,
    };
    let user = proven.inspect_err(|failure| {
        let kind = EventType::FailedCrossOriginAuth;
        visitor.record(kind, &failure.to_oauth(), Some(&target.application), None);
    })?;
    Ok(issue(visitor, &target.application, &target.connection, user).await?)
}

async fn by_code(
    visitor: &Visitor,
    target: &Target,
    channel: Channel,
    params: &Params,
) -> Result<AuthenticatedUser, LoginFailure> {
    let text = |name| params.get(name).unwrap_or_default();
    let Ok(recipient) = Recipient::parse(channel, text("username")) else {
        return Err(LoginFailure::WrongCode(channel));
    };
    let chrome = visitor.chrome(None).await;
    let passwordless = Passwordless {
        app: &visitor.app,
        tenant: &visitor.tenant,
        connection: &target.connection,
        client: &target.application,
        caller: &visitor.caller,
        chrome: &chrome,
        now: visitor.now,
    };
    let binding = Binding::Application(&target.application.id);
    let proof = CodeProof {
        recipient: &recipient,
        binding,
        code: text("otp"),
        request: &visitor.as_seen(),
    };
    passwordless.redeem(proof).await
}

async fn by_password(
    visitor: &Visitor,
    target: &Target,
    params: &Params,
) -> Result<AuthenticatedUser, LoginFailure> {
    let text = |name| params.get(name).unwrap_or_default();
    let password = Secret::new(text("password").to_owned());
    let chrome = visitor.chrome(None).await;
    let attempt = PasswordAttempt {
        connection: &target.connection,
        username: text("username"),
        password: &password,
        client: &target.application,
        caller: &visitor.caller,
        chrome: &chrome,
    };
    authenticate(&visitor.app, &visitor.tenant, attempt).await
}

/// Stores a ticket for who just proved who she is: good once, at `/authorize`, in this browser.
pub(crate) async fn issue(
    visitor: &Visitor,
    application: &Application,
    connection: &Connection,
    user: AuthenticatedUser,
) -> Result<Secret<String>, StoreError> {
    let ticket = Ticket {
        user_id: user.user.id,
        client_id: application.id.clone(),
        realm: connection.name.clone(),
        method: user.method,
        browser: visitor.browser.hash(),
    };
    let value = TokenKind::LoginTicket.generate(&mut visitor.app.rng());
    let hash = TokenHash::of(value.expose());
    let now = visitor.now;
    let mut event = visitor.event(EventType::CrossOriginAuth, Some(application));
    event.user_id = Some(ticket.user_id.clone());
    event.connection = Some(ticket.realm.clone());
    let write = move |tx: &mut Tx<'_>| {
        let row = NewTicket {
            hash: &hash,
            purpose: PURPOSE,
            user: Some(&ticket.user_id),
            document: &ticket,
            expires_at: now + LIFETIME,
        };
        tx.tickets().put(&row, now)?;
        tx.events().record(std::slice::from_ref(&event))
    };
    visitor.app.store.write(&visitor.tenant.id, write).await?;
    Ok(value)
}

/// Finds application and connection, and refuses what may not come this way.
async fn target(visitor: &Visitor, params: &Params) -> Result<Target, Response> {
    let bad = |code, text| refused(StatusCode::BAD_REQUEST, code, text);
    let by_code = params.get("credential_type") == Some(PASSWORDLESS_OTP);
    let proof = if by_code { "otp" } else { "password" };
    for name in ["client_id", "username", proof, "realm", "credential_type"] {
        if params.get(name).is_none() {
            let text = format!("Missing required parameter: {name}");
            return Err(bad("invalid_request", &text));
        }
    }
    if !by_code && params.get("credential_type") != Some(PASSWORD_REALM) {
        return Err(bad(
            "unsupported_credential_type",
            "Unknown credential_type",
        ));
    }
    let unavailable = |error: StoreError| {
        tracing::error!(%error, "embedded login");
        refused(
            StatusCode::SERVICE_UNAVAILABLE,
            "temporarily_unavailable",
            "Try again",
        )
    };
    let application = find_application(visitor, params.get("client_id")).await;
    let application = application.map_err(unavailable)?;
    let allowed = application.filter(|application| {
        !application.disabled
            && application.cross_origin_authentication
            && comes_from(visitor, application)
    });
    let Some(application) = allowed else {
        let (code, text) = ("unauthorized_client", "Cross origin login not allowed.");
        return Err(refused(StatusCode::UNAUTHORIZED, code, text));
    };
    let realm = params.get("realm").unwrap_or_default();
    let all = visitor
        .app
        .connections(&visitor.tenant.id)
        .await
        .map_err(unavailable)?;
    let connection = all.iter().find(|one| {
        let named = one.name == realm || one.realms.iter().any(|known| known == realm);
        let fits = match by_code {
            true => Channel::of(one).is_some(),
            false => one.is_database(),
        };
        named && fits && one.is_enabled_for(&application.id)
    });
    match connection {
        Some(connection) => Ok(Target {
            application,
            connection: Arc::clone(connection),
        }),
        None => Err(bad("invalid_request", "Unknown or invalid realm")),
    }
}

/// Whether the page that asks is one of the application's (OAU-10).
pub(crate) fn comes_from(visitor: &Visitor, application: &Application) -> bool {
    let origin = visitor
        .headers
        .get(ORIGIN)
        .and_then(|origin| origin.to_str().ok());
    let mut pages = application.web_origins.iter().chain(&application.callbacks);
    origin.is_some_and(|origin| pages.any(|url| web_origin(url).as_deref() == Some(origin)))
}

/// Auth0's answers to this endpoint's callers.
fn failed(failure: &LoginFailure) -> Response {
    match failure {
        LoginFailure::WrongCredentials | LoginFailure::WrongCode(_) | LoginFailure::Denied(_) => {
            refused(StatusCode::FORBIDDEN, "access_denied", &failure.to_string())
        }
        LoginFailure::UserBlocked => {
            refused(StatusCode::FORBIDDEN, "blocked_user", "user is blocked")
        }
        LoginFailure::TooManyAttempts { .. } => {
            let error = failure.to_oauth();
            let text = error.description.as_ref();
            refused(StatusCode::TOO_MANY_REQUESTS, "too_many_attempts", text)
        }
        LoginFailure::Hashing(_) | LoginFailure::Store(_) | LoginFailure::Mail(_) => refused(
            StatusCode::SERVICE_UNAVAILABLE,
            "temporarily_unavailable",
            "Try again",
        ),
    }
}

fn refused(status: StatusCode, code: &str, text: &str) -> Response {
    json(status, &json!({"error": code, "error_description": text}))
}

/// Redeems a ticket at `/authorize`: the user is logged in within a new transaction.
pub(crate) async fn redeem(
    visitor: &Visitor,
    plan: &Plan,
    named: &Named,
    request: Request,
    ticket: &str,
) -> Result<Response, Fault> {
    let found = match TokenKind::LoginTicket.hash(ticket) {
        Some(hash) => {
            let now = visitor.now;
            let take = move |tx: &mut Tx<'_>| tx.tickets().take_as::<Ticket>(&hash, PURPOSE, now);
            visitor.app.store.write(&visitor.tenant.id, take).await?
        }
        None => None,
    };
    let realm = request.realm.as_deref();
    let fits = |ticket: &Ticket| {
        ticket.client_id == plan.target.client_id
            && ticket.browser == visitor.browser.hash()
            && realm.is_none_or(|realm| realm == ticket.realm)
    };
    let Some(ticket) = found.filter(fits) else {
        let refusal = Refusal::new("login_ticket_invalid", "The login ticket is not usable.")
            .expected("an unused ticket of this application, in the browser that got it")
            .remedy(
                "Both calls need the same cookie: serve page and server from one site, or use the \
                 login page instead.",
            );
        let error = OAuthError::access_denied("Unknown or invalid login ticket.").because(refusal);
        return flow::refuse(visitor, named, &plan.target, &error, false).await;
    };
    let request = Request {
        login_ticket: None,
        ..request
    };
    let transaction = Transaction::begin(request, visitor.browser.hash(), visitor.now);
    let handle = flow::begin(visitor, transaction.clone()).await?;
    let proof = Proof {
        user_id: ticket.user_id,
        method: ticket.method,
    };
    match log_in(visitor, &handle, &transaction, proof).await? {
        Some(response) => Ok(response),
        None => {
            let error = OAuthError::access_denied("Unknown or invalid login ticket.");
            flow::refuse(visitor, named, &plan.target, &error, false).await
        }
    }
}
