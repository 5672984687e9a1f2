//! `POST /account/identities`: takes a linked account away; it becomes a user of its own again.

use aldgate_app::extract::FormParams;
use aldgate_core::event::EventType;
use aldgate_core::user::link;
use aldgate_store::{Saved, StoreError, Tx};
use axum::response::Response;

use super::owner::{self, Login, Owner};
use crate::visitor::{Fault, Visitor};

pub(super) const FORM: &str = "my identities";

pub(super) async fn post(visitor: Visitor, FormParams(fields): FormParams) -> Response {
    let owner = owner::submitted(&visitor, Login::Fresh, "identities", &fields, FORM).await;
    let result = match owner {
        Ok(Ok(owner)) => unlink(&visitor, &owner, fields.get("identity")).await,
        Ok(Err(instead)) => Ok(*instead),
        Err(fault) => Err(fault),
    };
    visitor.answer(result).await
}

async fn unlink(
    visitor: &Visitor,
    owner: &Owner,
    identity: Option<&str>,
) -> Result<Response, Fault> {
    let Some((provider, subject)) = identity.and_then(|text| text.split_once('|')) else {
        return Ok(owner::onward(visitor, None));
    };
    let event = owner.event(
        visitor,
        EventType::IdentityUnlinked,
        "She unlinked an account",
    );
    let (provider, subject) = (provider.to_owned(), subject.to_owned());
    let (id, now) = (owner.user.id.clone(), visitor.now);
    let write = move |tx: &mut Tx<'_>| {
        let Some(before) = tx.users().by_id_to_change(&id)? else {
            return Ok(false);
        };
        let Ok((rest, again)) = link::unlink(&before, &provider, &subject, now) else {
            return Ok(false);
        };
        // First the name must be free that the other one takes.
        if tx.users().update(&rest)? != Saved::Done || tx.users().create(&again)? != Saved::Done {
            return Err(StoreError::unavailable(
                "the unlinked account cannot be kept",
            ));
        }
        let mut event = event.clone();
        event.detail = serde_json::json!({"unlinked": again.id});
        tx.events().record(&[event])?;
        Ok(true)
    };
    match visitor.app.store.write(&visitor.tenant.id, write).await? {
        true => Ok(owner::done(visitor, "identity", "identities")),
        false => Ok(owner::onward(visitor, Some("identities"))),
    }
}
