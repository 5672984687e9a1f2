//! A template filled with sample data, in a frame of its own: mails need inline styles, so the
//! document is sandboxed away from the dashboard.

use aldgate_app::mail::sample_variables;
use aldgate_app::page::Policy;
use aldgate_core::liquid::LiquidError;
use aldgate_core::mail::template::{FilledMail, MailTemplate};
use axum::response::{IntoResponse as _, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};
use minijinja::context;
use serde_json::Value;

use super::template::{Mail, load, mail, or_shipped};
use crate::dashboard::fault::Fault;
use crate::dashboard::page::{Page, act, show};
use crate::dashboard::{Visit, engine};

const PATH: &str = "/email/templates/{name}/preview";

pub(super) fn pages() -> Vec<Page> {
    let read = "GET /email-templates/{templateName}";
    vec![
        show(PATH, "Preview of a mail", stored).needs(read),
        act(PATH, "Preview a mail", sent).needs(read),
    ]
}

/// As it is now.
async fn stored(visit: Visit) -> Result<Response, Fault> {
    let mail = mail(&visit)?;
    let own = load(&visit, mail.name).await?;
    let template = or_shipped(&visit, mail, &own).await;
    let text = |name: &str| template[name].as_str().unwrap_or_default().to_owned();
    let template = MailTemplate {
        body: text("body"),
        from: text("from"),
        subject: text("subject"),
        enabled: true,
    };
    Ok(answer(&visit, mail, &template))
}

/// As it stands in the form, saved or not.
async fn sent(visit: Visit) -> Result<Response, Fault> {
    let mail = mail(&visit)?;
    let text = |name: &str| visit.form.get(name).to_owned();
    let template = MailTemplate {
        body: text("body"),
        from: text("from"),
        subject: text("subject"),
        enabled: true,
    };
    Ok(answer(&visit, mail, &template))
}

fn answer(visit: &Visit, mail: &Mail, template: &MailTemplate) -> Response {
    let variables = sample_variables(&visit.tenant, mail.name);
    let html = match template.fill(&variables) {
        Ok(filled) => shown(filled),
        Err(error) => mistake(template, &variables, &error),
    };
    let mut response = (StatusCode::OK, html).into_response();
    let headers = response.headers_mut();
    let kind = HeaderValue::from_static("text/html; charset=utf-8");
    headers.insert(CONTENT_TYPE, kind);
    Policy::apply_mail_preview(headers);
    response
}

/// The mail below what its envelope says.
fn shown(filled: FilledMail) -> String {
    let context = context! { subject => filled.subject, from => filled.from };
    let head = engine::render("email_preview", context);
    format!("{head}\n{}", filled.html)
}

/// What is wrong, at its line.
fn mistake(template: &MailTemplate, variables: &Value, error: &LiquidError) -> String {
    let alone = |body: &str, line: &str| MailTemplate {
        body: body.to_owned(),
        from: String::new(),
        subject: line.to_owned(),
        enabled: true,
    };
    let fails = |one: &MailTemplate| one.fill(variables).is_err();
    let (place, source) = if fails(&alone("", &template.subject)) {
        ("subject", &template.subject)
    } else if fails(&alone("", &template.from)) {
        ("sender", &template.from)
    } else {
        ("text", &template.body)
    };
    let line = source
        .lines()
        .nth(error.line.saturating_sub(1))
        .unwrap_or_default();
    let context = context! {
        place,
        line => error.line,
        problem => error.problem.as_str(),
        source => line,
    };
    engine::render("email_mistake", context)
}
