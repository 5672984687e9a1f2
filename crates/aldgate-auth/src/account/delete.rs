//! `/account/delete`: removes her account with everything that is hers. Final, so it asks, and the
//! login must be of the last minutes.

use aldgate_app::extract::FormParams;
use aldgate_app::page::{MyDeletion, NoticeKind, Problem};
use aldgate_core::attempts::Account;
use aldgate_core::event::EventType;
use aldgate_core::logout::backchannel::Initiator;
use aldgate_core::role::ADMINISTRATOR;
use aldgate_store::{StoreError, Tx};
use axum::response::Response;
use http::StatusCode;

use super::owner::{self, Login, Owner};
use crate::visitor::{Fault, Visitor};

const FORM: &str = "my deletion";

/// How the deletion ended.
enum Outcome {
    Gone,
    /// Whoever holds the administrator's role might be the last one.
    Administrator,
}

pub(super) async fn get(visitor: Visitor) -> Response {
    let result = match owner::open(&visitor, Login::Fresh, "delete").await {
        Ok(Ok(owner)) => Ok(page(&visitor, &owner, None).await),
        Ok(Err(instead)) => Ok(*instead),
        Err(fault) => Err(fault),
    };
    visitor.answer(result).await
}

pub(super) async fn post(visitor: Visitor, FormParams(fields): FormParams) -> Response {
    let owner = owner::submitted(&visitor, Login::Fresh, "delete", &fields, FORM).await;
    let result = match owner {
        Ok(Ok(owner)) if fields.get("understood").is_some() => remove(&visitor, &owner).await,
        Ok(Ok(owner)) => Ok(page(&visitor, &owner, Some(Problem::Required)).await),
        Ok(Err(instead)) => Ok(*instead),
        Err(fault) => Err(fault),
    };
    visitor.answer(result).await
}

async fn remove(visitor: &Visitor, owner: &Owner) -> Result<Response, Fault> {
    let event = owner.event(visitor, EventType::DeleteUser, "She deleted her account");
    let (user, now) = (owner.user.id.clone(), visitor.now);
    let write = move |tx: &mut Tx<'_>| {
        let roles = tx.roles().of_user(&user)?;
        if roles.iter().any(|role| role.name == ADMINISTRATOR) {
            return Ok(Outcome::Administrator);
        }
        let initiator = Initiator::AccountDeleted;
        tx.logouts().of_user(&user, None, initiator, now)?;
        tx.users().delete(&user)?;
        tx.attempts().unblock(&Account::Known(user.clone()))?;
        tx.events().record(std::slice::from_ref(&event))?;
        Ok::<_, StoreError>(Outcome::Gone)
    };
    match visitor.app.store.write(&visitor.tenant.id, write).await? {
        Outcome::Administrator => Ok(page(visitor, owner, Some(Problem::Administrator)).await),
        Outcome::Gone => {
            let notice = visitor.notice(StatusCode::OK, NoticeKind::AccountDeleted);
            let mut response = notice.await;
            visitor.clear_session(&mut response);
            Ok(response)
        }
    }
}

async fn page(visitor: &Visitor, owner: &Owner, problem: Option<Problem>) -> Response {
    let user = &owner.user;
    let names = [&user.email, &user.username, &user.phone_number];
    let account = names.into_iter().flatten().next().cloned();
    let page = MyDeletion {
        form: visitor.form("/account/delete", FORM, None),
        account: account.unwrap_or_else(|| user.display_name().to_owned()),
        problem,
    };
    let status = problem.map_or(StatusCode::OK, |_| StatusCode::BAD_REQUEST);
    owner::show(visitor, status, &page).await
}
