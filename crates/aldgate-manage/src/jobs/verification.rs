//! `POST /jobs/verification-email`: the mail is queued with the job, so the job is done at once.

use aldgate_app::accounts::Post;
use aldgate_core::error::Refusal;
use aldgate_core::event::EventType;
use aldgate_core::id::{ClientId, JobId, UserId};
use aldgate_core::job::{Job, Work};
use aldgate_core::ticket::TicketPurpose;
use aldgate_core::user::User;
use aldgate_store::{Report, Tx};
use serde::Deserialize;
use serde_json::Value;

use crate::op::{ApiError, Call, Reply};
use crate::users::{missing, no_mail};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    user_id: UserId,
    #[serde(default)]
    client_id: Option<ClientId>,
    #[serde(default)]
    identity: Option<Identity>,
    #[serde(default)]
    organization_id: Option<String>,
}

/// One of a user's accounts.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Identity {
    user_id: String,
    provider: String,
}

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let wanted: Wanted = call.parse()?;
    let user = user(&call, &wanted).await?;
    let application = match &wanted.client_id {
        None => None,
        Some(id) => {
            let known = call.app.application(&call.tenant.id, id).await?;
            let missing = || ApiError::not_found("inexistent_client", "The client does not exist");
            Some(known.ok_or_else(missing)?)
        }
    };
    let chrome = call.app.chrome_of_user(&call.tenant, &user, None).await;
    let post = Post {
        app: &call.app,
        tenant: &call.tenant,
        chrome: &chrome,
        application: application.as_ref().map(|known| known.name.as_str()),
        ip: None,
    };
    let purpose = TicketPurpose::VerifyEmail;
    let mail = post.ticket(purpose, &user, wanted.client_id.as_ref(), call.now);
    let mail = mail.map_err(|error| no_mail(&error))?;
    let mail = mail.ok_or_else(|| ApiError::invalid_body("The user has no e-mail address"))?;
    let work = Work::VerificationEmail {
        user_id: user.id.clone(),
    };
    let id = JobId::generate(&mut call.app.rng());
    let mut job = Job::new(id, work, 1, call.now).over(Ok(()), call.now);
    job.done = 1;
    let (view, now) = (Value::Object(job.view(call.now)), call.now);
    let (audit, after) = (call.audit().about_user(&user.id), view.clone());
    let mut asked = call.event(EventType::VerifyEmailRequest);
    asked.user_id = Some(user.id.clone());
    asked.user_name.clone_from(&user.email);
    let store = move |tx: &mut Tx<'_>| {
        let report = Report {
            id: &job.id,
            kind: job.work.kind(),
            state: job.status.as_str(),
            document: &job,
            expires_at: job.expires_at,
        };
        tx.job_reports().create(&report, now)?;
        mail.issue(tx)?;
        tx.events().record(std::slice::from_ref(&asked))?;
        Ok::<_, ApiError>(audit.record(tx, &Value::Null, &after)?)
    };
    call.app.store.write(&call.tenant.id, store).await?;
    Ok(Reply::ok(view))
}

/// Whose address it is.
async fn user(call: &Call, wanted: &Wanted) -> Result<User, ApiError> {
    if wanted.organization_id.is_some() {
        let message = "No organization found by that id or name";
        return Err(ApiError::not_found("inexistent_organization", message));
    }
    let id = wanted.user_id.clone();
    let load = move |tx: &mut Tx<'_>| tx.users().by_id(&id);
    let found = call.app.store.read(&call.tenant.id, load).await?;
    let user = found.ok_or_else(missing)?;
    let Some(Identity { user_id, provider }) = &wanted.identity else {
        return Ok(user);
    };
    let hers = user
        .identities
        .first()
        .is_some_and(|main| main.user_id == *user_id && main.provider == *provider);
    if hers {
        return Ok(user);
    }
    let refusal = Refusal::new(
        "invalid_body",
        "Not the user's main account on property identity",
    )
    .expected("the account whose address the user has")
    .remedy("Leave identity out.");
    Err(refusal.into())
}
