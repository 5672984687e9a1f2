//! `/u/reset-password/request`: asks for the mail that resets a password.

use std::sync::Arc;

use aldgate_app::extract::FormParams;
use aldgate_app::page::{ForgotPassword, Notice, NoticeKind, Problem};
use aldgate_core::connection::Connection;
use aldgate_core::error::OAuthError;
use aldgate_core::signup;
use axum::extract::RawQuery;
use axum::response::Response;
use http::StatusCode;

use super::database;
use super::pages::show;
use super::recovery::Recovery;
use crate::authorize::running::state_of;
use crate::login::stage::{self, Stage};
use crate::visitor::{Fault, Visitor};

/// The path.
pub(super) const PATH: &str = "/u/reset-password/request";

const FORM: &str = "forgot";

pub(super) async fn get(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let state = state_of(query.as_deref());
    let result = match find_stage(&visitor, state.as_deref()).await {
        Ok(stage) => {
            let hint = stage.as_ref().map(Stage::login_hint).unwrap_or_default();
            Ok(form(&visitor, stage.as_ref(), &hint, None).await)
        }
        Err(fault) => Err(fault),
    };
    visitor.answer(result).await
}

pub(super) async fn post(visitor: Visitor, FormParams(fields): FormParams) -> Response {
    if let Err(page) = visitor.check_form(&fields, FORM).await {
        return *page;
    }
    let email = fields.get("email").unwrap_or_default();
    let result = match find_stage(&visitor, fields.get("state")).await {
        Ok(stage) => request(&visitor, stage.as_ref(), email).await,
        Err(fault) => Err(fault),
    };
    visitor.answer(result).await
}

/// The running authorization, if there still is one: without it a link still helps.
async fn find_stage(visitor: &Visitor, state: Option<&str>) -> Result<Option<Stage>, Fault> {
    Ok(stage::open(visitor, state).await?.ok())
}

async fn request(visitor: &Visitor, stage: Option<&Stage>, typed: &str) -> Result<Response, Fault> {
    let Ok(email) = signup::email(typed) else {
        return Ok(form(visitor, stage, typed, Some(Problem::EmailInvalid)).await);
    };
    let connection = match connection(visitor, stage).await? {
        Ok(connection) => connection,
        Err(instead) => return Ok(*instead),
    };
    let chrome = visitor.chrome(stage.and_then(Stage::locales)).await;
    let recovery = Recovery {
        app: &visitor.app,
        tenant: &visitor.tenant,
        connection: &connection,
        application: stage.map(|stage| stage.application.as_ref()),
        caller: &visitor.caller,
        chrome: &chrome,
        by_page: true,
    };
    let sent = recovery.request(&email).await;
    sent.map_err(OAuthError::from)?;
    let notice = Notice {
        email: Some(email),
        continue_url: stage.map(|stage| stage.link("u/login")),
        ..Notice::new(NoticeKind::ResetMailSent)
    };
    Ok(show(visitor, StatusCode::OK, &notice).await)
}

async fn connection(
    visitor: &Visitor,
    stage: Option<&Stage>,
) -> Result<Result<Arc<Connection>, Box<Response>>, Fault> {
    match stage {
        Some(stage) => stage.database(visitor).await,
        None => {
            let found = database(&visitor.app, &visitor.tenant, None, None).await;
            Ok(Ok(found.map_err(OAuthError::from)?))
        }
    }
}

async fn form(
    visitor: &Visitor,
    stage: Option<&Stage>,
    email: &str,
    problem: Option<Problem>,
) -> Response {
    let page = ForgotPassword {
        form: visitor.form(PATH, FORM, stage.map(Stage::handle)),
        application: stage.map(Stage::view),
        email: email.chars().take(500).collect(),
        problem,
        login_url: stage.map(|stage| stage.link("u/login")),
    };
    let status = problem.map_or(StatusCode::OK, |_| StatusCode::BAD_REQUEST);
    show(visitor, status, &page).await
}
