//! `/u/login/password`: the second of two pages; and the check that both ways of logging in share.

use aldgate_app::extract::FormParams;
use aldgate_app::page::{LoginPassword, NoticeKind, Problem};
use aldgate_core::params::Params;
use aldgate_core::secret::Secret;
use axum::extract::RawQuery;
use axum::response::Response;
use http::StatusCode;

use super::session::{Proof, log_in};
use super::stage::{self, Stage};
use crate::accounts::{LoginFailure, PasswordAttempt, authenticate};
use crate::visitor::{Fault, Visitor};

/// The longest name that is looked up, in bytes.
pub(super) const USERNAME_BYTES_MAX: usize = 512;

const FORM: &str = "password";

/// What the user typed.
pub(super) struct Typed {
    pub(super) username: String,
    password: Secret<String>,
}

/// What comes of it.
pub(super) enum Outcome {
    /// She is logged in, or a page says why not even that could be tried.
    Done(Box<Response>),
    /// The form comes back.
    Problem(Problem),
}

impl Typed {
    /// Reads the fields `username` and `password`.
    pub(super) fn read(fields: &Params) -> Self {
        Self {
            username: fields.get("username").unwrap_or_default().trim().to_owned(),
            password: Secret::new(fields.get("password").unwrap_or_default().to_owned()),
        }
    }
}

/// Checks what was typed and logs in with it.
pub(super) async fn check(
    visitor: &Visitor,
    stage: &Stage,
    typed: &Typed,
) -> Result<Outcome, Fault> {
    let missing = typed.username.is_empty() || typed.password.expose().is_empty();
    if missing || typed.username.len() > USERNAME_BYTES_MAX {
        return Ok(Outcome::Problem(Problem::WrongCredentials));
    }
    let connection = match stage.database(visitor).await? {
        Ok(connection) => connection,
        Err(instead) => return Ok(Outcome::Done(instead)),
    };
    let chrome = visitor.chrome(stage.locales()).await;
    let attempt = PasswordAttempt {
        connection: &connection,
        username: &typed.username,
        password: &typed.password,
        client: &stage.application,
        caller: &visitor.caller,
        chrome: &chrome,
    };
    let user = match authenticate(&visitor.app, &visitor.tenant, attempt).await {
        Ok(user) => user,
        Err(LoginFailure::Store(error)) => return Err(error.into()),
        Err(failure) => return Ok(Outcome::Problem(failure.problem())),
    };
    let proof = Proof {
        user_id: user.user.id,
        method: user.method,
    };
    let running = &stage.running;
    let response = match log_in(visitor, &running.handle, &running.transaction, proof).await? {
        Some(response) => response,
        None => {
            visitor
                .notice(StatusCode::BAD_REQUEST, NoticeKind::LoginExpired)
                .await
        }
    };
    Ok(Outcome::Done(Box::new(response)))
}

/// The status of a form that comes back.
pub(crate) const fn status_of(problem: Problem) -> StatusCode {
    match problem {
        Problem::Busy => StatusCode::SERVICE_UNAVAILABLE,
        Problem::TooManyAttempts { .. } | Problem::TooManyCodes { .. } => {
            StatusCode::TOO_MANY_REQUESTS
        }
        _ => StatusCode::BAD_REQUEST,
    }
}

pub(super) async fn get(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let query = Params::from_form(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let result = match stage::open(&visitor, query.get("state")).await {
        Ok(Ok(stage)) => {
            let username = query.get("username").unwrap_or_default();
            Ok(page(&visitor, &stage, username, None).await)
        }
        Ok(Err(instead)) => Ok(*instead),
        Err(fault) => Err(fault),
    };
    visitor.answer(result).await
}

pub(super) async fn post(visitor: Visitor, FormParams(fields): FormParams) -> Response {
    let result = match stage::of_form(&visitor, &fields, FORM).await {
        Ok(Ok(stage)) => submitted(&visitor, &stage, &Typed::read(&fields)).await,
        Ok(Err(instead)) => Ok(*instead),
        Err(fault) => Err(fault),
    };
    visitor.answer(result).await
}

async fn submitted(visitor: &Visitor, stage: &Stage, typed: &Typed) -> Result<Response, Fault> {
    Ok(match check(visitor, stage, typed).await? {
        Outcome::Done(response) => *response,
        Outcome::Problem(problem) => page(visitor, stage, &typed.username, Some(problem)).await,
    })
}

async fn page(
    visitor: &Visitor,
    stage: &Stage,
    username: &str,
    problem: Option<Problem>,
) -> Response {
    let page = LoginPassword {
        form: visitor.form(
            "/u/login/password",
            &stage.form_name(FORM),
            Some(stage.handle()),
        ),
        application: Some(stage.view()),
        username: username.chars().take(USERNAME_BYTES_MAX).collect(),
        problem,
        edit_url: stage.link("u/login/identifier"),
        forgot_url: Some(stage.forgot_link()),
    };
    let status = problem.map_or(StatusCode::OK, status_of);
    stage.show(visitor, status, &page).await
}
