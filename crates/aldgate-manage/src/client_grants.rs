//! `/client-grants`: which scopes of an API an application may have.

use aldgate_core::client_grant::rules::{self, CREATABLE, WRITABLE};
use aldgate_core::client_grant::{ClientGrant, SubjectType};
use aldgate_core::error::Refusal;
use aldgate_core::id::{ClientGrantId, ClientId};
use aldgate_store::{ClientGrantFilter, StoreError, Tx};
use serde_json::{Value, json};

use crate::op::schema::{array, one_of, open, page, string, writable};
use crate::op::{
    Actor, ApiError, Call, KEYSET, Operation, PAGES, Paging, Reply, boolean, ceiling, delete, get,
    patch, post, text,
};

pub(crate) fn operations() -> Vec<Operation> {
    let path = "/client-grants/{id}";
    vec![
        get("/client-grants", "List client grants", list)
            .scopes(&["read:client_grants"])
            .query(PAGES)
            .query(KEYSET)
            .query([
                text("audience"),
                text("client_id"),
                text("subject_type"),
                boolean("allow_any_organization"),
                text("default_for"),
            ])
            .answers(page("client_grants", shape())),
        post("/client-grants", "Create a client grant", create)
            .scopes(&["create:client_grants"])
            .body(writable(CREATABLE, &["client_id", "audience"]))
            .answers(shape()),
        get(path, "Get a client grant", read)
            .scopes(&["read:client_grants"])
            .answers(shape()),
        patch(path, "Update a client grant", update)
            .scopes(&["update:client_grants"])
            .body(writable(WRITABLE, &[]))
            .answers(shape()),
        delete(path, "Delete a client grant", remove).scopes(&["delete:client_grants"]),
        get(
            "/client-grants/{id}/organizations",
            "List the organizations of a client grant",
            organizations,
        )
        .scopes(&["read:organization_client_grants"])
        .query(PAGES)
        .query(KEYSET)
        .answers(page("organizations", string())),
    ]
}

async fn list(call: Call) -> Result<Reply, ApiError> {
    let paging = Paging::of(&call)?;
    let (page, query) = (paging.page(), &call.query);
    let client_id = query.get("client_id").map(ClientId::parse).transpose();
    let subject = match query.get("subject_type") {
        Some("client") => Some(SubjectType::Client),
        Some("user") => Some(SubjectType::User),
        _ => None,
    };
    let filter = ClientGrantFilter {
        client_id: client_id.unwrap_or_default(),
        audience: query.get("audience").map(ToOwned::to_owned),
        subject_type: subject,
    };
    let load = move |tx: &mut Tx<'_>| {
        let grants = tx.client_grants().list(&filter, &page)?;
        Ok::<_, StoreError>((grants, tx.client_grants().count(&filter)?))
    };
    let (grants, total) = call.app.store.read(&call.tenant.id, load).await?;
    let items = grants
        .iter()
        .map(|grant| (grant.id.to_string(), view(grant)));
    Ok(paging.reply(&call, "client_grants", items.collect(), total))
}

async fn create(call: Call) -> Result<Reply, ApiError> {
    let id = ClientGrantId::generate(&mut call.app.rng());
    let grant = rules::create(call.object()?, id, call.now)?;
    let (audit, shown) = (
        call.audit().about_application(&grant.client_id),
        view(&grant),
    );
    let (actor, management) = (call.actor.clone(), call.tenant.issuer.management());
    let (after, now) = (shown.clone(), call.now);
    let save = move |tx: &mut Tx<'_>| {
        if tx.applications().by_id(&grant.client_id)?.is_none() {
            let cause = "The client does not exist";
            let refusal = Refusal::new("inexistent_client", cause).actual(grant.client_id.as_str());
            return Err(ApiError::bad_request("inexistent_client", refusal));
        }
        check(tx, &actor, &management, &grant, now)?;
        let (client, subject) = (&grant.client_id, grant.subject_type);
        if tx
            .client_grants()
            .of(client, &grant.audience, subject)?
            .is_some()
        {
            return Err(exists());
        }
        tx.client_grants().create(&grant)?;
        Ok(audit.record(tx, &Value::Null, &after)?)
    };
    call.app.store.write(&call.tenant.id, save).await?;
    Ok(Reply::ok(shown))
}

async fn read(call: Call) -> Result<Reply, ApiError> {
    let id: ClientGrantId = call.id("id")?;
    let find = move |tx: &mut Tx<'_>| tx.client_grants().by_id(&id);
    let grant = call.app.store.read(&call.tenant.id, find).await?;
    Ok(Reply::ok(view(&grant.ok_or_else(missing)?)))
}

async fn update(call: Call) -> Result<Reply, ApiError> {
    let id: ClientGrantId = call.id("id")?;
    let (body, audit, now) = (call.object()?, call.audit(), call.now);
    let (actor, management) = (call.actor.clone(), call.tenant.issuer.management());
    let change = move |tx: &mut Tx<'_>| {
        let before = tx.client_grants().by_id(&id)?.ok_or_else(missing)?;
        let after = rules::update(&before, body.clone(), now)?;
        check(tx, &actor, &management, &after, now)?;
        tx.client_grants().update(&after)?;
        let shown = view(&after);
        audit.record(tx, &view(&before), &shown)?;
        Ok::<_, ApiError>(shown)
    };
    let shown = call.app.store.write(&call.tenant.id, change).await?;
    Ok(Reply::ok(shown))
}

async fn remove(call: Call) -> Result<Reply, ApiError> {
    let (id, audit): (ClientGrantId, _) = (call.id("id")?, call.audit());
    let remove = move |tx: &mut Tx<'_>| {
        let Some(before) = tx.client_grants().by_id(&id)? else {
            return Ok::<_, ApiError>(());
        };
        tx.client_grants().delete(&id)?;
        Ok(audit.record(tx, &view(&before), &Value::Null)?)
    };
    call.app.store.write(&call.tenant.id, remove).await?;
    Ok(Reply::empty())
}

async fn organizations(call: Call) -> Result<Reply, ApiError> {
    let id: ClientGrantId = call.id("id")?;
    let find = move |tx: &mut Tx<'_>| tx.client_grants().by_id(&id);
    let grant = call.app.store.read(&call.tenant.id, find).await?;
    grant.ok_or_else(missing)?;
    Ok(Paging::of(&call)?.reply(&call, "organizations", Vec::new(), 0))
}

/// The API exists and defines the scopes; at the Management API the caller holds them (ADM-05).
fn check(
    tx: &mut Tx<'_>,
    actor: &Actor,
    management: &str,
    grant: &ClientGrant,
    now: aldgate_core::time::Timestamp,
) -> Result<(), ApiError> {
    let Some(api) = tx.apis().by_identifier(&grant.audience, now)? else {
        let cause = "The resource server does not exist";
        let refusal = Refusal::new("inexistent_resource_server", cause)
            .actual(&grant.audience)
            .remedy("Create the API first, or correct audience.");
        return Err(ApiError::bad_request("inexistent_resource_server", refusal));
    };
    rules::validate(grant, &api)?;
    if api.identifier != management {
        return Ok(());
    }
    if grant.allow_all_scopes {
        return ceiling::scopes(actor, api.scopes.iter().map(|scope| scope.value.as_str()));
    }
    ceiling::scopes(actor, grant.scope.iter())
}

fn view(grant: &ClientGrant) -> Value {
    let mut view = serde_json::to_value(grant).unwrap_or_default();
    if let Some(members) = view.as_object_mut() {
        members.remove("created_at");
        members.remove("updated_at");
    }
    view
}

fn shape() -> Value {
    open(
        [
            ("id", string()),
            ("client_id", string()),
            ("audience", string()),
            ("scope", array(json!({"type": "string"}))),
            ("subject_type", one_of(&["client", "user"])),
        ],
        &["id", "client_id", "audience", "scope"],
    )
}

fn missing() -> ApiError {
    ApiError::not_found("inexistent_client_grant", "The client grant does not exist")
}

fn exists() -> ApiError {
    let cause = "A client grant with the same client and audience already exists.";
    let refusal = Refusal::new("client_grant_exists", cause)
        .remedy("Update the one that is there; GET /client-grants finds it.");
    ApiError::conflict(Some("client_grant_exists"), refusal)
}
