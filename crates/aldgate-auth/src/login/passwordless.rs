//! `/u/login/passwordless`: asks whom to send a code. It looks nobody up, so that it says nothing
//! about who exists (ACC-04).

use std::sync::Arc;

use aldgate_app::extract::FormParams;
use aldgate_app::page::{LoginPasswordless, Problem};
use aldgate_app::respond::see_other;
use aldgate_core::connection::Connection;
use aldgate_core::params::Params;
use aldgate_core::passwordless::{Binding, Channel, Recipient};
use aldgate_core::transaction::{CodeSent, Transaction};
use aldgate_store::{StoreError, Tx};
use axum::extract::RawQuery;
use axum::response::Response;
use http::StatusCode;

use super::code;
use super::password::status_of;
use super::stage::{self, Stage};
use crate::passwordless::{Form, Passwordless, SendError};
use crate::visitor::{Fault, Visitor};

const FORM: &str = "passwordless";

/// The page, and what it stands on.
struct Asking<'a> {
    visitor: &'a Visitor,
    stage: &'a Stage,
    connection: Arc<Connection>,
    channel: Channel,
}

pub(super) async fn get(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let query = Params::from_form(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let result = match stage::open(&visitor, query.get("state")).await {
        Ok(Ok(stage)) => show(&visitor, &stage, query.get("connection")).await,
        Ok(Err(instead)) => Ok(*instead),
        Err(fault) => Err(fault),
    };
    visitor.answer(result).await
}

pub(super) async fn post(visitor: Visitor, FormParams(fields): FormParams) -> Response {
    let result = match stage::of_form(&visitor, &fields, FORM).await {
        Ok(Ok(stage)) => submitted(&visitor, &stage, &fields).await,
        Ok(Err(instead)) => Ok(*instead),
        Err(fault) => Err(fault),
    };
    visitor.answer(result).await
}

async fn show(
    visitor: &Visitor,
    stage: &Stage,
    connection: Option<&str>,
) -> Result<Response, Fault> {
    match asking(visitor, stage, connection).await? {
        Some(asking) => {
            let hint = stage.login_hint();
            let fits = Recipient::parse(asking.channel, &hint).is_ok();
            asking.page(if fits { &hint } else { "" }, None).await
        }
        None => Ok(stage.no_connection(visitor).await),
    }
}

async fn asking<'a>(
    visitor: &'a Visitor,
    stage: &'a Stage,
    name: Option<&str>,
) -> Result<Option<Asking<'a>>, Fault> {
    let found = stage.passwordless(visitor, name).await?;
    Ok(found.map(|(connection, channel)| Asking {
        visitor,
        stage,
        connection,
        channel,
    }))
}

async fn submitted(visitor: &Visitor, stage: &Stage, fields: &Params) -> Result<Response, Fault> {
    let Some(asking) = asking(visitor, stage, fields.get("connection")).await? else {
        return Ok(stage.no_connection(visitor).await);
    };
    let typed = fields.get(asking.channel.parameter()).unwrap_or_default();
    let Ok(recipient) = Recipient::parse(asking.channel, typed) else {
        let problem = match asking.channel {
            Channel::Email => Problem::EmailInvalid,
            Channel::Sms => Problem::PhoneInvalid,
        };
        return asking.page(typed, Some(problem)).await;
    };
    let sent = CodeSent {
        connection: asking.connection.id.clone(),
        recipient,
    };
    match send(visitor, stage, &asking.connection, &sent.recipient).await? {
        Some(problem) => asking.page(typed, Some(problem)).await,
        None => noted(visitor, stage, sent).await,
    }
}

/// Sends a code that works in this transaction only; the problem, if there is one.
pub(super) async fn send(
    visitor: &Visitor,
    stage: &Stage,
    connection: &Connection,
    recipient: &Recipient,
) -> Result<Option<Problem>, Fault> {
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
    match passwordless.send(recipient, binding, Form::Code).await {
        Ok(()) => Ok(None),
        Err(SendError::TooMany { until }) => {
            let minutes = until.since(visitor.now).0.div_ceil(60).max(1);
            let minutes = u32::try_from(minutes).unwrap_or(u32::MAX);
            Ok(Some(Problem::TooManyCodes { minutes }))
        }
        Err(SendError::Store(error)) => Err(error.into()),
        Err(SendError::Page(error)) => Err(StoreError::unavailable(error).into()),
    }
}

/// Notes in the transaction whom the code is for, and goes on to the page that takes it.
async fn noted(visitor: &Visitor, stage: &Stage, sent: CodeSent) -> Result<Response, Fault> {
    let (hash, now) = (stage.running.hash, visitor.now);
    let transaction = Transaction {
        code: Some(sent),
        ..stage.running.transaction.clone()
    };
    let write = move |tx: &mut Tx<'_>| tx.transactions().update(&hash, &transaction, now);
    let _runs: bool = visitor.app.store.write(&visitor.tenant.id, write).await?;
    let page = stage.link(code::PATH.trim_start_matches('/'));
    Ok(see_other(
        &visitor.tenant.issuer.join(page.trim_start_matches('/')),
    ))
}

impl Asking<'_> {
    async fn page(&self, recipient: &str, problem: Option<Problem>) -> Result<Response, Fault> {
        let Self { visitor, stage, .. } = self;
        let password = !stage.begins_with_code(visitor).await?;
        let form = stage.form_name(FORM);
        let page = LoginPasswordless {
            form: visitor.form("/u/login/passwordless", &form, Some(stage.handle())),
            application: Some(stage.view()),
            channel: self.channel,
            connection: self.connection.name.clone(),
            recipient: recipient.chars().take(254).collect(),
            problem,
            login_url: password.then(|| stage.link("u/login")),
        };
        let status = problem.map_or(StatusCode::OK, status_of);
        Ok(stage.show(visitor, status, &page).await)
    }
}
