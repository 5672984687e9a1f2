//! `POST /account/sessions`: logs other devices out. `POST /account/logout`: this one (SES-03).

use aldgate_app::extract::FormParams;
use aldgate_app::page::NoticeKind;
use aldgate_core::event::EventType;
use aldgate_core::id::SessionId;
use aldgate_core::logout::backchannel::Initiator;
use aldgate_core::params::Params;
use aldgate_store::{StoreError, Tx};
use axum::response::Response;
use http::StatusCode;

use super::owner::{self, Login, Owner};
use crate::visitor::{Fault, Visitor};

pub(super) const FORM: &str = "my sessions";
pub(super) const LOGOUT_FORM: &str = "my logout";

pub(super) async fn post(visitor: Visitor, FormParams(fields): FormParams) -> Response {
    let owner = owner::submitted(&visitor, Login::Any, "home", &fields, FORM).await;
    let result = match owner {
        Ok(Ok(owner)) => end(&visitor, &owner, &fields).await,
        Ok(Err(instead)) => Ok(*instead),
        Err(fault) => Err(fault),
    };
    visitor.answer(result).await
}

async fn end(visitor: &Visitor, owner: &Owner, fields: &Params) -> Result<Response, Fault> {
    let event = owner.event(visitor, EventType::Logout, "She logged another device out");
    let (user, keep) = (owner.user.id.clone(), owner.session.id.clone());
    let all = fields.get("all").is_some();
    let one = fields
        .get("session")
        .and_then(|id| SessionId::parse(id).ok());
    let (now, initiator) = (visitor.now, Initiator::SessionRevoked);
    let write = move |tx: &mut Tx<'_>| {
        if all {
            tx.logouts().of_user(&user, Some(&keep), initiator, now)?;
            tx.sessions().end_others(&user, &keep)?;
        } else if let Some(id) = &one {
            // Only her own.
            let hers = tx.sessions().by_id(id)?;
            if hers.is_none_or(|session| session.user_id != user) {
                return Ok(());
            }
            tx.logouts().of_session(id, initiator, now)?;
            tx.sessions().end_by_id(id)?;
        }
        tx.events().record(std::slice::from_ref(&event))?;
        Ok::<_, StoreError>(())
    };
    visitor.app.store.write(&visitor.tenant.id, write).await?;
    let what = if all { "sessions" } else { "session" };
    Ok(owner::done(visitor, what, "sessions"))
}

pub(super) async fn log_out(visitor: Visitor, FormParams(fields): FormParams) -> Response {
    let owner = owner::submitted(&visitor, Login::Any, "home", &fields, LOGOUT_FORM).await;
    let result = match owner {
        Ok(Ok(owner)) => leave(&visitor, &owner).await,
        Ok(Err(instead)) => Ok(*instead),
        Err(fault) => Err(fault),
    };
    visitor.answer(result).await
}

async fn leave(visitor: &Visitor, owner: &Owner) -> Result<Response, Fault> {
    let event = owner.event(visitor, EventType::Logout, "");
    let (id, now) = (owner.session.id.clone(), visitor.now);
    let write = move |tx: &mut Tx<'_>| {
        tx.logouts().of_session(&id, Initiator::RpLogout, now)?;
        tx.sessions().end_by_id(&id)?;
        tx.events().record(std::slice::from_ref(&event))
    };
    visitor.app.store.write(&visitor.tenant.id, write).await?;
    let mut response = visitor.notice(StatusCode::OK, NoticeKind::LoggedOut).await;
    visitor.clear_session(&mut response);
    Ok(response)
}
