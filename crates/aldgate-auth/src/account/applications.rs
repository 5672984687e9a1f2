//! `POST /account/applications`: takes access away from an application, with all of its tokens.

use aldgate_app::extract::FormParams;
use aldgate_core::event::EventType;
use aldgate_core::id::ClientId;
use aldgate_store::{Page, StoreError, Tx};
use axum::response::Response;

use super::owner::{self, Login, Owner};
use crate::visitor::{Fault, Visitor};

pub(super) const FORM: &str = "my applications";

pub(super) async fn post(visitor: Visitor, FormParams(fields): FormParams) -> Response {
    let owner = owner::submitted(&visitor, Login::Any, "home", &fields, FORM).await;
    let client = fields
        .get("client_id")
        .and_then(|id| ClientId::parse(id).ok());
    let result = match (owner, client) {
        (Ok(Ok(owner)), Some(client)) => revoke(&visitor, &owner, client).await,
        (Ok(Ok(_)), None) => Ok(owner::onward(&visitor, None)),
        (Ok(Err(instead)), _) => Ok(*instead),
        (Err(fault), _) => Err(fault),
    };
    visitor.answer(result).await
}

async fn revoke(visitor: &Visitor, owner: &Owner, client: ClientId) -> Result<Response, Fault> {
    let text = "She took access away from an application";
    let mut event = owner.event(visitor, EventType::RevokeRefreshToken, text);
    event.client_id = Some(client.clone());
    let (user, now) = (owner.user.id.clone(), visitor.now);
    let write = move |tx: &mut Tx<'_>| {
        for consent in tx.consents().of_user(&user, &Page::largest())? {
            if consent.client_id == client {
                tx.consents().withdraw(&consent.id, now)?;
            }
        }
        tx.grants().revoke_between(&user, &client, now)?;
        tx.events().record(std::slice::from_ref(&event))?;
        Ok::<_, StoreError>(())
    };
    visitor.app.store.write(&visitor.tenant.id, write).await?;
    Ok(owner::done(visitor, "application", "applications"))
}
