//! `/u/login/identifier`: the first of two pages. It does not look anybody up, so that it says
//! nothing about who exists (ACC-04).

use aldgate_app::extract::FormParams;
use aldgate_app::page::{LoginIdentifier, Problem};
use aldgate_app::respond::see_other;
use axum::extract::RawQuery;
use axum::response::Response;
use http::StatusCode;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::password::USERNAME_BYTES_MAX;
use super::stage::{self, Stage};
use crate::authorize::running::state_of;
use crate::federation::start;
use crate::visitor::{Fault, Visitor};

const FORM: &str = "identifier";

pub(super) async fn get(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let state = state_of(query.as_deref());
    let result = match stage::open(&visitor, state.as_deref()).await {
        Ok(Ok(stage)) => page(&visitor, &stage, None).await,
        Ok(Err(instead)) => Ok(*instead),
        Err(fault) => Err(fault),
    };
    visitor.answer(result).await
}

pub(super) async fn post(visitor: Visitor, FormParams(fields): FormParams) -> Response {
    let result = match stage::of_form(&visitor, &fields, FORM).await {
        Ok(Ok(stage)) => submitted(&visitor, &stage, fields.get("username")).await,
        Ok(Err(instead)) => Ok(*instead),
        Err(fault) => Err(fault),
    };
    visitor.answer(result).await
}

async fn submitted(
    visitor: &Visitor,
    stage: &Stage,
    username: Option<&str>,
) -> Result<Response, Fault> {
    let username = username.map(str::trim).unwrap_or_default();
    if username.is_empty() || username.len() > USERNAME_BYTES_MAX {
        return page(visitor, stage, Some(Problem::Required)).await;
    }
    if let Some(connection) = start::realm_of(visitor, stage, username).await? {
        return start::from_stage(visitor, stage, &connection, Some(username)).await;
    }
    let hint = utf8_percent_encode(username, NON_ALPHANUMERIC);
    let next = format!("u/login/password?state={}&username={hint}", stage.handle());
    Ok(see_other(&visitor.tenant.issuer.join(&next)))
}

async fn page(
    visitor: &Visitor,
    stage: &Stage,
    problem: Option<Problem>,
) -> Result<Response, Fault> {
    if stage.begins_with_code(visitor).await? {
        let page = stage.link("u/login/passwordless");
        return Ok(see_other(
            &visitor.tenant.issuer.join(page.trim_start_matches('/')),
        ));
    }
    let doors = match stage.doors(visitor).await? {
        Ok(doors) => doors,
        Err(instead) => return Ok(*instead),
    };
    let database = doors.database.as_deref();
    let page = LoginIdentifier {
        form: visitor.form(
            "/u/login/identifier",
            &stage.form_name(FORM),
            Some(stage.handle()),
        ),
        application: Some(stage.view()),
        username: stage.login_hint(),
        problem,
        signup_url: database.and_then(|connection| stage.signup_link(connection)),
        connections: doors.buttons,
        codes: stage.code_links(visitor).await?,
    };
    let status = problem.map_or(StatusCode::OK, |_| StatusCode::BAD_REQUEST);
    Ok(stage.show(visitor, status, &page).await)
}
