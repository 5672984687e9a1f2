//! `/jobs`: imports and exports of users, which are done in the background, and mails that ask a
//! user to prove her address.

mod download;
mod export;
mod import;
mod read;
mod verification;

use aldgate_core::error::Refusal;
use aldgate_core::id::{ConnectionId, JobId};
use aldgate_core::job::{Job, UNFINISHED_MAX};
use aldgate_store::Tx;
use http::StatusCode;
use serde_json::{Value, json};

use crate::op::schema::{
    array, closed, count, flag, free, one_of, open, short, string, time, writable,
};
use crate::op::{ApiError, Call, Operation, get, post};

pub(crate) use download::routes as downloads;

pub(crate) fn operations() -> Vec<Operation> {
    let field = closed([("name", short(255)), ("export_as", short(255))], &["name"]);
    let export = closed(
        [
            ("connection_id", short(64)),
            ("format", one_of(&["json", "csv"])),
            ("limit", json!({"type": "integer", "minimum": 1})),
            ("fields", array(field)),
        ],
        &[],
    );
    vec![
        get("/jobs/{id}", "Get a job", read::run)
            .scopes(&["create:users", "read:users", "update:users"])
            .answers(shape()),
        get("/jobs/{id}/errors", "List what a job refused", read::errors)
            .scopes(&["create:users", "read:users", "update:users"])
            .answers(json!({"anyOf": [array(free()), shape()]})),
        post("/jobs/users-imports", "Import users", import::run)
            .scopes(&["create:users"])
            .form(import_form())
            .status(202)
            .answers(shape()),
        post("/jobs/users-exports", "Export users", export::run)
            .scopes(&["read:users"])
            .optional_body(export)
            .status(200)
            .answers(shape()),
        post(
            "/jobs/verification-email",
            "Send a verification mail",
            verification::run,
        )
        .scopes(&["update:users"])
        .body(writable(
            &["user_id", "client_id", "identity", "organization_id"],
            &["user_id"],
        ))
        .answers(shape()),
    ]
}

fn import_form() -> Value {
    let file = json!({"type": "string", "format": "binary"});
    closed(
        [
            ("users", file),
            ("connection_id", short(64)),
            ("upsert", flag()),
            ("external_id", string()),
            ("send_completion_email", flag()),
        ],
        &["users", "connection_id"],
    )
}

fn shape() -> Value {
    let kinds = ["users_import", "users_export", "verification_email"];
    open(
        [
            ("id", string()),
            ("type", one_of(&kinds)),
            (
                "status",
                one_of(&["pending", "processing", "completed", "failed"]),
            ),
            ("status_details", string()),
            ("created_at", time()),
            ("percentage_done", count()),
            ("time_left_seconds", count()),
            ("location", string()),
            ("summary", free()),
        ],
        &["id", "type", "status", "created_at"],
    )
}

/// The job of the path.
async fn find(call: &Call) -> Result<Job, ApiError> {
    let id: JobId = call.id("id")?;
    let load = move |tx: &mut Tx<'_>| tx.job_reports().by_id(&id);
    let found: Option<Job> = call.app.store.read(&call.tenant.id, load).await?;
    found
        .filter(|job| job.expires_at > call.now)
        .ok_or_else(|| ApiError::not_found("inexistent_job", "The job does not exist."))
}

/// A connection that has users of ours.
async fn database(call: &Call, id: &ConnectionId) -> Result<String, ApiError> {
    let found = call.app.connection(&call.tenant.id, id).await?;
    let missing = || ApiError::not_found("inexistent_connection", "The connection does not exist.");
    let connection = found.ok_or_else(missing)?;
    if !connection.is_database() {
        let refusal = Refusal::new(
            "operation_not_supported",
            "This operation is not supported for this connection.",
        )
        .expected("a database connection (strategy auth0)")
        .actual(&connection.strategy);
        return Err(ApiError::bad_request("operation_not_supported", refusal));
    }
    Ok(connection.name.clone())
}

/// Refuses one job more than may wait (Auth0: 429 for a third import).
fn room(tx: &mut Tx<'_>, job: &Job) -> Result<(), ApiError> {
    let kind = job.work.kind();
    let unfinished = tx.job_reports().unfinished(kind)?;
    if unfinished < UNFINISHED_MAX {
        return Ok(());
    }
    let cause = format!(
        "There are {unfinished} active {kind} jobs, please wait until some of them are finished \
         and try again."
    );
    let refusal = Refusal::new("too_many_jobs", cause)
        .expected(format!("at most {UNFINISHED_MAX} at a time"))
        .actual(&unfinished.to_string());
    let status = StatusCode::TOO_MANY_REQUESTS;
    Err(ApiError::new(status, Some("too_many_jobs"), refusal))
}
