//! `/account/email`: moves her to another address, which counts only after proof (ACC-06).

use aldgate_app::accounts::{ChangeEmail, ChangeEmailError, Post, change_email};
use aldgate_app::extract::FormParams;
use aldgate_app::page::{MyEmail, Problem};
use aldgate_core::event::EventType;
use aldgate_store::StoreError;
use axum::response::Response;
use http::StatusCode;

use super::owner::{self, Login, Owner};
use crate::visitor::{Fault, Visitor};

const FORM: &str = "my email";

pub(super) async fn get(visitor: Visitor) -> Response {
    let result = match owner::open(&visitor, Login::Fresh, "email").await {
        Ok(Ok(owner)) => {
            let email = owner.user.email.clone().unwrap_or_default();
            Ok(page(&visitor, email, None).await)
        }
        Ok(Err(instead)) => Ok(*instead),
        Err(fault) => Err(fault),
    };
    visitor.answer(result).await
}

pub(super) async fn post(visitor: Visitor, FormParams(fields): FormParams) -> Response {
    let owner = owner::submitted(&visitor, Login::Fresh, "email", &fields, FORM).await;
    let result = match owner {
        Ok(Ok(owner)) => {
            let email = fields.get("email").unwrap_or_default();
            change(&visitor, &owner, email).await
        }
        Ok(Err(instead)) => Ok(*instead),
        Err(fault) => Err(fault),
    };
    visitor.answer(result).await
}

async fn change(visitor: &Visitor, owner: &Owner, email: &str) -> Result<Response, Fault> {
    if !owner.has_password(visitor).await? {
        return Ok(owner::onward(visitor, None));
    }
    let ip = visitor.caller.address().to_string();
    let chrome = visitor.chrome(None).await;
    let change = ChangeEmail {
        user: &owner.user,
        email,
        verified: false,
        post: Post {
            app: &visitor.app,
            tenant: &visitor.tenant,
            chrome: &chrome,
            application: None,
            ip: Some(&ip),
        },
        event: owner.event(visitor, EventType::ChangeEmail, "She changed her address"),
    };
    let problem = match change_email(&visitor.app, &visitor.tenant, change).await {
        Ok(_) => return Ok(owner::done(visitor, "email", "login")),
        Err(ChangeEmailError::Field(_)) => Problem::EmailInvalid,
        // That another account has it is not said: she could ask for anybody's (ACC-04).
        Err(ChangeEmailError::Exists | ChangeEmailError::Missing) => Problem::EmailRefused,
        Err(ChangeEmailError::Store(error)) => return Err(error.into()),
        Err(ChangeEmailError::Mail(error)) => return Err(StoreError::unavailable(error).into()),
    };
    let typed: String = email.chars().take(254).collect();
    Ok(page(visitor, typed, Some(problem)).await)
}

async fn page(visitor: &Visitor, email: String, problem: Option<Problem>) -> Response {
    let page = MyEmail {
        form: visitor.form("/account/email", FORM, None),
        email,
        problem,
    };
    let status = problem.map_or(StatusCode::OK, |_| StatusCode::BAD_REQUEST);
    owner::show(visitor, status, &page).await
}
