//! `/user-blocks` and `/anomaly/blocks/ips`: blocks after too many failed logins (ACC-03).

use std::net::IpAddr;

use aldgate_core::attempts::{Account, Address, Blocked, Subject};
use aldgate_core::error::Refusal;
use aldgate_core::id::UserId;
use aldgate_core::user::User;
use aldgate_store::{LoginName, StoreError, Tx};
use serde_json::{Value, json};

use crate::op::schema::{array, free, one_of, open, string, time};
use crate::op::{ApiError, Call, KEYSET, Operation, Paging, Reply, Window, delete, get, text};
use crate::users::missing;

pub(crate) fn operations() -> Vec<Operation> {
    let shape = || open([("blocked_for", array(free()))], &["blocked_for"]);
    vec![
        get("/user-blocks", "List the blocks of an identifier", list)
            .scopes(&["read:users"])
            .query([text("identifier"), text("consider_brute_force_enablement")])
            .answers(shape()),
        delete("/user-blocks", "Lift the blocks of an identifier", lift)
            .scopes(&["update:users"])
            .query([text("identifier")]),
        get(
            "/user-blocks/{id}",
            "List the blocks of a user",
            list_of_user,
        )
        .scopes(&["read:users"])
        .query([text("consider_brute_force_enablement")])
        .answers(shape()),
        delete(
            "/user-blocks/{id}",
            "Lift the blocks of a user",
            lift_of_user,
        )
        .scopes(&["update:users"]),
        get("/anomaly/blocks", "List what is blocked now", all)
            .scopes(&["read:anomaly_blocks"])
            .query(KEYSET)
            .answers(all_shape()),
        get(
            "/anomaly/blocks/ips/{id}",
            "Check whether an address is blocked",
            is_blocked,
        )
        .scopes(&["read:anomaly_blocks"]),
        delete(
            "/anomaly/blocks/ips/{id}",
            "Lift the block of an address",
            unblock_address,
        )
        .scopes(&["delete:anomaly_blocks"]),
    ]
}

fn all_shape() -> Value {
    let block = open(
        [
            (
                "kind",
                one_of(&["user_and_ip", "user", "ip", "signup", "passwordless_codes"]),
            ),
            ("user_id", string()),
            ("ip", string()),
            ("blocked_until", time()),
        ],
        &["kind", "blocked_until"],
    );
    open([("blocks", array(block)), ("next", string())], &["blocks"])
}

/// Everything that is held up, of users and of addresses (not in Auth0).
async fn all(call: Call) -> Result<Reply, ApiError> {
    let paging = Paging::of(&call)?.into_keyset();
    let (page, now) = (paging.page(), call.now);
    let take = match paging.window {
        Window::Keyset { take, .. } => take as usize,
        Window::Numbered { per_page, .. } => per_page as usize,
    };
    let load = move |tx: &mut Tx<'_>| tx.attempts().blocked(&page, now);
    let found: Result<_, StoreError> = call.app.store.read(&call.tenant.id, load).await;
    let found = found?;
    let more = found.len() > take && take > 0;
    let shown = found.iter().take(take).filter_map(|(key, until)| {
        let blocked = Blocked::parse(key)?;
        let mut shown = json!({
            "kind": blocked.kind.as_str(),
            "blocked_until": until.iso8601(),
        });
        for (name, value) in [("user_id", blocked.user), ("ip", blocked.address)] {
            if let Some(value) = value {
                shown[name] = json!(value);
            }
        }
        Some(shown)
    });
    let mut answer = json!({"blocks": shown.collect::<Vec<_>>()});
    if more {
        answer["next"] = json!(Paging::cursor(&call, &found[take - 1].0));
    }
    Ok(Reply::ok(answer))
}

async fn list(call: Call) -> Result<Reply, ApiError> {
    let name = identifier(&call)?;
    let (now, users) = (call.now, named(&call, &name).await?);
    let load = move |tx: &mut Tx<'_>| blocks(tx, &users, &name, now);
    let blocked = call.app.store.read(&call.tenant.id, load).await?;
    Ok(Reply::ok(json!({"blocked_for": blocked})))
}

async fn list_of_user(call: Call) -> Result<Reply, ApiError> {
    let (id, now): (UserId, _) = (call.id("id")?, call.now);
    let load = move |tx: &mut Tx<'_>| {
        let user = tx.users().by_id(&id)?.ok_or_else(missing)?;
        let name = user
            .email
            .clone()
            .or_else(|| user.username.clone())
            .unwrap_or_default();
        Ok::<_, ApiError>(blocks(tx, &[user.id], &name, now)?)
    };
    let blocked = call.app.store.read(&call.tenant.id, load).await?;
    Ok(Reply::ok(json!({"blocked_for": blocked})))
}

async fn lift(call: Call) -> Result<Reply, ApiError> {
    let name = identifier(&call)?;
    let users = named(&call, &name).await?;
    let audit = call.audit();
    let work = move |tx: &mut Tx<'_>| {
        for user in &users {
            tx.attempts().unblock(&Account::Known(user.clone()))?;
        }
        audit.record(tx, &json!({"users": users}), &Value::Null)
    };
    call.app.store.write(&call.tenant.id, work).await?;
    Ok(Reply::empty())
}

async fn lift_of_user(call: Call) -> Result<Reply, ApiError> {
    let id: UserId = call.id("id")?;
    let audit = call.audit().about_user(&id);
    let work = move |tx: &mut Tx<'_>| {
        if tx.users().by_id(&id)?.is_none() {
            return Err(missing());
        }
        tx.attempts().unblock(&Account::Known(id.clone()))?;
        Ok(audit.record(tx, &json!({}), &Value::Null)?)
    };
    call.app.store.write(&call.tenant.id, work).await?;
    Ok(Reply::empty())
}

async fn is_blocked(call: Call) -> Result<Reply, ApiError> {
    let (subject, now) = (Subject::Address(address(&call)?), call.now);
    let load = move |tx: &mut Tx<'_>| tx.attempts().blocked_until(&subject, now);
    match call.app.store.read(&call.tenant.id, load).await? {
        Some(_) => Ok(Reply::empty()),
        None => Err(ApiError::not_found(
            "ip_not_blocked",
            "The IP address is not blocked.",
        )),
    }
}

/// Logins, sign-ups and codes from the address are let in again.
async fn unblock_address(call: Call) -> Result<Reply, ApiError> {
    let (address, audit) = (address(&call)?, call.audit());
    let work = move |tx: &mut Tx<'_>| {
        for subject in [
            Subject::Address(address),
            Subject::SignUp(address),
            Subject::Codes(address),
        ] {
            tx.attempts().forget(&subject)?;
        }
        audit.record(tx, &json!({}), &Value::Null)
    };
    call.app.store.write(&call.tenant.id, work).await?;
    Ok(Reply::empty())
}

fn address(call: &Call) -> Result<Address, ApiError> {
    let text = call.segment("id");
    match text.parse::<IpAddr>() {
        Ok(ip) => Ok(Address::of(ip)),
        Err(_) => {
            let cause = "Path validation error: 'Object didn't pass validation for format ip' \
                         on property id.";
            let refusal = Refusal::new("invalid_uri", cause)
                .expected("an IPv4 or IPv6 address")
                .actual(text);
            Err(ApiError::bad_request("invalid_uri", refusal))
        }
    }
}

fn identifier(call: &Call) -> Result<String, ApiError> {
    match call.query.get("identifier").filter(|name| !name.is_empty()) {
        Some(name) => Ok(name.to_owned()),
        None => {
            let cause = "Query validation error: 'Missing required property: identifier'.";
            let refusal = Refusal::new("identifier", cause)
                .expected("an e-mail address, username or phone number");
            Err(ApiError::bad_request("invalid_query_string", refusal))
        }
    }
}

/// The users who log in with a name, at whichever database.
async fn named(call: &Call, name: &str) -> Result<Vec<UserId>, ApiError> {
    let connections = call.app.connections(&call.tenant.id).await?;
    let ids: Vec<_> = connections
        .iter()
        .filter(|connection| connection.is_database())
        .map(|connection| connection.id.clone())
        .collect();
    let name = name.to_owned();
    let load = move |tx: &mut Tx<'_>| {
        let mut found: Vec<UserId> = Vec::new();
        for connection in &ids {
            for kind in [LoginName::Email, LoginName::Username, LoginName::Phone] {
                let user: Option<User> = tx.users().by_login(connection, kind, &name)?;
                found.extend(user.map(|user| user.id));
            }
        }
        Ok::<_, StoreError>(found)
    };
    let found = call.app.store.read(&call.tenant.id, load).await?;
    match found.is_empty() {
        true => Err(missing()),
        false => Ok(found),
    }
}

fn blocks(
    tx: &mut Tx<'_>,
    users: &[UserId],
    name: &str,
    now: aldgate_core::time::Timestamp,
) -> Result<Vec<Value>, StoreError> {
    let mut all = Vec::new();
    for user in users {
        let addresses = tx
            .attempts()
            .blocked_addresses(&Account::Known(user.clone()), now)?;
        all.extend(
            addresses
                .into_iter()
                .map(|ip| json!({"identifier": name, "ip": ip})),
        );
    }
    Ok(all)
}
