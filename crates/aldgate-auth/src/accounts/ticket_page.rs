//! The pages of the other mailed links: verify an address, take a change of it back, lift a block.
//! Showing one uses nothing up; its button does (ACC-05).

use aldgate_app::extract::FormParams;
use aldgate_app::page::{Notice, NoticeKind, Unblock, VerifyEmail};
use aldgate_core::attempts::Account;
use aldgate_core::error::OAuthError;
use aldgate_core::event::{Event, EventType};
use aldgate_core::logout::backchannel::Initiator;
use aldgate_core::params::Params;
use aldgate_core::secret::TokenKind;
use aldgate_core::ticket::{Ticket, TicketPurpose};
use aldgate_core::time::Timestamp;
use aldgate_core::user::EmailProof;
use aldgate_store::{Saved, StoreError, Tx};
use axum::extract::RawQuery;
use axum::response::Response;
use http::StatusCode;

use super::pages::{onward, show};
use crate::visitor::{Fault, Visitor};

/// The path of the page that verifies an address.
pub(super) const VERIFY: &str = "/u/email-verification";
/// The path of the page that takes a change of the address back.
pub(super) const UNDO: &str = "/u/undo-email-change";
/// The path of the page that lifts a block.
pub(super) const UNBLOCK: &str = "/u/unblock";

/// One of the pages.
#[derive(Clone, Copy)]
struct Link {
    purpose: TicketPurpose,
    path: &'static str,
    done: NoticeKind,
    done_event: EventType,
    failed_event: EventType,
}

const VERIFY_LINK: Link = Link {
    purpose: TicketPurpose::VerifyEmail,
    path: VERIFY,
    done: NoticeKind::EmailVerified,
    done_event: EventType::VerifyEmail,
    failed_event: EventType::FailedVerifyEmail,
};
const UNDO_LINK: Link = Link {
    purpose: TicketPurpose::UndoEmail,
    path: UNDO,
    done: NoticeKind::EmailVerified,
    done_event: EventType::ChangeEmail,
    failed_event: EventType::FailedVerifyEmail,
};
const UNBLOCK_LINK: Link = Link {
    purpose: TicketPurpose::Unblock,
    path: UNBLOCK,
    done: NoticeKind::AccountUnblocked,
    done_event: EventType::UnblockedAccount,
    failed_event: EventType::FailedLogin,
};

pub(super) async fn show_verify(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    get(&visitor, VERIFY_LINK, query).await
}

pub(super) async fn verify(visitor: Visitor, FormParams(fields): FormParams) -> Response {
    post(&visitor, VERIFY_LINK, &fields).await
}

pub(super) async fn show_undo(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    get(&visitor, UNDO_LINK, query).await
}

pub(super) async fn undo(visitor: Visitor, FormParams(fields): FormParams) -> Response {
    post(&visitor, UNDO_LINK, &fields).await
}

pub(super) async fn show_unblock(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    get(&visitor, UNBLOCK_LINK, query).await
}

pub(super) async fn unblock(visitor: Visitor, FormParams(fields): FormParams) -> Response {
    post(&visitor, UNBLOCK_LINK, &fields).await
}

async fn get(visitor: &Visitor, link: Link, query: Option<String>) -> Response {
    let query = Params::from_form(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let result = look(visitor, link, query.get("ticket")).await;
    visitor.answer(result).await
}

async fn look(visitor: &Visitor, link: Link, value: Option<&str>) -> Result<Response, Fault> {
    let hashed = value.and_then(|value| Some((value, TokenKind::Ticket.hash(value)?)));
    let Some((value, hash)) = hashed else {
        return Ok(expired(visitor, link).await);
    };
    let (now, purpose) = (visitor.now, link.purpose);
    let read = move |tx: &mut Tx<'_>| tx.tickets().peek(&hash, purpose, now);
    let Some(ticket) = visitor.app.store.read(&visitor.tenant.id, read).await? else {
        return Ok(expired(visitor, link).await);
    };
    let (form, email) = (visitor.form(link.path, link.path, None), ticket.email);
    let ticket = value.to_owned();
    Ok(match purpose {
        TicketPurpose::Unblock => {
            let page = Unblock {
                form,
                ticket,
                email,
            };
            show(visitor, StatusCode::OK, &page).await
        }
        _ => {
            let page = VerifyEmail {
                form,
                ticket,
                email,
            };
            show(visitor, StatusCode::OK, &page).await
        }
    })
}

async fn post(visitor: &Visitor, link: Link, fields: &Params) -> Response {
    if let Err(page) = visitor.check_form(fields, link.path).await {
        return *page;
    }
    let result = redeem(visitor, link, fields.get("ticket")).await;
    visitor.answer(result).await
}

async fn redeem(visitor: &Visitor, link: Link, value: Option<&str>) -> Result<Response, Fault> {
    let Some(hash) = value.and_then(|value| TokenKind::Ticket.hash(value)) else {
        return Ok(expired(visitor, link).await);
    };
    let (now, purpose) = (visitor.now, link.purpose);
    let event = visitor.event(link.done_event, None);
    let here = visitor.live_session().await?.map(|session| session.user_id);
    let work = move |tx: &mut Tx<'_>| match tx.tickets().take(&hash, purpose, now)? {
        Some(ticket) => {
            let proof = match here.as_ref() == Some(&ticket.user_id) {
                true => EmailProof::LoggedIn,
                false => EmailProof::Elsewhere,
            };
            let done = apply(tx, (&ticket, proof), event.clone(), now)?;
            Ok::<_, StoreError>(done.then_some(ticket))
        }
        None => Ok(None),
    };
    let Some(ticket) = visitor.app.store.write(&visitor.tenant.id, work).await? else {
        return Ok(expired(visitor, link).await);
    };
    let (url, client) = (ticket.result_url.as_deref(), ticket.client_id.as_ref());
    let notice = Notice {
        continue_url: onward(visitor, url, client).await?,
        email: Some(ticket.email.clone()),
        ..Notice::new(link.done)
    };
    Ok(show(visitor, StatusCode::OK, &notice).await)
}

/// What a taken ticket does; `false` when the account is no longer as it was.
fn apply(
    tx: &mut Tx<'_>,
    (ticket, proof): (&Ticket, EmailProof),
    mut event: Event,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let Some(mut user) = tx.users().by_id_to_change(&ticket.user_id)? else {
        return Ok(false);
    };
    if ticket.check(&user).is_err() {
        return Ok(false);
    }
    match ticket.purpose {
        TicketPurpose::VerifyEmail => {
            if user.prove_email(proof) {
                event.description = "Accounts that were linked before the proof are gone".into();
            }
            user.updated_at = now;
            if tx.users().update(&user)? != Saved::Done {
                return Ok(false);
            }
        }
        TicketPurpose::UndoEmail => {
            user.email = Some(ticket.email.clone());
            user.email_verified = true;
            user.proved_elsewhere = false;
            user.updated_at = now;
            if tx.users().update(&user)? != Saved::Done {
                return Ok(false);
            }
            // Whoever changed the address may still be logged in.
            let initiator = Initiator::EmailIdentifierChanged;
            tx.access().cut(&user.id, None, initiator, now)?;
        }
        TicketPurpose::Unblock => tx.attempts().unblock(&Account::Known(user.id.clone()))?,
        TicketPurpose::ResetPassword => return Ok(false),
    }
    event.user_id = Some(user.id);
    event.user_name = Some(ticket.email.clone());
    tx.events().record(std::slice::from_ref(&event))?;
    Ok(true)
}

async fn expired(visitor: &Visitor, link: Link) -> Response {
    let refusal = Ticket::not_usable(link.purpose);
    let error = OAuthError::invalid_request("The link is not valid any more").because(refusal);
    visitor.record(link.failed_event, &error, None, None);
    visitor
        .notice(StatusCode::BAD_REQUEST, NoticeKind::LinkExpired)
        .await
}
