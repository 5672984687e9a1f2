//! `/prompts/{prompt}/partials`: stored and returned, not shown: the pages' content security
//! policy forbids foreign markup.

use aldgate_store::Tx;
use serde_json::{Value, json};

use super::prompt;
use crate::op::schema::free;
use crate::op::{ApiError, Call, Operation, Reply, get, put};

const PATH: &str = "/prompts/{prompt}/partials";
const KIND: &str = "prompt_partials";
/// The longest document, in bytes of JSON.
const LENGTH_MAX: usize = 64 << 10;

pub(super) fn operations() -> Vec<Operation> {
    let points = json!({"type": "object", "additionalProperties": {"type": "string"}});
    let body = json!({"type": "object", "additionalProperties": points});
    vec![
        get(PATH, "Get the partials of a prompt", read)
            .scopes(&["read:prompts"])
            .answers(free()),
        put(PATH, "Set the partials of a prompt", save)
            .scopes(&["update:prompts"])
            .body(body)
            .answers(free()),
    ]
}

async fn read(call: Call) -> Result<Reply, ApiError> {
    let stored = call
        .app
        .settings(&call.tenant.id, KIND, prompt(&call)?)
        .await?;
    Ok(Reply::ok(
        stored.map_or_else(|| json!({}), |stored| Value::clone(&stored)),
    ))
}

async fn save(call: Call) -> Result<Reply, ApiError> {
    let (id, body) = (prompt(&call)?, call.object()?);
    for (screen, points) in &body {
        let texts = points
            .as_object()
            .map(|points| points.values().all(Value::is_string));
        if texts != Some(true) {
            let problem = format!("Expected an object of texts on property {screen}");
            return Err(ApiError::invalid_body(problem));
        }
    }
    let body = Value::Object(body);
    if body.to_string().len() > LENGTH_MAX {
        let problem = format!("the partials are longer than {LENGTH_MAX} bytes");
        return Err(ApiError::invalid_body(problem));
    }
    let (audit, now, shown) = (call.audit(), call.now, body.clone());
    let save = move |tx: &mut Tx<'_>| {
        let before: Option<Value> = tx.settings().load(KIND, id)?;
        tx.settings().save(KIND, id, &body, now)?;
        audit.record(tx, &before.unwrap_or_default(), &body)
    };
    call.app.store.write(&call.tenant.id, save).await?;
    Ok(Reply::ok(shown))
}
