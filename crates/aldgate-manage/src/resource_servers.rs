//! `/resource-servers`: APIs (wire: resource servers), found by id or by identifier.

use aldgate_app::App;
use aldgate_app::shared_keys::signing_secret_place;
use aldgate_core::api::rules::{self, WRITABLE};
use aldgate_core::api::{Api, SigningAlg};
use aldgate_core::id::{ApiId, TenantId};
use aldgate_core::role::Permission;
use aldgate_core::secret::Secret;
use aldgate_core::time::Timestamp;
use aldgate_store::{StoreError, Tx};
use serde_json::{Map, Value};

use crate::op::schema::{array, flag, free, open, page, string, writable};
use crate::op::{
    ApiError, Call, FIELDS, KEYSET, Operation, PAGES, Paging, Reply, boolean, delete, get, list,
    patch, post,
};

/// An HS256 secret must have 256 bits.
const SECRET_CHARACTERS_MIN: usize = 32;

pub(crate) fn operations() -> Vec<Operation> {
    let create_body = {
        let mut members = vec!["identifier", "signing_secret"];
        members.extend(WRITABLE);
        writable(&members, &["identifier"])
    };
    let update_body = {
        let mut members = vec!["signing_secret"];
        members.extend(WRITABLE);
        writable(&members, &[])
    };
    let path = "/resource-servers/{id}";
    vec![
        get("/resource-servers", "List APIs", list_all)
            .scopes(&["read:resource_servers"])
            .query(PAGES)
            .query(KEYSET)
            .query(FIELDS)
            .query([list("identifiers")])
            .answers(page("resource_servers", shape())),
        post("/resource-servers", "Create an API", create)
            .scopes(&["create:resource_servers"])
            .body(create_body)
            .answers(shape()),
        get(path, "Get an API", read)
            .scopes(&["read:resource_servers"])
            .query([boolean("include_fields")])
            .answers(shape()),
        patch(path, "Update an API", update)
            .scopes(&["update:resource_servers"])
            .body(update_body)
            .answers(shape()),
        delete(path, "Delete an API", remove).scopes(&["delete:resource_servers"]),
    ]
}

async fn list_all(call: Call) -> Result<Reply, ApiError> {
    let paging = Paging::of(&call)?;
    let (page, now) = (paging.page(), call.now);
    let named = call.query.all("identifiers").to_vec();
    let load = move |tx: &mut Tx<'_>| {
        if !named.is_empty() {
            let mut found = Vec::new();
            for identifier in &named {
                found.extend(tx.apis().by_identifier(identifier, now)?);
            }
            let count = found.len() as u64;
            return Ok::<_, StoreError>((found, count));
        }
        Ok((tx.apis().list(&page)?, tx.apis().count()?))
    };
    let (apis, total) = call.app.store.read(&call.tenant.id, load).await?;
    let items = apis.iter().map(|api| (api.id.to_string(), view(api)));
    Ok(paging.reply(&call, "resource_servers", items.collect(), total))
}

async fn create(call: Call) -> Result<Reply, ApiError> {
    let mut body = call.object()?;
    let id = ApiId::generate(&mut call.app.rng());
    let sealed = take_secret(&call.app, &call.tenant.id, &id, &mut body)?;
    let api = rules::create(body, id, sealed, call.now)?;
    let (audit, shown, now) = (call.audit(), view(&api), call.now);
    let after = shown.clone();
    let save = move |tx: &mut Tx<'_>| {
        if tx.apis().by_identifier(&api.identifier, now)?.is_some() {
            return Err(exists());
        }
        tx.apis().create(&api)?;
        Ok(audit.record(tx, &Value::Null, &after)?)
    };
    call.app.store.write(&call.tenant.id, save).await?;
    Ok(Reply::ok(shown))
}

async fn read(call: Call) -> Result<Reply, ApiError> {
    let (named, now) = (call.segment("id").to_owned(), call.now);
    let find = move |tx: &mut Tx<'_>| find(tx, &named, now);
    let api = call.app.store.read(&call.tenant.id, find).await?;
    Ok(Reply::ok(view(&api.ok_or_else(missing)?)))
}

async fn update(call: Call) -> Result<Reply, ApiError> {
    let mut body = call.object()?;
    let (named, now) = (call.segment("id").to_owned(), call.now);
    let look = {
        let named = named.clone();
        move |tx: &mut Tx<'_>| find(tx, &named, now)
    };
    let found = call.app.store.read(&call.tenant.id, look).await?;
    let id = found.ok_or_else(missing)?.id;
    let sealed = take_secret(&call.app, &call.tenant.id, &id, &mut body)?;
    let audit = call.audit();
    let change = move |tx: &mut Tx<'_>| {
        let mut before = tx.apis().by_id_to_change(&id)?.ok_or_else(missing)?;
        let was = view(&before);
        if sealed.is_some() {
            before.signing_secret_sealed.clone_from(&sealed);
        }
        let mut after = rules::update(&before, body.clone(), now)?;
        if after.signing_alg != SigningAlg::Hs256 {
            after.signing_secret_sealed = None;
        }
        tx.apis().update(&after)?;
        abolish(tx, &before, &after)?;
        let shown = view(&after);
        audit.record(tx, &was, &shown)?;
        Ok::<_, ApiError>(shown)
    };
    let shown = call.app.store.write(&call.tenant.id, change).await?;
    Ok(Reply::ok(shown))
}

async fn remove(call: Call) -> Result<Reply, ApiError> {
    let (named, now, audit) = (call.segment("id").to_owned(), call.now, call.audit());
    let remove = move |tx: &mut Tx<'_>| {
        let Some(api) = find(tx, &named, now)? else {
            return Ok::<_, ApiError>(());
        };
        if api.is_system {
            let cause = "the Management API cannot be deleted";
            return Err(aldgate_core::error::Refusal::new("system_api", cause).into());
        }
        tx.apis().delete(&api)?;
        Ok(audit.record(tx, &view(&api), &Value::Null)?)
    };
    call.app.store.write(&call.tenant.id, remove).await?;
    Ok(Reply::empty())
}

/// Finds an API by its id, or by its identifier of now or before.
fn find(tx: &mut Tx<'_>, named: &str, now: Timestamp) -> Result<Option<Api>, StoreError> {
    if let Ok(id) = ApiId::parse(named)
        && let Some(api) = tx.apis().by_id(&id)?
    {
        return Ok(Some(api));
    }
    tx.apis().by_identifier(named, now)
}

/// Takes the permissions away that the API does not define any more.
fn abolish(tx: &mut Tx<'_>, before: &Api, after: &Api) -> Result<(), StoreError> {
    let gone = before
        .scopes
        .iter()
        .filter(|scope| !after.defines(&scope.value));
    for scope in gone {
        tx.permissions().abolish(&Permission {
            api: after.identifier.clone(),
            name: scope.value.clone(),
        })?;
    }
    Ok(())
}

/// Takes `signing_secret` out of a body and seals it: it is write-only.
fn take_secret(
    app: &App,
    tenant: &TenantId,
    id: &ApiId,
    body: &mut Map<String, Value>,
) -> Result<Option<String>, ApiError> {
    match body.remove("signing_secret") {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(secret)) if secret.len() >= SECRET_CHARACTERS_MIN => {
            let place = signing_secret_place(tenant, id);
            Ok(Some(app.seal_text(&place, &Secret::new(secret))))
        }
        Some(_) => Err(ApiError::invalid_body(format!(
            "expected a string of at least {SECRET_CHARACTERS_MIN} characters on property \
             signing_secret"
        ))),
    }
}

/// The API on the wire: its signing secret never.
fn view(api: &Api) -> Value {
    let Ok(Value::Object(mut view)) = serde_json::to_value(api) else {
        return Value::Null;
    };
    for hidden in ["signing_secret_sealed", "created_at", "updated_at"] {
        view.remove(hidden);
    }
    view.insert("is_system".into(), api.is_system.into());
    Value::Object(view)
}

fn shape() -> Value {
    open(
        [
            ("id", string()),
            ("identifier", string()),
            ("name", string()),
            ("is_system", flag()),
            ("scopes", array(free())),
        ],
        &[],
    )
}

fn missing() -> ApiError {
    ApiError::not_found(
        "inexistent_resource_server",
        "The resource server does not exist",
    )
}

fn exists() -> ApiError {
    ApiError::conflict(
        Some("resource_server_exists"),
        aldgate_core::error::Refusal::new(
            "resource_server_exists",
            "A resource server with the same identifier already exists.",
        ),
    )
}
