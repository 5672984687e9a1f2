//! `/tickets`: links that an administrator hands to a user herself; no mail is sent.

use aldgate_core::connection::Connection;
use aldgate_core::error::Refusal;
use aldgate_core::id::{ClientId, ConnectionId, UserId};
use aldgate_core::secret::{TokenHash, TokenKind};
use aldgate_core::ticket::{Ticket, TicketPurpose};
use aldgate_core::time::Seconds;
use aldgate_core::user::User;
use aldgate_store::{LoginName, Tx};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::op::schema::{any, closed, flag, open, short, string};
use crate::op::{ApiError, Call, Operation, Reply, ceiling, post};
use crate::users::missing;

/// The longest life of a ticket. Auth0's default of five days is the longest here (ACC-05).
const LIFETIME_MAX: Seconds = Seconds::days(5);

pub(crate) fn operations() -> Vec<Operation> {
    let ticket = || open([("ticket", string())], &["ticket"]);
    let seconds = || json!({"type": "integer", "minimum": 0, "maximum": LIFETIME_MAX.0});
    let common = [
        ("user_id", short(255)),
        ("result_url", short(2048)),
        ("client_id", short(64)),
        ("organization_id", short(64)),
        ("ttl_sec", seconds()),
    ];
    let mut password = common.to_vec();
    password.extend([
        ("email", short(254)),
        ("connection_id", short(64)),
        ("mark_email_as_verified", flag()),
        ("includeEmailInRedirect", flag()),
        ("identity", any()),
    ]);
    let mut email = common.to_vec();
    email.extend([("includeEmailInRedirect", flag()), ("identity", any())]);
    vec![
        post(
            "/tickets/password-change",
            "Create a password change ticket",
            password_change,
        )
        .scopes(&["create:user_tickets"])
        .body(closed(password, &[]))
        .answers(ticket()),
        post(
            "/tickets/email-verification",
            "Create an e-mail verification ticket",
            verification,
        )
        .scopes(&["create:user_tickets"])
        .body(closed(email, &["user_id"]))
        .answers(ticket()),
    ]
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Body {
    user_id: Option<UserId>,
    email: Option<String>,
    connection_id: Option<ConnectionId>,
    result_url: Option<String>,
    client_id: Option<ClientId>,
    organization_id: Option<String>,
    ttl_sec: Option<u64>,
    mark_email_as_verified: Option<bool>,
    #[serde(rename = "includeEmailInRedirect")]
    include_email_in_redirect: Option<bool>,
    identity: Option<Value>,
}

async fn password_change(call: Call) -> Result<Reply, ApiError> {
    let body: Body = call.parse()?;
    let user = match (&body.user_id, &body.email, &body.connection_id) {
        (Some(id), None, _) => by_id(&call, id).await?,
        (None, Some(email), Some(connection)) => by_email(&call, email, connection).await?,
        _ => {
            let refusal = Refusal::new(
                "invalid_body",
                "Expected user_id, or email and connection_id",
            );
            return Err(refusal
                .expected("{user_id} or {email, connection_id}")
                .into());
        }
    };
    main_database(&call, &user).await?;
    issue(&call, TicketPurpose::ResetPassword, &user, body).await
}

async fn verification(call: Call) -> Result<Reply, ApiError> {
    let body: Body = call.parse()?;
    if body.email.is_some() || body.connection_id.is_some() || body.mark_email_as_verified.is_some()
    {
        return Err(ApiError::invalid_body("Additional properties not allowed"));
    }
    let Some(id) = &body.user_id else {
        return Err(ApiError::invalid_body("Missing required property: user_id"));
    };
    let user = by_id(&call, id).await?;
    issue(&call, TicketPurpose::VerifyEmail, &user, body).await
}

/// Stores the ticket and answers with its link. A newer one replaces it, as with mailed links.
async fn issue(
    call: &Call,
    purpose: TicketPurpose,
    user: &User,
    body: Body,
) -> Result<Reply, ApiError> {
    if body.organization_id.is_some() {
        return Err(ApiError::not_found(
            "inexistent_organization",
            "No organization found by that id or name",
        ));
    }
    let Some(mut ticket) = Ticket::for_user(purpose, user, call.now) else {
        return Err(ApiError::invalid_body("The user has no e-mail address"));
    };
    // Nobody mails this link, so using it proves nothing about the address unless the caller says.
    if purpose == TicketPurpose::ResetPassword {
        ticket.proves_email = body.mark_email_as_verified.unwrap_or(false);
    }
    if body.include_email_in_redirect == Some(true) || body.identity.is_some() {
        let cause = "includeEmailInRedirect and identity are not supported";
        return Err(Refusal::new("invalid_body", cause)
            .remedy("Leave them out.")
            .into());
    }
    ticket.result_url = result_url(body.result_url.as_deref())?;
    if let Some(id) = body.client_id {
        let known = call.app.application(&call.tenant.id, &id).await?;
        if known.is_none() {
            return Err(ApiError::not_found(
                "inexistent_client",
                "The client does not exist",
            ));
        }
        ticket.client_id = Some(id);
    }
    ticket.expires_at = call.now + lifetime(body.ttl_sec)?;
    let value = TokenKind::Ticket.generate(&mut call.app.rng());
    let hash = TokenHash::of(value.expose());
    let path = format!("{}?ticket={}", purpose.path(), value.expose());
    let link = call.tenant.issuer.join(&path);
    let (audit, actor) = (call.audit().about_user(&user.id), call.actor.clone());
    let (management, id) = (call.tenant.issuer.management(), user.id.clone());
    let work = move |tx: &mut Tx<'_>| {
        // Whoever has the link has the account: it is worth what the account is worth (ADM-04).
        ceiling::user(tx, &actor, &management, &id)?;
        tx.tickets().issue(&hash, &ticket)?;
        let after = json!({"purpose": purpose.as_str(), "expires_at": ticket.expires_at.iso8601()});
        Ok::<_, ApiError>(audit.record(tx, &Value::Null, &after)?)
    };
    call.app.store.write(&call.tenant.id, work).await?;
    Ok(Reply::ok(json!({"ticket": link})))
}

/// How long a ticket works; 0 and nothing stand for the longest.
fn lifetime(ttl_sec: Option<u64>) -> Result<Seconds, ApiError> {
    match ttl_sec {
        None | Some(0) => Ok(LIFETIME_MAX),
        Some(seconds) if seconds <= LIFETIME_MAX.0 => Ok(Seconds(seconds)),
        Some(seconds) => {
            let refusal = Refusal::new("invalid_body", "Value is too large on property ttl_sec");
            let refusal = refusal.expected(format!("at most {}", LIFETIME_MAX.0));
            Err(refusal.actual(&seconds.to_string()).into())
        }
    }
}

async fn by_id(call: &Call, id: &UserId) -> Result<User, ApiError> {
    let id = id.clone();
    let load = move |tx: &mut Tx<'_>| tx.users().by_id(&id);
    let found = call.app.store.read(&call.tenant.id, load).await?;
    found.ok_or_else(missing)
}

async fn by_email(call: &Call, email: &str, connection: &ConnectionId) -> Result<User, ApiError> {
    let (email, connection) = (email.to_owned(), connection.clone());
    let load = move |tx: &mut Tx<'_>| tx.users().by_login(&connection, LoginName::Email, &email);
    let found = call.app.store.read(&call.tenant.id, load).await?;
    found.ok_or_else(missing)
}

/// Refuses users without a password of ours.
async fn main_database(call: &Call, user: &User) -> Result<(), ApiError> {
    let mut database = false;
    for identity in &user.identities {
        let found = call
            .app
            .connection(&call.tenant.id, &identity.connection_id)
            .await?;
        database |= found.as_deref().is_some_and(Connection::is_database);
    }
    match database {
        true => Ok(()),
        false => {
            let cause = "This operation is not supported for this connection.";
            let refusal = Refusal::new("operation_not_supported", cause)
                .expected("a user with an account at a database connection");
            Err(ApiError::bad_request("operation_not_supported", refusal))
        }
    }
}

/// Where the page leads afterwards: http or https, without credentials.
fn result_url(text: Option<&str>) -> Result<Option<String>, ApiError> {
    let Some(text) = text else { return Ok(None) };
    let good = url::Url::parse(text).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.username().is_empty()
            && url.password().is_none()
    });
    match good && text.len() <= 2048 {
        true => Ok(Some(text.to_owned())),
        false => {
            let refusal = Refusal::new("invalid_body", "Not a URL on property result_url");
            Err(refusal.expected("an http or https URL").actual(text).into())
        }
    }
}
