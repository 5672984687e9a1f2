//! Routes that exist in `dev` only: the outbox, and a clock that can be moved.

use aldgate_app::App;
use aldgate_app::error::OAuthRejection;
use aldgate_app::extract::Tenant;
use aldgate_app::mail::SentMail;
use aldgate_app::page::{Brand, Chrome, Locale, Outbox, OutboxEntry, OutboxMail, Policy, reply};
use aldgate_app::respond;
use aldgate_core::error::{ErrorCode, OAuthError, Refusal};
use aldgate_core::time::{Seconds, Timestamp};
use axum::extract::{Path, State};
use axum::response::{Html, IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;

/// How many mails the outbox shows.
const MAILS_MAX: usize = 200;

/// The routes.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/dev/outbox", get(outbox))
        .route("/dev/outbox.json", get(outbox_json))
        .route("/dev/outbox/{index}", get(mail))
        .route("/dev/outbox/{index}/html", get(mail_html))
        .route("/__test/clock", post(clock))
}

async fn outbox(State(app): State<App>, tenant: Tenant) -> Result<Response, OAuthRejection> {
    let mails = mails(&app).await?;
    let count = mails.len();
    let entry = |(index, mail): (usize, &SentMail)| OutboxEntry {
        // Numbered from the oldest, so that a link stays when more mail comes.
        href: format!("/dev/outbox/{}", count - index),
        to: mail.to.clone(),
        subject: mail.subject.clone(),
        sent_at: mail.sent_at.to_string(),
    };
    let page = Outbox {
        mails: mails.iter().enumerate().map(entry).collect(),
    };
    Ok(reply(
        StatusCode::OK,
        &page,
        &chrome(&tenant),
        &Policy::framing_own_pages(),
    ))
}

async fn outbox_json(State(app): State<App>) -> Result<Response, OAuthRejection> {
    Ok(respond::json(StatusCode::OK, &mails(&app).await?))
}

async fn mail(
    State(app): State<App>,
    tenant: Tenant,
    Path(number): Path<usize>,
) -> Result<Response, OAuthRejection> {
    let mail = find(&app, number).await?;
    let link = mail
        .text
        .split_whitespace()
        .find(|word| word.starts_with(tenant.issuer.as_str()));
    let page = OutboxMail {
        back_url: "/dev/outbox".to_owned(),
        from: mail.from.clone(),
        to: mail.to.clone(),
        subject: mail.subject.clone(),
        sent_at: mail.sent_at.to_string(),
        link: link.map(str::to_owned),
        text: mail.text.clone(),
        html_url: Some(format!("/dev/outbox/{number}/html")),
    };
    Ok(reply(
        StatusCode::OK,
        &page,
        &chrome(&tenant),
        &Policy::framing_own_pages(),
    ))
}

async fn mail_html(
    State(app): State<App>,
    Path(number): Path<usize>,
) -> Result<Response, OAuthRejection> {
    let mut response = Html(find(&app, number).await?.html).into_response();
    Policy::apply_mail_preview(response.headers_mut());
    Ok(response)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Move {
    /// Moves the clock forward by so many seconds.
    advance_seconds: u64,
}

/// Moves the clock forward. Not in `serve`, where this route does not exist.
async fn clock(State(app): State<App>, Json(body): Json<Move>) -> Response {
    let moved = app.clock.advance(Seconds(body.advance_seconds));
    let now: Timestamp = app.now();
    respond::json(
        StatusCode::OK,
        &json!({"now": now.iso8601(), "moved": moved}),
    )
}

async fn mails(app: &App) -> Result<Vec<SentMail>, OAuthRejection> {
    // What is queued is sent first: whoever looks here waits for it.
    app.deliver_mail()
        .await
        .map_err(|error| failed(error.to_string()))?;
    app.mailer
        .outbox(MAILS_MAX)
        .await
        .map_err(|error| failed(error.to_string()))
}

async fn find(app: &App, number: usize) -> Result<SentMail, OAuthRejection> {
    let mails = mails(app).await?;
    let index = mails.len().checked_sub(number).filter(|_| number > 0);
    index
        .and_then(|index| mails.get(index).cloned())
        .ok_or_else(|| OAuthRejection::new(OAuthError::invalid_request("There is no such mail")))
}

fn failed(cause: String) -> OAuthRejection {
    let error = OAuthError::new(ErrorCode::ServerError, "The outbox cannot be read");
    OAuthRejection::new(error.because(Refusal::new("outbox", cause)))
}

fn chrome(tenant: &Tenant) -> Chrome {
    let name = tenant
        .settings
        .friendly_name
        .clone()
        .unwrap_or_else(|| "Aldgate".to_owned());
    Chrome::new(Locale::ENGLISH, std::sync::Arc::new(Brand::named(name)))
}
