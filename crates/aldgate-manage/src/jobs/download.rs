//! `GET /exports/users?ticket=…`: the file of an export. The ticket is the only key: 256 random
//! bits, good for one download that begins within a minute.

use aldgate_app::App;
use aldgate_app::extract::Tenant;
use aldgate_app::respond;
use aldgate_core::error::Refusal;
use aldgate_core::id::JobId;
use aldgate_core::job::{Job, UsersExport, Work};
use aldgate_core::secret::TokenKind;
use aldgate_core::time::Seconds;
use aldgate_store::{JobPart, StoreError, Tx};
use axum::Router;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use bytes::Bytes;
use http::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use http_body_util::channel::Channel;
use serde::Deserialize;

use crate::op::ApiError;

/// Where files of exports are.
pub(super) const PATH: &str = "/exports/users";

/// What the tickets are good for.
pub(super) const PURPOSE: &str = "users_export";

/// How long a ticket works (Auth0: 60 seconds).
pub(super) const LIFETIME: Seconds = Seconds(60);

/// Pieces that wait for a slow reader.
const AHEAD: usize = 1;

/// The route of the files.
pub(crate) fn routes() -> Router<App> {
    // HEAD would spend the ticket.
    let unable = || async { StatusCode::METHOD_NOT_ALLOWED };
    Router::new().route(PATH, get(download).head(unable))
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    ticket: String,
}

async fn download(State(app): State<App>, tenant: Tenant, Query(asked): Query<Asked>) -> Response {
    match find(&app, &tenant, &asked.ticket).await {
        Ok((job, export)) => file(app, tenant, &job, &export),
        Err(error) => error.into_response(),
    }
}

async fn find(app: &App, tenant: &Tenant, ticket: &str) -> Result<(Job, UsersExport), ApiError> {
    let hash = TokenKind::Ticket.hash(ticket).ok_or_else(unusable)?;
    let now = app.now();
    let take = move |tx: &mut Tx<'_>| {
        let Some(id) = tx.tickets().take_as::<JobId>(&hash, PURPOSE, now)? else {
            return Ok::<_, StoreError>(None);
        };
        tx.job_reports().by_id::<Job>(&id)
    };
    let job = app.store.write(&tenant.id, take).await?;
    let job = job.ok_or_else(unusable)?;
    match job.work.clone() {
        Work::UsersExport(export) => Ok((job, export)),
        _ => Err(unusable()),
    }
}

/// The file, read piece by piece while it is sent.
fn file(app: App, tenant: Tenant, job: &Job, export: &UsersExport) -> Response {
    let (mut sender, body) = Channel::<Bytes, StoreError>::new(AHEAD);
    let (id, parts) = (job.id.clone(), export.parts);
    tokio::spawn(async move {
        for number in 0..parts {
            let id = id.clone();
            let load = move |tx: &mut Tx<'_>| tx.job_reports().part(&id, JobPart::Output, number);
            let piece = app.store.read(&tenant.id, load).await;
            let piece = piece.and_then(|piece| {
                piece.ok_or_else(|| StoreError::unavailable("a piece of the file is gone"))
            });
            let sent = match piece {
                Ok(piece) => sender.send_data(piece.into()).await.is_ok(),
                Err(error) => return sender.abort(error),
            };
            if !sent {
                return;
            }
        }
    });
    let mut response = Body::new(body).into_response();
    let headers = response.headers_mut();
    respond::no_store(headers);
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/gzip"));
    headers.insert(CONTENT_LENGTH, export.bytes.into());
    let name = format!(
        "attachment; filename=\"{}.{}.gz\"",
        job.id,
        export.format.as_str()
    );
    if let Ok(name) = HeaderValue::try_from(name) {
        headers.insert(CONTENT_DISPOSITION, name);
    }
    response
}

fn unusable() -> ApiError {
    let refusal = Refusal::new(
        "ticket_not_usable",
        "This address was used, is too old, or never existed.",
    )
    .expected(format!(
        "an address that is at most {} seconds old",
        LIFETIME.0
    ))
    .remedy("GET /api/v2/jobs/ID gives a new one.");
    ApiError::new(StatusCode::NOT_FOUND, None, refusal)
}
