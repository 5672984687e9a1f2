//! `/u/login/passwordless/code`: takes the code that was sent. It works in the browser and the
//! transaction that asked for it, and nowhere else (ACC-05).

use std::sync::Arc;

use aldgate_app::extract::FormParams;
use aldgate_app::page::{LoginCode, NoticeKind, Problem};
use aldgate_app::respond::see_other;
use aldgate_core::connection::Connection;
use aldgate_core::error::OAuthError;
use aldgate_core::event::EventType;
use aldgate_core::passwordless::{Binding, Channel, CodeRules};
use aldgate_core::transaction::CodeSent;
use axum::extract::RawQuery;
use axum::response::Response;
use http::StatusCode;

use super::password::status_of;
use super::passwordless;
use super::session::{Proof, log_in};
use super::stage::{self, Stage};
use crate::accounts::LoginFailure;
use crate::authorize::running::state_of;
use crate::passwordless::{CodeProof, Passwordless};
use crate::visitor::{Fault, Visitor};

/// The path of this page.
pub(super) const PATH: &str = "/u/login/passwordless/code";

const FORM: &str = "code";

/// A code that was sent, and the connection it belongs to.
struct Waiting {
    sent: CodeSent,
    connection: Arc<Connection>,
}

pub(super) async fn get(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let state = state_of(query.as_deref());
    let result = match stage::open(&visitor, state.as_deref()).await {
        Ok(Ok(stage)) => match waiting(&visitor, &stage).await {
            Ok(Some(waiting)) => Ok(page(&visitor, &stage, &waiting, None).await),
            Ok(None) => Ok(start(&visitor, &stage)),
            Err(fault) => Err(fault),
        },
        Ok(Err(instead)) => Ok(*instead),
        Err(fault) => Err(fault),
    };
    visitor.answer(result).await
}

pub(super) async fn post(visitor: Visitor, FormParams(fields): FormParams) -> Response {
    let again = fields.get("action") == Some("resend");
    let result = match stage::of_form(&visitor, &fields, FORM).await {
        Ok(Ok(stage)) => submitted(&visitor, &stage, fields.get("code"), again).await,
        Ok(Err(instead)) => Ok(*instead),
        Err(fault) => Err(fault),
    };
    visitor.answer(result).await
}

async fn submitted(
    visitor: &Visitor,
    stage: &Stage,
    code: Option<&str>,
    again: bool,
) -> Result<Response, Fault> {
    let Some(waiting) = waiting(visitor, stage).await? else {
        return Ok(start(visitor, stage));
    };
    let Waiting { sent, connection } = &waiting;
    if again {
        let problem = passwordless::send(visitor, stage, connection, &sent.recipient).await?;
        return Ok(page(visitor, stage, &waiting, problem).await);
    }
    let Some(code) = code else {
        return Ok(page(visitor, stage, &waiting, Some(Problem::Required)).await);
    };
    let chrome = visitor.chrome(stage.locales()).await;
    let passwordless = Passwordless {
        app: &visitor.app,
        tenant: &visitor.tenant,
        connection,
        client: &stage.application,
        caller: &visitor.caller,
        chrome: &chrome,
        now: visitor.now,
    };
    let binding = Binding::Transaction(&stage.running.hash);
    let proof = CodeProof {
        recipient: &sent.recipient,
        binding,
        code,
        request: &visitor.as_seen(),
    };
    let user = match passwordless.redeem(proof).await {
        Ok(user) => user,
        Err(LoginFailure::Denied(error)) => return Ok(denied(visitor, stage, &error).await),
        Err(LoginFailure::Store(error)) => return Err(error.into()),
        Err(failure) => return Ok(page(visitor, stage, &waiting, Some(failure.problem())).await),
    };
    let proof = Proof {
        user_id: user.user.id,
        method: user.method,
    };
    let running = &stage.running;
    match log_in(visitor, &running.handle, &running.transaction, proof).await? {
        Some(response) => Ok(response),
        None => Ok(visitor
            .notice(StatusCode::BAD_REQUEST, NoticeKind::LoginExpired)
            .await),
    }
}

/// An action let nobody new in: its words, and a support code for the story behind them.
async fn denied(visitor: &Visitor, stage: &Stage, error: &OAuthError) -> Response {
    let (kind, application) = (EventType::FailedSignup, Some(&*stage.application));
    visitor
        .refuse(error, kind, application, Some("actions"))
        .await
}

/// The code that the transaction waits for, if its connection may still be used.
async fn waiting(visitor: &Visitor, stage: &Stage) -> Result<Option<Waiting>, Fault> {
    let Some(sent) = stage.running.transaction.code.clone() else {
        return Ok(None);
    };
    let found = visitor
        .app
        .connection(&visitor.tenant.id, &sent.connection)
        .await?;
    let usable =
        found.filter(|one| one.is_enabled_for(&stage.application.id) && Channel::of(one).is_some());
    Ok(usable.map(|connection| Waiting { sent, connection }))
}

/// Back to the page that asks whom to send a code.
fn start(visitor: &Visitor, stage: &Stage) -> Response {
    let page = stage.link("u/login/passwordless");
    see_other(&visitor.tenant.issuer.join(page.trim_start_matches('/')))
}

async fn page(
    visitor: &Visitor,
    stage: &Stage,
    waiting: &Waiting,
    problem: Option<Problem>,
) -> Response {
    let form = stage.form_name(FORM);
    let edit = stage.link("u/login/passwordless");
    let page = LoginCode {
        form: visitor.form(PATH, &form, Some(stage.handle())),
        application: Some(stage.view()),
        recipient: waiting.sent.recipient.text.clone(),
        length: CodeRules::of(&waiting.connection).length,
        problem,
        edit_url: format!("{edit}&connection={}", waiting.connection.name),
    };
    let status = problem.map_or(StatusCode::OK, status_of);
    stage.show(visitor, status, &page).await
}
