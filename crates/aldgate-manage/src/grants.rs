//! `/grants`: what users allowed applications (consents), by Auth0's name.

use aldgate_core::consent::Consent;
use aldgate_core::error::Refusal;
use aldgate_core::id::{ClientId, UserId};
use aldgate_store::{Page, Tx};
use serde_json::{Value, json};

use crate::op::schema::{array, open, page, string};
use crate::op::{ApiError, Call, KEYSET, Operation, PAGES, Paging, Reply, delete, get, text};

pub(crate) fn operations() -> Vec<Operation> {
    vec![
        get("/grants", "List the grants of users", list)
            .scopes(&["read:grants"])
            .query(PAGES)
            .query(KEYSET)
            .query([text("user_id"), text("client_id"), text("audience")])
            .answers(page("grants", shape())),
        delete("/grants", "Delete the grants of a user", delete_of_user)
            .scopes(&["delete:grants"])
            .query([text("user_id")]),
        delete("/grants/{id}", "Delete a grant of a user", delete_one).scopes(&["delete:grants"]),
    ]
}

async fn list(call: Call) -> Result<Reply, ApiError> {
    let paging = Paging::of(&call)?;
    let user = call.query.get("user_id").map(UserId::parse).transpose()?;
    let client = call
        .query
        .get("client_id")
        .map(ClientId::parse)
        .transpose()?;
    let audience = call.query.get("audience").map(str::to_owned);
    if let Some(user) = user {
        let load = move |tx: &mut Tx<'_>| tx.consents().of_user(&user, &Page::largest());
        let found = call.app.store.read(&call.tenant.id, load).await?;
        let wanted = |consent: &&Consent| {
            client.as_ref().is_none_or(|id| consent.client_id == *id)
                && audience
                    .as_deref()
                    .is_none_or(|wanted| consent.audience.as_deref() == Some(wanted))
        };
        let mut items: Vec<_> = found.iter().filter(wanted).map(item).collect();
        items.sort_by(|a, b| a.0.cmp(&b.0));
        return Ok(paging.reply_part(&call, "grants", items));
    }
    let page = paging.page();
    let load = move |tx: &mut Tx<'_>| {
        tx.consents()
            .list(client.as_ref(), audience.as_deref(), &page)
    };
    let found = call.app.store.read(&call.tenant.id, load).await?;
    let total = found.len() as u64;
    Ok(paging.reply(&call, "grants", found.iter().map(item).collect(), total))
}

/// `DELETE /grants?user_id=…`: what the user allowed, and the tokens that came of it.
async fn delete_of_user(call: Call) -> Result<Reply, ApiError> {
    let Some(user) = call.query.get("user_id") else {
        let cause = "Query validation error: 'Missing required property: user_id'.";
        let refusal = Refusal::new("user_id", cause).expected("the id of a user");
        return Err(ApiError::bad_request("invalid_query_string", refusal));
    };
    let user: UserId = user.parse()?;
    let (audit, now) = (call.audit().about_user(&user), call.now);
    let work = move |tx: &mut Tx<'_>| {
        let before = tx.consents().of_user(&user, &Page::largest())?;
        tx.consents().withdraw_of_user(&user)?;
        tx.grants().revoke_of_user(&user, now)?;
        let before: Value = before.iter().map(view).collect();
        audit.record(tx, &json!({"grants": before}), &Value::Null)
    };
    call.app.store.write(&call.tenant.id, work).await?;
    Ok(Reply::empty())
}

/// `DELETE /grants/{id}`: 204 also for one that is not there, as Auth0 answers.
async fn delete_one(call: Call) -> Result<Reply, ApiError> {
    let id = call.segment("id").to_owned();
    let (audit, now) = (call.audit(), call.now);
    let work = move |tx: &mut Tx<'_>| {
        let Some(before) = tx.consents().by_id(&id)? else {
            return Ok(());
        };
        tx.consents().withdraw(&id, now)?;
        audit.record(tx, &view(&before), &Value::Null)
    };
    call.app.store.write(&call.tenant.id, work).await?;
    Ok(Reply::empty())
}

fn item(consent: &Consent) -> (String, Value) {
    (consent.id.clone(), view(consent))
}

fn view(consent: &Consent) -> Value {
    let scope: Vec<&str> = consent.scope.iter().collect();
    let mut view = json!({
        "id": consent.id,
        "clientID": consent.client_id,
        "user_id": consent.user_id,
        "scope": scope,
    });
    if let Some(audience) = &consent.audience {
        view["audience"] = audience.clone().into();
    }
    view
}

fn shape() -> Value {
    open(
        [
            ("id", string()),
            ("clientID", string()),
            ("user_id", string()),
            ("audience", string()),
            ("scope", array(string())),
        ],
        &["id", "clientID", "user_id"],
    )
}
