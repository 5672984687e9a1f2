//! `/email-templates/{name}`: what the tenant's mails say.

use aldgate_app::mail::TEMPLATE;
use aldgate_core::error::Refusal;
use aldgate_core::mail::template::{self, MEMBERS, NAMES, REQUIRED};
use aldgate_core::members::{lay_over, schema};
use aldgate_store::Tx;
use serde_json::{Map, Value};

use crate::op::schema::{flag, one_of, open, string};
use crate::op::{ApiError, Call, Operation, Reply, delete, get, patch, post, put};

const PATH: &str = "/email-templates/{templateName}";

pub(crate) fn operations() -> Vec<Operation> {
    let shape = open(
        [
            ("template", one_of(NAMES)),
            ("body", string()),
            ("from", string()),
            ("subject", string()),
            ("resultUrl", string()),
            ("syntax", string()),
            ("enabled", flag()),
        ],
        &["template"],
    );
    let required: Vec<&str> = REQUIRED
        .iter()
        .copied()
        .filter(|name| *name != "template")
        .collect();
    vec![
        post("/email-templates", "Create a mail template", create)
            .scopes(&["create:email_templates"])
            .body(schema(MEMBERS, REQUIRED))
            .status(200)
            .answers(shape.clone()),
        get(PATH, "Get a mail template", read)
            .scopes(&["read:email_templates"])
            .answers(shape.clone()),
        patch(PATH, "Update a mail template", update)
            .scopes(&["update:email_templates"])
            .body(schema(MEMBERS, &[]))
            .answers(shape.clone()),
        put(PATH, "Replace a mail template", replace)
            .scopes(&["update:email_templates"])
            .body(schema(MEMBERS, &required))
            .answers(shape),
        // Not in Auth0: the mail is Aldgate's own again.
        delete(PATH, "Delete a mail template", remove).scopes(&["delete:email_templates"]),
    ]
}

async fn create(call: Call) -> Result<Reply, ApiError> {
    let body = call.object()?;
    template::check(&body, REQUIRED)?;
    let name = body["template"].as_str().unwrap_or_default().to_owned();
    let mut document = Map::new();
    lay_over(&mut document, body);
    let (document, audit, now) = (Value::Object(document), call.audit(), call.now);
    let shown = document.clone();
    let save = move |tx: &mut Tx<'_>| {
        if tx.settings().load::<Value>(TEMPLATE, &name)?.is_some() {
            let cause = "The email template already exists.";
            let refusal = Refusal::new("email_template_exists", cause)
                .actual(&name)
                .remedy("Change it with PATCH or PUT.");
            return Err(ApiError::conflict(Some("email_template_exists"), refusal));
        }
        tx.settings().save(TEMPLATE, &name, &document, now)?;
        Ok(audit.record(tx, &Value::Null, &document)?)
    };
    call.app.store.write(&call.tenant.id, save).await?;
    Ok(Reply::ok(shown))
}

async fn read(call: Call) -> Result<Reply, ApiError> {
    let stored = call
        .app
        .settings(&call.tenant.id, TEMPLATE, name(&call)?)
        .await?;
    let stored = stored.ok_or_else(missing)?;
    Ok(Reply::ok(Value::clone(&stored)))
}

async fn update(call: Call) -> Result<Reply, ApiError> {
    let (name, body) = (name(&call)?, call.object()?);
    template::check(&body, &[])?;
    same_name(name, &body)?;
    save(call, name, body, false).await
}

async fn replace(call: Call) -> Result<Reply, ApiError> {
    let (name, mut body) = (name(&call)?, call.object()?);
    same_name(name, &body)?;
    body.insert("template".into(), name.into());
    template::check(&body, REQUIRED)?;
    save(call, name, body, true).await
}

async fn save(
    call: Call,
    name: &'static str,
    body: Map<String, Value>,
    anew: bool,
) -> Result<Reply, ApiError> {
    let (audit, now) = (call.audit(), call.now);
    let save = move |tx: &mut Tx<'_>| {
        let before: Option<Value> = tx.settings().load(TEMPLATE, name)?;
        let before = before.ok_or_else(missing)?;
        let mut document = match &before {
            Value::Object(document) if !anew => document.clone(),
            _ => Map::new(),
        };
        lay_over(&mut document, body.clone());
        let document = Value::Object(document);
        tx.settings().save(TEMPLATE, name, &document, now)?;
        audit.record(tx, &before, &document)?;
        Ok::<_, ApiError>(document)
    };
    Ok(Reply::ok(
        call.app.store.write(&call.tenant.id, save).await?,
    ))
}

async fn remove(call: Call) -> Result<Reply, ApiError> {
    let (name, audit) = (name(&call)?, call.audit());
    let remove = move |tx: &mut Tx<'_>| {
        let before: Option<Value> = tx.settings().load(TEMPLATE, name)?;
        let before = before.ok_or_else(missing)?;
        tx.settings().delete(TEMPLATE, name)?;
        Ok::<_, ApiError>(audit.record(tx, &before, &Value::Null)?)
    };
    call.app.store.write(&call.tenant.id, remove).await?;
    Ok(Reply::empty())
}

/// The template that the path names.
fn name(call: &Call) -> Result<&'static str, ApiError> {
    let named = call.segment("templateName");
    let known = NAMES.iter().find(|name| **name == named);
    known.copied().ok_or_else(|| {
        let cause = "Path validation error: 'No enum match' on property templateName.";
        let refusal = Refusal::new("template", cause)
            .expected(NAMES.join(", "))
            .actual(named);
        ApiError::bad_request("invalid_uri", refusal)
    })
}

/// A body may repeat the name, not change it.
fn same_name(name: &str, body: &Map<String, Value>) -> Result<(), ApiError> {
    match body.get("template") {
        Some(other) if other != name => {
            Err(ApiError::invalid_body("template differs from the path"))
        }
        _ => Ok(()),
    }
}

fn missing() -> ApiError {
    ApiError::not_found("inexistent_email_template", "The template does not exist.")
}
