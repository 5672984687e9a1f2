//! `/sessions/{id}`: browsers' logins.

use aldgate_core::id::SessionId;
use aldgate_core::logout::backchannel::Initiator;
use aldgate_core::session::Session;
use aldgate_store::Tx;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::op::schema::{closed, open, string, time};
use crate::op::{ApiError, Call, Operation, Reply, ceiling, delete, get, patch, post};
use crate::refresh_tokens::metadata;

pub(crate) fn operations() -> Vec<Operation> {
    let body = closed(
        [("session_metadata", json!({"type": ["object", "null"]}))],
        &[],
    );
    vec![
        get("/sessions/{id}", "Get a session", read)
            .scopes(&["read:sessions"])
            .answers(shape()),
        patch("/sessions/{id}", "Update a session", update)
            .scopes(&["update:sessions"])
            .body(body)
            .answers(shape()),
        delete("/sessions/{id}", "End a session", end)
            .scopes(&["delete:sessions"])
            .status(202),
        post(
            "/sessions/{id}/revoke",
            "End a session with its refresh tokens",
            revoke,
        )
        .scopes(&["delete:sessions", "delete:refresh_tokens"])
        .status(202),
    ]
}

async fn read(call: Call) -> Result<Reply, ApiError> {
    let (id, now): (SessionId, _) = (call.id("id")?, call.now);
    let load = move |tx: &mut Tx<'_>| tx.sessions().by_id(&id);
    let found = call.app.store.read(&call.tenant.id, load).await?;
    let found = found.filter(|session| session.is_live(now));
    Ok(Reply::ok(view(&found.ok_or_else(missing)?)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    session_metadata: Option<Map<String, Value>>,
}

async fn update(call: Call) -> Result<Reply, ApiError> {
    let id: SessionId = call.id("id")?;
    let Body { session_metadata } = call.parse()?;
    let fresh = metadata("session_metadata", session_metadata)?;
    let (audit, now) = (call.audit(), call.now);
    let work = move |tx: &mut Tx<'_>| {
        let before = tx
            .sessions()
            .by_id(&id)?
            .filter(|session| session.is_live(now));
        let before = before.ok_or_else(missing)?;
        let after = Session {
            metadata: fresh.clone(),
            ..before.clone()
        };
        if !tx.sessions().replace(&after)? {
            return Err(missing());
        }
        audit.record(tx, &view(&before), &view(&after))?;
        Ok::<_, ApiError>(view(&after))
    };
    Ok(Reply::ok(
        call.app.store.write(&call.tenant.id, work).await?,
    ))
}

async fn end(call: Call) -> Result<Reply, ApiError> {
    finish(call, false).await
}

async fn revoke(call: Call) -> Result<Reply, ApiError> {
    finish(call, true).await
}

/// Ends a session; also revokes what came from it if that is wanted.
async fn finish(call: Call, with_tokens: bool) -> Result<Reply, ApiError> {
    let id: SessionId = call.id("id")?;
    let (audit, actor, now) = (call.audit(), call.actor.clone(), call.now);
    let management = call.tenant.issuer.management();
    let work = move |tx: &mut Tx<'_>| {
        let before = tx.sessions().by_id(&id)?.ok_or_else(missing)?;
        ceiling::user(tx, &actor, &management, &before.user_id)?;
        tx.logouts()
            .of_session(&id, Initiator::SessionRevoked, now)?;
        tx.sessions().end_by_id(&id)?;
        if with_tokens {
            tx.grants().revoke_of_session(&id, now)?;
        }
        Ok::<_, ApiError>(audit.record(tx, &view(&before), &Value::Null)?)
    };
    call.app.store.write(&call.tenant.id, work).await?;
    Ok(Reply::empty())
}

/// A session on the wire.
pub(crate) fn view(session: &Session) -> Value {
    let clients = session.clients.iter().map(|id| json!({"client_id": id}));
    let methods = session.methods.iter().map(|method| {
        let mut item = json!({"name": method.name, "timestamp": method.timestamp.iso8601()});
        if let Some(connection) = &method.connection {
            item["connection"] = connection.clone().into();
        }
        item
    });
    let device = &session.device;
    let mode = if session.persistent {
        "persistent"
    } else {
        "non-persistent"
    };
    let mut view = json!({
        "id": session.id,
        "user_id": session.user_id,
        "created_at": session.created_at.iso8601(),
        "updated_at": session.last_interacted_at.iso8601(),
        "authenticated_at": session.authenticated_at.iso8601(),
        "last_interacted_at": session.last_interacted_at.iso8601(),
        "idle_expires_at": session.idle_expires_at.iso8601(),
        "expires_at": session.expires_at.iso8601(),
        "clients": clients.collect::<Value>(),
        "authentication": {"methods": methods.collect::<Value>()},
        "cookie": {"mode": mode},
        "device": {
            "initial_user_agent": device.initial_user_agent,
            "initial_ip": device.initial_ip,
            "last_user_agent": device.last_user_agent,
            "last_ip": device.last_ip,
        },
    });
    if !session.metadata.is_empty() {
        view["session_metadata"] = session.metadata.clone().into();
    }
    view
}

fn shape() -> Value {
    open(
        [
            ("id", string()),
            ("user_id", string()),
            ("created_at", time()),
            ("expires_at", time()),
        ],
        &["id", "user_id"],
    )
}

fn missing() -> ApiError {
    ApiError::not_found("inexistent_session", "The session does not exist.")
}
