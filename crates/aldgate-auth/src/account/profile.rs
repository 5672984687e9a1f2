//! `POST /account/profile`: her names.

use aldgate_app::extract::FormParams;
use aldgate_app::page::Problem;
use aldgate_core::event::EventType;
use aldgate_core::params::Params;
use aldgate_core::signup::Draft;
use aldgate_core::user::Profile;
use aldgate_store::{StoreError, Tx};
use axum::response::Response;
use serde_json::{Map, Value};

use super::home;
use super::owner::{self, Login, Owner};
use crate::visitor::{Fault, Visitor};

pub(super) const FORM: &str = "my profile";

/// What she may write: a name that is left empty is taken away.
const NAMES: [&str; 4] = ["name", "given_name", "family_name", "nickname"];

pub(super) async fn post(visitor: Visitor, FormParams(fields): FormParams) -> Response {
    let owner = owner::submitted(&visitor, Login::Any, "home", &fields, FORM).await;
    let result = match owner {
        Ok(Ok(owner)) => save(&visitor, &owner, &fields).await,
        Ok(Err(instead)) => Ok(*instead),
        Err(fault) => Err(fault),
    };
    visitor.answer(result).await
}

async fn save(visitor: &Visitor, owner: &Owner, fields: &Params) -> Result<Response, Fault> {
    if !owner.is_local() {
        return Ok(owner::onward(visitor, None));
    }
    let member = |name: &&str| {
        let text = fields.get(name).unwrap_or_default();
        ((*name).to_owned(), Value::from(text))
    };
    let body: Map<String, Value> = NAMES.iter().map(member).collect();
    let Ok(draft) = Draft::public(&body) else {
        return home::with_problem(visitor, owner, Problem::NameInvalid).await;
    };
    let event = owner.event(
        visitor,
        EventType::ProfileChanged,
        "She changed her profile",
    );
    let (id, wanted, now) = (owner.user.id.clone(), draft.profile, visitor.now);
    let write = move |tx: &mut Tx<'_>| {
        let Some(mut user) = tx.users().by_id_to_change(&id)? else {
            return Ok(());
        };
        let wanted = wanted.clone();
        user.profile = Profile {
            name: wanted.name,
            given_name: wanted.given_name,
            family_name: wanted.family_name,
            nickname: wanted.nickname,
            ..user.profile
        };
        user.updated_at = now;
        let _exists: bool = tx.users().touch(&user)?;
        tx.events().record(std::slice::from_ref(&event))?;
        Ok::<_, StoreError>(())
    };
    visitor.app.store.write(&visitor.tenant.id, write).await?;
    Ok(owner::done(visitor, "saved", "profile"))
}
