//! `/branding/templates/universal-login`: stored and returned, not used: the pages are the
//! server's own, under a content security policy that forbids foreign markup.

use aldgate_store::{StoreError, Tx};
use serde_json::{Value, json};

use crate::op::schema::{closed, open, short, string};
use crate::op::{ApiError, Call, Operation, Reply, delete, get, put};

const PATH: &str = "/branding/templates/universal-login";
const KIND: &str = "universal_login_template";
const LENGTH_MAX: usize = 102_400;

pub(super) fn operations() -> Vec<Operation> {
    vec![
        get(PATH, "Get the template of the login pages", read)
            .scopes(&["read:branding"])
            .answers(open([("body", string())], &["body"])),
        put(PATH, "Set the template of the login pages", save)
            .scopes(&["update:branding"])
            .status(204)
            .body(closed([("template", short(102_400))], &["template"])),
        delete(PATH, "Delete the template of the login pages", remove).scopes(&["delete:branding"]),
    ]
}

async fn read(call: Call) -> Result<Reply, ApiError> {
    let stored = call.app.settings(&call.tenant.id, KIND, "").await?;
    stored
        .map(|stored| Reply::ok(Value::clone(&stored)))
        .ok_or_else(|| {
            let code = "inexistent_templates_universal_login";
            ApiError::not_found(code, "Template does not exist.")
        })
}

async fn save(call: Call) -> Result<Reply, ApiError> {
    let template = if call.content_type().starts_with("text/html") {
        String::from_utf8(call.raw().to_vec())
            .map_err(|_| ApiError::invalid_body("the template is not UTF-8"))?
    } else {
        let mut body = call.object()?;
        let template = body.remove("template");
        match (template, body.keys().next()) {
            (Some(Value::String(template)), None) => template,
            _ => return Err(ApiError::invalid_body("Expected text on property template")),
        }
    };
    if template.len() > LENGTH_MAX {
        let problem = format!("the template is longer than {LENGTH_MAX} bytes");
        return Err(ApiError::invalid_body(problem));
    }
    for tag in ["auth0:head", "auth0:widget"] {
        if !template.contains(tag) {
            let problem = format!("the template must hold the tag {{%- {tag} -%}}");
            return Err(ApiError::invalid_body(problem));
        }
    }
    let (audit, now, document) = (call.audit(), call.now, json!({"body": template}));
    let save = move |tx: &mut Tx<'_>| {
        let before: Option<Value> = tx.settings().load(KIND, "")?;
        let is_new = before.is_none();
        tx.settings().save(KIND, "", &document, now)?;
        audit.record(tx, &before.unwrap_or_default(), &document)?;
        Ok::<_, StoreError>(is_new)
    };
    let is_new = call.app.store.write(&call.tenant.id, save).await?;
    let reply = Reply::empty();
    Ok(if is_new { reply.status(201) } else { reply })
}

async fn remove(call: Call) -> Result<Reply, ApiError> {
    let audit = call.audit();
    let remove = move |tx: &mut Tx<'_>| {
        if tx.settings().delete(KIND, "")? {
            audit.record(tx, &json!({"body": true}), &Value::Null)?;
        }
        Ok::<_, StoreError>(())
    };
    call.app.store.write(&call.tenant.id, remove).await?;
    Ok(Reply::empty())
}
