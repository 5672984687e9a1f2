//! `/u/login`: identifier and password on one page.

use aldgate_app::extract::FormParams;
use aldgate_app::page::{Login, Problem};
use aldgate_app::respond::see_other;
use axum::extract::RawQuery;
use axum::response::Response;
use http::StatusCode;

use super::password::{self, Outcome, Typed};
use super::stage::{self, Stage};
use crate::authorize::running::state_of;
use crate::federation::start;
use crate::visitor::{Fault, Visitor};

const FORM: &str = "login";

pub(super) async fn get(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let state = state_of(query.as_deref());
    visitor
        .answer(first(&visitor, state.as_deref()).await)
        .await
}

async fn first(visitor: &Visitor, state: Option<&str>) -> Result<Response, Fault> {
    match stage::open(visitor, state).await? {
        Ok(stage) => page(visitor, &stage, &stage.login_hint(), None).await,
        Err(instead) => Ok(*instead),
    }
}

pub(super) async fn post(visitor: Visitor, FormParams(fields): FormParams) -> Response {
    let typed = Typed::read(&fields);
    let result = match stage::of_form(&visitor, &fields, FORM).await {
        Ok(Ok(stage)) => submitted(&visitor, &stage, typed).await,
        Ok(Err(instead)) => Ok(*instead),
        Err(fault) => Err(fault),
    };
    visitor.answer(result).await
}

async fn submitted(visitor: &Visitor, stage: &Stage, typed: Typed) -> Result<Response, Fault> {
    if let Some(connection) = start::realm_of(visitor, stage, &typed.username).await? {
        let typed = Some(typed.username.as_str());
        return start::from_stage(visitor, stage, &connection, typed).await;
    }
    match password::check(visitor, stage, &typed).await? {
        Outcome::Done(response) => Ok(*response),
        Outcome::Problem(problem) => page(visitor, stage, &typed.username, Some(problem)).await,
    }
}

async fn page(
    visitor: &Visitor,
    stage: &Stage,
    username: &str,
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
    let page = Login {
        form: visitor.form("/u/login", &stage.form_name(FORM), Some(stage.handle())),
        application: Some(stage.view()),
        username: username.to_owned(),
        problem,
        signup_url: database.and_then(|connection| stage.signup_link(connection)),
        forgot_url: database.map(|_| stage.forgot_link()),
        with_password: database.is_some(),
        connections: doors.buttons,
        codes: stage.code_links(visitor).await?,
    };
    let status = problem.map_or(StatusCode::OK, password::status_of);
    Ok(stage.show(visitor, status, &page).await)
}
