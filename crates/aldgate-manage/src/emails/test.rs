//! `POST /emails/test` (not in Auth0): a test mail, sent at once.

use aldgate_app::mail::Taken;
use aldgate_core::members::{self, Kind, Member, member, schema};
use aldgate_store::Tx;
use http::HeaderMap;
use serde_json::{Value, json};

use crate::op::schema::{flag, one_of, open, string};
use crate::op::{ApiError, Call, Operation, Reply, post};

const MEMBERS: &[Member] = &[member("to", Kind::Mail)];

/// Who may send a mail: the tenant's own SMTP server, or the transport of this server.
const CARRIERS: &[&str] = &["provider", "server"];

pub(super) fn operation() -> Operation {
    let shape = open(
        [
            ("sent", flag()),
            ("carrier", one_of(CARRIERS)),
            ("server", string()),
            ("from", string()),
            ("answer", string()),
            ("error", string()),
        ],
        &["sent", "carrier"],
    );
    post("/emails/test", "Send a test mail", run)
        .scopes(&["update:email_provider"])
        .body(schema(MEMBERS, &["to"]))
        .status(200)
        .answers(shape)
}

/// What failed is an answer too: the request was about finding it out.
async fn run(call: Call) -> Result<Reply, ApiError> {
    let body = call.object()?;
    members::check(MEMBERS, &["to"], &body)?;
    let to = body["to"].as_str().unwrap_or_default().to_owned();
    let chrome = call
        .app
        .chrome_by(&call.tenant, &HeaderMap::new(), "")
        .await;
    let test = call.app.send_test_mail(&call.tenant, &to, &chrome).await;
    let carrier = CARRIERS[usize::from(test.via.is_none())];
    let mut answer = json!({"sent": test.outcome.is_ok(), "carrier": carrier});
    if !test.from.is_empty() {
        answer["from"] = test.from.into();
    }
    if let Some(server) = test.via {
        answer["server"] = server.into();
    }
    match test.outcome {
        Ok(Taken::Answered(text)) => answer["answer"] = text.into(),
        Ok(Taken::Kept) => answer["answer"] = "kept in the outbox of this server".into(),
        Err(error) => answer["error"] = error.to_string().into(),
    }
    let (audit, told) = (call.audit(), json!({"to": to, "result": answer}));
    let record = move |tx: &mut Tx<'_>| audit.record(tx, &Value::Null, &told);
    call.app.store.write(&call.tenant.id, record).await?;
    Ok(Reply::ok(answer))
}
