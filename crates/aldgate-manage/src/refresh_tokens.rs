//! `/refresh-tokens`: families of refresh tokens, named by their grant. Revoking one ends all of
//! its tokens.

use aldgate_core::error::Refusal;
use aldgate_core::grant::Grant;
use aldgate_core::id::{ClientId, GrantId, UserId};
use aldgate_store::{LiveFamily, StoreError, Tx};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::op::schema::{array, closed, open, page, short, string, time};
use crate::op::{
    ApiError, Call, KEYSET, Operation, Paging, Reply, boolean, ceiling, delete, get, patch, post,
    text,
};
use crate::rbac;

/// What the metadata of a session or token may hold (Auth0: 25 members of 255 characters).
const METADATA_MEMBERS_MAX: usize = 25;
const METADATA_LENGTH_MAX: usize = 255;

pub(crate) fn operations() -> Vec<Operation> {
    let body = closed(
        [(
            "refresh_token_metadata",
            json!({"type": ["object", "null"]}),
        )],
        &[],
    );
    let revoke_body = closed(
        [
            ("ids", array(short(64))),
            ("user_id", short(255)),
            ("client_id", short(64)),
        ],
        &[],
    );
    vec![
        get("/refresh-tokens", "List refresh tokens", list)
            .scopes(&["read:refresh_tokens"])
            .query(KEYSET)
            .query([
                text("user_id"),
                text("client_id"),
                boolean("include_totals"),
            ])
            .answers(page("refresh_tokens", shape())),
        post("/refresh-tokens/revoke", "Revoke refresh tokens", revoke)
            .scopes(&["delete:refresh_tokens"])
            .body(revoke_body)
            .status(202),
        get("/refresh-tokens/{id}", "Get a refresh token", read)
            .scopes(&["read:refresh_tokens"])
            .answers(shape()),
        patch("/refresh-tokens/{id}", "Update a refresh token", update)
            .scopes(&["update:refresh_tokens"])
            .body(body)
            .answers(shape()),
        delete("/refresh-tokens/{id}", "Revoke a refresh token", remove)
            .scopes(&["delete:refresh_tokens"])
            .status(202),
    ]
}

/// Whose tokens a list has: of a user, which must be named, and perhaps of one application.
///
/// # Errors
/// 400 when the query names no user, or something that is no id.
pub(crate) fn owner(call: &Call) -> Result<(UserId, Option<ClientId>), ApiError> {
    let Some(user) = call.query.get("user_id") else {
        let cause = "Query validation error: 'Missing required property: user_id'.";
        let refusal = Refusal::new("user_id", cause).expected("the id of a user");
        return Err(ApiError::bad_request("invalid_query_string", refusal));
    };
    let user: UserId = user.parse()?;
    let client = call
        .query
        .get("client_id")
        .map(ClientId::parse)
        .transpose()?;
    Ok((user, client))
}

async fn list(call: Call) -> Result<Reply, ApiError> {
    let (user, client) = owner(&call)?;
    let (paging, now) = (Paging::of(&call)?.into_keyset(), call.now);
    let page = aldgate_store::Page::largest();
    let load = move |tx: &mut Tx<'_>| tx.refresh_tokens().of_user(&user, now, &page);
    let found = call.app.store.read(&call.tenant.id, load).await?;
    let mut items = Vec::new();
    for family in &found {
        if client
            .as_ref()
            .is_none_or(|id| family.grant.client_id == *id)
        {
            items.push((family.grant.id.to_string(), view(&call, family).await?));
        }
    }
    Ok(paging.reply_part(&call, "refresh_tokens", items))
}

async fn read(call: Call) -> Result<Reply, ApiError> {
    let (id, now): (GrantId, _) = (call.id("id")?, call.now);
    let load = move |tx: &mut Tx<'_>| tx.refresh_tokens().of_grant(&id, now);
    let found = call.app.store.read(&call.tenant.id, load).await?;
    Ok(Reply::ok(view(&call, &found.ok_or_else(missing)?).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    refresh_token_metadata: Option<Map<String, Value>>,
}

async fn update(call: Call) -> Result<Reply, ApiError> {
    let id: GrantId = call.id("id")?;
    let Body {
        refresh_token_metadata,
    } = call.parse()?;
    let fresh = metadata("refresh_token_metadata", refresh_token_metadata)?;
    let (audit, now) = (call.audit(), call.now);
    let work = move |tx: &mut Tx<'_>| {
        let mut family = tx
            .refresh_tokens()
            .of_grant(&id, now)?
            .ok_or_else(missing)?;
        let before = json!({"refresh_token_metadata": family.grant.metadata});
        family.grant.metadata.clone_from(&fresh);
        if !tx.grants().replace(&family.grant)? {
            return Err(missing());
        }
        audit.record(tx, &before, &json!({"refresh_token_metadata": fresh}))?;
        Ok(family)
    };
    let family = call.app.store.write(&call.tenant.id, work).await?;
    Ok(Reply::ok(view(&call, &family).await?))
}

async fn remove(call: Call) -> Result<Reply, ApiError> {
    let (id, now): (GrantId, _) = (call.id("id")?, call.now);
    let (audit, actor) = (call.audit(), call.actor.clone());
    let management = call.tenant.issuer.management();
    let work = move |tx: &mut Tx<'_>| {
        let family = tx
            .refresh_tokens()
            .of_grant(&id, now)?
            .ok_or_else(missing)?;
        if let Some(user) = &family.grant.user_id {
            ceiling::user(tx, &actor, &management, user)?;
        }
        tx.grants().revoke(&id, now)?;
        Ok::<_, ApiError>(audit.record(tx, &brief(&family.grant), &Value::Null)?)
    };
    call.app.store.write(&call.tenant.id, work).await?;
    Ok(Reply::empty())
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
struct Revoke {
    #[serde(default)]
    ids: Vec<GrantId>,
    user_id: Option<UserId>,
    client_id: Option<ClientId>,
}

/// `POST /refresh-tokens/revoke`: by ids, or all of a user, or those she gave one application.
async fn revoke(call: Call) -> Result<Reply, ApiError> {
    let wanted: Revoke = call.parse()?;
    let by_ids = !wanted.ids.is_empty() && wanted.user_id.is_none() && wanted.client_id.is_none();
    if !by_ids && (wanted.user_id.is_none() || !wanted.ids.is_empty()) {
        let refusal = Refusal::new(
            "invalid_body",
            "Expected ids, or user_id with or without client_id",
        );
        return Err(refusal.expected("{ids} or {user_id, client_id?}").into());
    }
    if by_ids {
        rbac::counted("ids", wanted.ids.clone())?;
    }
    let (audit, actor, now) = (call.audit(), call.actor.clone(), call.now);
    let management = call.tenant.issuer.management();
    let work = move |tx: &mut Tx<'_>| {
        let mut grants = Vec::new();
        for id in &wanted.ids {
            grants.extend(tx.refresh_tokens().of_grant(id, now)?);
        }
        let users = grants
            .iter()
            .filter_map(|family| family.grant.user_id.as_ref());
        let users: Vec<UserId> = users.chain(&wanted.user_id).cloned().collect();
        for user in &users {
            ceiling::user(tx, &actor, &management, user)?;
        }
        for family in &grants {
            tx.grants().revoke(&family.grant.id, now)?;
        }
        match (&wanted.user_id, &wanted.client_id) {
            (Some(user), Some(client)) => drop(tx.grants().revoke_between(user, client, now)?),
            (Some(user), None) => drop(tx.grants().revoke_of_user(user, now)?),
            _ => {}
        }
        let asked =
            json!({"ids": wanted.ids, "user_id": wanted.user_id, "client_id": wanted.client_id});
        Ok::<_, ApiError>(audit.record(tx, &asked, &Value::Null)?)
    };
    call.app.store.write(&call.tenant.id, work).await?;
    Ok(Reply::empty())
}

/// A family on the wire.
pub(crate) async fn view(call: &Call, family: &LiveFamily) -> Result<Value, StoreError> {
    let grant = &family.grant;
    let application = call
        .app
        .application(&call.tenant.id, &grant.client_id)
        .await?;
    let rotating = application.is_some_and(|application| application.rotates_refresh_tokens());
    let mut view = brief(grant);
    view["rotating"] = rotating.into();
    view["created_at"] = grant.created_at.iso8601().into();
    view["last_exchanged_at"] = family.issued_at.iso8601().into();
    view["idle_expires_at"] = family.idle_expires_at.iso8601().into();
    view["expires_at"] = family.expires_at.iso8601().into();
    if !grant.metadata.is_empty() {
        view["refresh_token_metadata"] = grant.metadata.clone().into();
    }
    Ok(view)
}

fn brief(grant: &Grant) -> Value {
    let scopes: Vec<&str> = grant.scope.iter().collect();
    let servers: Vec<Value> = grant
        .audience
        .iter()
        .map(|audience| json!({"audience": audience, "scopes": scopes.join(" ")}))
        .collect();
    let mut view = json!({
        "id": grant.id,
        "client_id": grant.client_id,
        "resource_servers": servers,
    });
    if let Some(user) = &grant.user_id {
        view["user_id"] = user.as_str().into();
    }
    if let Some(session) = &grant.session_id {
        view["session_id"] = session.as_str().into();
    }
    view
}

/// Checks the metadata of a session or token; `null` takes it away.
///
/// # Errors
/// Says what it may hold.
pub(crate) fn metadata(
    name: &'static str,
    fresh: Option<Map<String, Value>>,
) -> Result<Map<String, Value>, ApiError> {
    let fresh = fresh.unwrap_or_default();
    let short = |text: &str| text.chars().count() <= METADATA_LENGTH_MAX;
    let good = |(name, value): (&String, &Value)| short(name) && value.as_str().is_some_and(short);
    if fresh.len() <= METADATA_MEMBERS_MAX && fresh.iter().all(good) {
        return Ok(fresh);
    }
    let refusal = Refusal::new(
        "invalid_body",
        format!("{name} is too large, or not of texts"),
    );
    Err(refusal
        .expected(format!(
            "at most {METADATA_MEMBERS_MAX} texts of at most {METADATA_LENGTH_MAX} characters"
        ))
        .into())
}

fn shape() -> Value {
    open(
        [
            ("id", string()),
            ("user_id", string()),
            ("client_id", string()),
            ("expires_at", time()),
        ],
        &["id", "client_id"],
    )
}

fn missing() -> ApiError {
    ApiError::not_found(
        "inexistent_refresh_token",
        "The refresh token does not exist.",
    )
}
