//! `/branding/themes`: one theme a tenant, as at Auth0. Its colours of the primary button and of
//! the page's background show on the pages.

use aldgate_app::present::THEME;
use aldgate_core::members::{self, Kind, Member, member, schema};
use aldgate_core::random;
use aldgate_store::{StoreError, Tx};
use serde_json::{Map, Value};

use crate::op::schema::{free, open, string};
use crate::op::{ApiError, Call, Operation, Reply, delete, get, patch, post};

const MEMBERS: &[Member] = &[
    member("displayName", Kind::Text(2048)),
    member("borders", Kind::Free),
    member("colors", Kind::Free),
    member("fonts", Kind::Free),
    member("page_background", Kind::Free),
    member("widget", Kind::Free),
    member("identifiers", Kind::Free),
];
const REQUIRED: &[&str] = &["borders", "colors", "fonts", "page_background", "widget"];

pub(super) fn operations() -> Vec<Operation> {
    let shape = open(
        [
            ("themeId", string()),
            ("displayName", string()),
            ("borders", free()),
            ("colors", free()),
            ("fonts", free()),
            ("page_background", free()),
            ("widget", free()),
        ],
        &["themeId"],
    );
    vec![
        post("/branding/themes", "Create a theme", create)
            .scopes(&["update:branding"])
            .body(schema(MEMBERS, REQUIRED))
            .status(200)
            .answers(shape.clone()),
        get("/branding/themes/default", "Get the default theme", read)
            .scopes(&["read:branding"])
            .answers(shape.clone()),
        get("/branding/themes/{themeId}", "Get a theme", read)
            .scopes(&["read:branding"])
            .answers(shape.clone()),
        patch("/branding/themes/{themeId}", "Update a theme", update)
            .scopes(&["update:branding"])
            .body(schema(MEMBERS, REQUIRED))
            .answers(shape),
        delete("/branding/themes/{themeId}", "Delete a theme", remove).scopes(&["delete:branding"]),
    ]
}

async fn create(call: Call) -> Result<Reply, ApiError> {
    let body = call.object()?;
    members::check(MEMBERS, REQUIRED, &body)?;
    let mut theme = Map::new();
    theme.insert(
        "themeId".into(),
        random::hex(&mut call.app.rng(), 32).into(),
    );
    theme.insert("displayName".into(), "Unnamed Theme".into());
    members::lay_over(&mut theme, body);
    let theme = Value::Object(theme);
    let (audit, now, made) = (call.audit(), call.now, theme.clone());
    let save = move |tx: &mut Tx<'_>| {
        let before: Option<Value> = tx.settings().load(THEME, "")?;
        tx.settings().save(THEME, "", &made, now)?;
        audit.record(tx, &before.unwrap_or_default(), &made)
    };
    call.app.store.write(&call.tenant.id, save).await?;
    Ok(Reply::ok(theme))
}

async fn read(call: Call) -> Result<Reply, ApiError> {
    let theme = call.app.settings(&call.tenant.id, THEME, "").await?;
    let theme = theme.filter(|theme| is_meant(&call, theme));
    theme
        .map(|theme| Reply::ok(Value::clone(&theme)))
        .ok_or_else(missing)
}

async fn update(call: Call) -> Result<Reply, ApiError> {
    let body = call.object()?;
    members::check(MEMBERS, REQUIRED, &body)?;
    let (audit, now, at) = (call.audit(), call.now, call.clone());
    let save = move |tx: &mut Tx<'_>| {
        let before: Option<Value> = tx.settings().load(THEME, "")?;
        let before = before
            .filter(|theme| is_meant(&at, theme))
            .ok_or_else(missing)?;
        let mut theme = before.as_object().cloned().unwrap_or_default();
        members::lay_over(&mut theme, body.clone());
        let theme = Value::Object(theme);
        tx.settings().save(THEME, "", &theme, now)?;
        audit.record(tx, &before, &theme)?;
        Ok::<_, ApiError>(theme)
    };
    Ok(Reply::ok(
        call.app.store.write(&call.tenant.id, save).await?,
    ))
}

async fn remove(call: Call) -> Result<Reply, ApiError> {
    let (audit, at) = (call.audit(), call.clone());
    let remove = move |tx: &mut Tx<'_>| {
        let before: Option<Value> = tx.settings().load(THEME, "")?;
        let Some(before) = before.filter(|theme| is_meant(&at, theme)) else {
            return Ok::<_, StoreError>(());
        };
        tx.settings().delete(THEME, "")?;
        audit.record(tx, &before, &Value::Null)
    };
    call.app.store.write(&call.tenant.id, remove).await?;
    Ok(Reply::empty())
}

/// Whether the path names this theme: by its id, or as the default.
fn is_meant(call: &Call, theme: &Value) -> bool {
    matches!(call.segment("themeId"), "" | "default") || theme["themeId"] == call.segment("themeId")
}

fn missing() -> ApiError {
    let message = "There was an error retrieving branding settings: invalid theme ID";
    ApiError::not_found("theme_not_found", message)
}
