//! `/u/reset-verify`: the page of a mailed link that sets a new password. Showing it uses nothing
//! up; the form takes the ticket by one conditional update (ACC-02, ACC-05).

use std::sync::Arc;

use aldgate_app::accounts::{
    HashedPassword, PasswordChange, Post, SetPasswordError, change_password, hash_new_password,
    personal_words,
};
use aldgate_app::extract::FormParams;
use aldgate_app::page::{MailKind, Notice, NoticeKind, Problem, ResetPassword};
use aldgate_core::action::{Trigger, event};
use aldgate_core::connection::Connection;
use aldgate_core::error::{OAuthError, Refusal};
use aldgate_core::event::EventType;
use aldgate_core::params::Params;
use aldgate_core::password::PasswordPolicy;
use aldgate_core::secret::{Secret, TokenHash, TokenKind};
use aldgate_core::ticket::{Ticket, TicketPurpose};
use aldgate_core::user::User;
use aldgate_store::{StoreError, Tx};
use axum::extract::RawQuery;
use axum::response::Response;
use http::StatusCode;

use super::pages::{onward, problem_of, show};
use crate::visitor::{Fault, Visitor};

/// The path.
pub(super) const PATH: &str = "/u/reset-verify";

const FORM: &str = "reset";
const PURPOSE: TicketPurpose = TicketPurpose::ResetPassword;

/// A usable ticket and what it is about.
struct Opened {
    value: String,
    hash: TokenHash,
    ticket: Ticket,
    user: User,
    connection: Arc<Connection>,
    /// Present and former hashes.
    known: Vec<Secret<String>>,
}

pub(super) async fn get(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let query = Params::from_form(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let result = match open(&visitor, query.get("ticket")).await {
        Ok(Ok(opened)) => Ok(form(&visitor, &opened, None).await),
        Ok(Err(refusal)) => Ok(expired(&visitor, refusal).await),
        Err(fault) => Err(fault),
    };
    visitor.answer(result).await
}

pub(super) async fn post(visitor: Visitor, FormParams(mut fields): FormParams) -> Response {
    let mut secret = |name| match fields.take(name) {
        Some(serde_json::Value::String(text)) => Secret::new(text),
        _ => Secret::new(String::new()),
    };
    let (password, again) = (secret("password"), secret("password_again"));
    if let Err(page) = visitor.check_form(&fields, FORM).await {
        return *page;
    }
    let result = match open(&visitor, fields.get("ticket")).await {
        Ok(Ok(opened)) if password != again => {
            Ok(form(&visitor, &opened, Some(Problem::PasswordsDiffer)).await)
        }
        Ok(Ok(opened)) => submitted(&visitor, &opened, &password).await,
        Ok(Err(refusal)) => Ok(expired(&visitor, refusal).await),
        Err(fault) => Err(fault),
    };
    visitor.answer(result).await
}

/// Looks at the ticket and its user without using it up.
async fn open(visitor: &Visitor, ticket: Option<&str>) -> Result<Result<Opened, Refusal>, Fault> {
    let unusable = || Ok(Err(Ticket::not_usable(PURPOSE)));
    let hashed = ticket.and_then(|value| Some((value, TokenKind::Ticket.hash(value)?)));
    let Some((value, hash)) = hashed else {
        return unusable();
    };
    let now = visitor.now;
    let read = move |tx: &mut Tx<'_>| {
        let Some(ticket) = tx.tickets().peek(&hash, PURPOSE, now)? else {
            return Ok(None);
        };
        let Some(user) = tx.users().by_id(&ticket.user_id)? else {
            return Ok(None);
        };
        let stored = tx.passwords().of(&user.id)?;
        Ok::<_, StoreError>(Some((ticket, user, stored)))
    };
    let found = visitor.app.store.read(&visitor.tenant.id, read).await?;
    let Some((ticket, user, stored)) = found else {
        return unusable();
    };
    if let Err(refusal) = ticket.check(&user) {
        return Ok(Err(*refusal));
    }
    let connection = match user.identities.first() {
        Some(identity) => {
            let id = &identity.connection_id;
            visitor.app.connection(&visitor.tenant.id, id).await?
        }
        None => None,
    };
    let Some(connection) = connection.filter(|connection| connection.is_database()) else {
        return unusable();
    };
    let known = stored.map(|stored| [vec![stored.hash], stored.former].concat());
    Ok(Ok(Opened {
        value: value.to_owned(),
        hash,
        ticket,
        user,
        connection,
        known: known.unwrap_or_default(),
    }))
}

async fn submitted(
    visitor: &Visitor,
    opened: &Opened,
    password: &Secret<String>,
) -> Result<Response, Fault> {
    let words = personal_words(&visitor.tenant, &opened.user);
    let (connection, known) = (&opened.connection, &opened.known);
    let typed = password.expose();
    let hashed = hash_new_password(&visitor.app, connection, typed, &words, known).await;
    let hashed = match hashed {
        Ok(hashed) => hashed,
        Err(SetPasswordError::Refused(refused, policy)) => {
            let refusal = refused.refusal(&policy);
            record(
                visitor,
                EventType::FailedChangePassword,
                &opened.user,
                Some(refusal),
            );
            return Ok(form(visitor, opened, Some(problem_of(refused))).await);
        }
        Err(SetPasswordError::Hashing(_)) => {
            return Ok(form(visitor, opened, Some(Problem::Busy)).await);
        }
        Err(SetPasswordError::Store(error)) => return Err(error.into()),
    };
    let change = change(visitor, opened, hashed).await?;
    let (hash, now) = (opened.hash, visitor.now);
    let work = move |tx: &mut Tx<'_>| match tx.tickets().take(&hash, PURPOSE, now)? {
        Some(_) => change_password(tx, &change, now),
        None => Ok(false),
    };
    if !visitor.app.store.write(&visitor.tenant.id, work).await? {
        return Ok(expired(visitor, Ticket::not_usable(PURPOSE)).await);
    }
    tell_actions(visitor, opened).await;
    let ticket = &opened.ticket;
    let notice = Notice {
        continue_url: onward(
            visitor,
            ticket.result_url.as_deref(),
            ticket.client_id.as_ref(),
        )
        .await?,
        ..Notice::new(NoticeKind::PasswordChanged)
    };
    Ok(show(visitor, StatusCode::OK, &notice).await)
}

/// Runs `post-change-password` behind the request.
async fn tell_actions(visitor: &Visitor, opened: &Opened) {
    let tell = || {
        let request = visitor.as_seen();
        let base = event::Base {
            tenant: &visitor.tenant,
            application: None,
            request: &request,
        };
        base.password_changed(&opened.user, Some(&opened.connection))
    };
    let mut log = visitor.event(EventType::ActionFailed, None);
    log.user_id = Some(opened.user.id.clone());
    let (app, trigger) = (&visitor.app, Trigger::PostChangePassword);
    app.run_after(&visitor.tenant, trigger, tell, log).await;
}

async fn change(
    visitor: &Visitor,
    opened: &Opened,
    password: HashedPassword,
) -> Result<PasswordChange, Fault> {
    let ip = visitor.caller.address().to_string();
    let post = Post {
        app: &visitor.app,
        tenant: &visitor.tenant,
        chrome: &visitor.chrome(None).await,
        application: None,
        ip: Some(&ip),
    };
    let link = visitor.tenant.issuer.join("login");
    let notice = post.notice(MailKind::PasswordChanged, &opened.ticket.email, Some(link));
    let notice = notice.map_err(StoreError::unavailable)?;
    let mut event = visitor.event(EventType::ChangePassword, None);
    event.user_id = Some(opened.user.id.clone());
    event.user_name.clone_from(&opened.user.email);
    event.connection = Some(opened.connection.name.clone());
    Ok(PasswordChange {
        user: opened.user.id.clone(),
        password,
        keep: None,
        proves_email: opened.ticket.proves_email,
        event,
        notice: Some(notice),
    })
}

fn record(visitor: &Visitor, kind: EventType, user: &User, refusal: Option<Refusal>) {
    let mut event = visitor.event(kind, None);
    event.user_id = Some(user.id.clone());
    event.user_name.clone_from(&user.email);
    event.refusal = refusal;
    visitor.app.events.record(&visitor.tenant.id, event);
}

async fn form(visitor: &Visitor, opened: &Opened, problem: Option<Problem>) -> Response {
    let page = ResetPassword {
        form: visitor.form(PATH, FORM, None),
        ticket: opened.value.clone(),
        email: opened.ticket.email.clone(),
        problem,
        password_min: PasswordPolicy::of(&opened.connection).min_length,
    };
    let status = match problem {
        None => StatusCode::OK,
        Some(Problem::Busy) => StatusCode::SERVICE_UNAVAILABLE,
        Some(_) => StatusCode::BAD_REQUEST,
    };
    show(visitor, status, &page).await
}

async fn expired(visitor: &Visitor, refusal: Refusal) -> Response {
    let error = OAuthError::invalid_request("The link is not valid any more").because(refusal);
    visitor.record(EventType::FailedChangePassword, &error, None, None);
    visitor
        .notice(StatusCode::BAD_REQUEST, NoticeKind::LinkExpired)
        .await
}
