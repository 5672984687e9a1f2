//! `GET /jobs/{id}` and `GET /jobs/{id}/errors`.

use aldgate_app::transfer::faults;
use aldgate_core::job::{Job, Status, Work};
use aldgate_core::secret::{TokenHash, TokenKind};
use aldgate_store::{NewTicket, Tx};
use serde_json::{Value, json};

use super::download::{LIFETIME, PATH, PURPOSE};
use super::find;
use crate::op::{ApiError, Call, Reply};

/// The job; of an export that is done, also where its file is. That address works once, for a
/// minute, without a token (Auth0: a signed address at its storage): ask again for another one.
pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let job = find(&call).await?;
    let mut view = job.view(call.now);
    // Who may make users need not be allowed to read them.
    if has_file(&job) && call.actor.holds("read:users") {
        view.insert("location".into(), location(&call, &job).await?.into());
    }
    Ok(Reply::ok(Value::Object(view)))
}

fn has_file(job: &Job) -> bool {
    matches!(job.work, Work::UsersExport(_)) && job.status == Status::Completed
}

async fn location(call: &Call, job: &Job) -> Result<String, ApiError> {
    let value = TokenKind::Ticket.generate(&mut call.app.rng());
    let hash = TokenHash::of(value.expose());
    let (id, now) = (job.id.clone(), call.now);
    let issue = move |tx: &mut Tx<'_>| {
        let ticket = NewTicket {
            hash: &hash,
            purpose: PURPOSE,
            user: None,
            document: &id,
            expires_at: now + LIFETIME,
        };
        tx.tickets().put(&ticket, now)
    };
    call.app.store.write(&call.tenant.id, issue).await?;
    let path = PATH.trim_start_matches('/');
    Ok(call
        .tenant
        .issuer
        .join(&format!("{path}?ticket={}", value.expose())))
}

/// The users that an import refused; the job itself if it failed as a whole; 204 when there is
/// nothing to tell (Auth0).
pub(super) async fn errors(call: Call) -> Result<Reply, ApiError> {
    let job = find(&call).await?;
    let id = job.id.clone();
    let load = move |tx: &mut Tx<'_>| faults(tx, &id);
    let refused = call.app.store.read(&call.tenant.id, load).await?;
    Ok(match (refused.is_empty(), job.status) {
        (false, _) => Reply::ok(json!(refused)),
        (true, Status::Failed) => Reply::ok(Value::Object(job.view(call.now))),
        (true, _) => Reply::empty().status(204),
    })
}
