//! `/device-credentials`: refresh tokens by device, as Auth0 showed them before `/refresh-tokens`.

use aldgate_core::error::Refusal;
use aldgate_core::id::GrantId;
use aldgate_store::{Page, Tx};
use serde_json::{Value, json};

use crate::op::schema::{open, page, string};
use crate::op::{
    ApiError, Call, FIELDS, KEYSET, Operation, PAGES, Paging, Reply, ceiling, delete, get, text,
};

/// What a device's credential can be; only the last two exist here.
const TYPES: [&str; 3] = ["public_key", "refresh_token", "rotating_refresh_token"];

pub(crate) fn operations() -> Vec<Operation> {
    let shape = open(
        [
            ("id", string()),
            ("type", string()),
            ("user_id", string()),
            ("client_id", string()),
        ],
        &["id", "type"],
    );
    vec![
        get("/device-credentials", "List device credentials", list)
            .scopes(&["read:device_credentials"])
            .query(PAGES)
            .query(KEYSET)
            .query(FIELDS)
            .query([text("user_id"), text("client_id"), text("type")])
            .answers(page("device_credentials", shape)),
        delete(
            "/device-credentials/{id}",
            "Delete a device credential",
            remove,
        )
        .scopes(&["delete:device_credentials"]),
    ]
}

async fn list(call: Call) -> Result<Reply, ApiError> {
    let wanted = call.query.get("type").map(str::to_owned);
    if let Some(other) = wanted.as_deref().filter(|kind| !TYPES.contains(kind)) {
        let cause = "Query validation error: 'No enum match' on property type.";
        let refusal = Refusal::new("type", cause)
            .expected(TYPES.join(", "))
            .actual(other);
        return Err(ApiError::bad_request("invalid_query_string", refusal));
    }
    let (user, client) = crate::refresh_tokens::owner(&call)?;
    let (paging, now) = (Paging::of(&call)?, call.now);
    let load = move |tx: &mut Tx<'_>| tx.refresh_tokens().of_user(&user, now, &Page::largest());
    let found = call.app.store.read(&call.tenant.id, load).await?;
    let mut items = Vec::new();
    for family in &found {
        let grant = &family.grant;
        if client.as_ref().is_some_and(|id| grant.client_id != *id) {
            continue;
        }
        let application = call
            .app
            .application(&call.tenant.id, &grant.client_id)
            .await?;
        let rotates = application
            .as_ref()
            .is_some_and(|one| one.rotates_refresh_tokens());
        let kind = if rotates { TYPES[2] } else { TYPES[1] };
        if wanted.as_deref().is_some_and(|wanted| wanted != kind) {
            continue;
        }
        let name = application.map(|application| application.name.clone());
        let item = json!({
            "id": grant.id,
            "device_name": name.unwrap_or_default(),
            "type": kind,
            "user_id": grant.user_id,
            "client_id": grant.client_id,
            "last_used": family.issued_at.iso8601(),
        });
        items.push((grant.id.to_string(), item));
    }
    Ok(paging.reply_part(&call, "device_credentials", items))
}

async fn remove(call: Call) -> Result<Reply, ApiError> {
    let (id, now): (GrantId, _) = (call.id("id")?, call.now);
    let (audit, actor) = (call.audit(), call.actor.clone());
    let management = call.tenant.issuer.management();
    let work = move |tx: &mut Tx<'_>| {
        // Auth0 answers 204 for one that is not there.
        let Some(family) = tx.refresh_tokens().of_grant(&id, now)? else {
            return Ok::<_, ApiError>(());
        };
        if let Some(user) = &family.grant.user_id {
            ceiling::user(tx, &actor, &management, user)?;
        }
        tx.grants().revoke(&id, now)?;
        Ok(audit.record(tx, &json!({"id": id}), &Value::Null)?)
    };
    call.app.store.write(&call.tenant.id, work).await?;
    Ok(Reply::empty())
}
