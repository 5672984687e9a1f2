//! `POST /jobs/users-imports`: the file goes into the database piece by piece as it arrives; then
//! the job is put into the queue.

use aldgate_app::transfer::{SpoolError, Spooled, enqueue, spool};
use aldgate_core::error::Refusal;
use aldgate_core::id::{ConnectionId, JobId};
use aldgate_core::job::{ImportForm, Job, UsersImport, Work};
use aldgate_store::{JobPart, Tx};
use axum::extract::multipart::{Field, Multipart, MultipartError};
use bytes::Bytes;
use serde_json::Value;
use tokio::sync::mpsc;

use super::{database, room};
use crate::op::{ApiError, Call, Reply};

/// The longest value of a field besides the file, in bytes.
const FIELD_BYTES_MAX: usize = 4096;

/// What the form said.
struct Sent {
    connection: ConnectionId,
    options: ImportForm,
    file: Spooled,
}

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let id = JobId::generate(&mut call.app.rng());
    match take(&call, &id).await {
        Ok(reply) => Ok(reply),
        Err(error) => {
            // What arrived is of no use to anybody.
            let forget = move |tx: &mut Tx<'_>| tx.job_reports().drop_parts(&id, JobPart::Input);
            call.app.store.write(&call.tenant.id, forget).await?;
            Err(error)
        }
    }
}

async fn take(call: &Call, id: &JobId) -> Result<Reply, ApiError> {
    let sent = read(call, id, call.form()?).await?;
    let connection = database(call, &sent.connection).await?;
    if sent.file.users == 0 {
        let refusal = Refusal::new("invalid_body", "The file has no users on property users");
        return Err(refusal
            .expected("a JSON list of users, or one user a line")
            .into());
    }
    let work = Work::UsersImport(UsersImport {
        connection_id: sent.connection,
        connection,
        form: sent.options,
        caller_scopes: call.actor.scopes().clone(),
        parts_done: 0,
        parts: sent.file.parts,
        inserted: 0,
        updated: 0,
        failed: 0,
    });
    let job = Job::new(id.clone(), work, sent.file.users, call.now);
    let view = Value::Object(job.view(call.now));
    let (audit, after) = (call.audit().about("job", id.as_str()), view.clone());
    let store = move |tx: &mut Tx<'_>| {
        room(tx, &job)?;
        enqueue(tx, &job)?;
        Ok::<_, ApiError>(audit.record(tx, &Value::Null, &after)?)
    };
    call.app.store.write(&call.tenant.id, store).await?;
    Ok(Reply::ok(view))
}

/// Reads the form to its end; its fields come in any order.
async fn read(call: &Call, id: &JobId, mut form: Multipart) -> Result<Sent, ApiError> {
    let (mut connection, mut file) = (None, None);
    let mut options = ImportForm::default();
    while let Some(field) = form.next_field().await.map_err(|error| broken(&error))? {
        let name = field.name().unwrap_or_default().to_owned();
        match name.as_str() {
            "users" if file.is_some() => {
                return Err(ApiError::invalid_body(
                    "The file comes twice on property users",
                ));
            }
            "users" => file = Some(keep(call, id, field).await?),
            "connection_id" => {
                let value = text(field).await?;
                connection = Some(value.parse().map_err(|_| {
                    let cause = "Not the id of a connection on property connection_id";
                    Refusal::new("invalid_body", cause).actual(&value)
                })?);
            }
            _ => options.set(&name, &text(field).await?)?,
        }
    }
    let missing = |name: &str| ApiError::invalid_body(format!("Missing required property: {name}"));
    Ok(Sent {
        connection: connection.ok_or_else(|| missing("connection_id"))?,
        file: file.ok_or_else(|| missing("users"))?,
        options,
    })
}

/// Puts the file into the database while it arrives.
async fn keep(call: &Call, id: &JobId, field: Field<'_>) -> Result<Spooled, ApiError> {
    let (bytes, arriving) = mpsc::channel(4);
    let spooling = spool(&call.app, &call.tenant.id, id, arriving);
    let (pumped, spooled) = tokio::join!(pump(field, bytes), spooling);
    pumped.map_err(|error| broken(&error))?;
    spooled.map_err(|error| match error {
        SpoolError::Record(error) => {
            let cause = format!("Users JSON file format error: {error}");
            let refusal = Refusal::new("invalid_body", cause);
            refusal
                .expected("a JSON list of users, or one user a line")
                .into()
        }
        SpoolError::Store(error) => error.into(),
        SpoolError::Reader => ApiError::from(aldgate_store::StoreError::unavailable(error)),
    })
}

/// Hands the bytes on until there are none, or nobody wants them.
async fn pump(mut field: Field<'_>, bytes: mpsc::Sender<Bytes>) -> Result<(), MultipartError> {
    while let Some(chunk) = field.chunk().await? {
        if bytes.send(chunk).await.is_err() {
            break;
        }
    }
    Ok(())
}

/// A short value.
async fn text(mut field: Field<'_>) -> Result<String, ApiError> {
    let name = field.name().unwrap_or_default().to_owned();
    let mut value = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(|error| broken(&error))? {
        value.extend_from_slice(&chunk);
        if value.len() > FIELD_BYTES_MAX {
            let refusal = Refusal::new("invalid_body", format!("Too long on property {name}"));
            let refusal = refusal.expected(format!("at most {FIELD_BYTES_MAX} bytes"));
            return Err(refusal.into());
        }
    }
    String::from_utf8(value).map_err(|_| {
        let cause = format!("Expected type string on property {name}");
        Refusal::new("invalid_body", cause).expected("UTF-8").into()
    })
}

fn broken(error: &MultipartError) -> ApiError {
    let refusal = Refusal::new("invalid_body", error.body_text())
        .expected("multipart/form-data (RFC 7578)")
        .remedy(
            "A larger file than server.import_bytes_max allows can be split, or be imported by \
             `aldgate users import`.",
        );
    match error.status() {
        http::StatusCode::PAYLOAD_TOO_LARGE => ApiError::new(error.status(), None, refusal),
        _ => refusal.into(),
    }
}
