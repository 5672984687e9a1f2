//! `/log-streams`: where events of the tenant log should go. They are stored and returned, paused:
//! nothing is delivered yet, and a stream must not look as if it were.

use aldgate_core::error::Refusal;
use aldgate_core::members::{Kind, Member, check, lay_over, member, schema};
use aldgate_core::random;
use aldgate_store::{StoreError, Tx};
use serde_json::{Map, Value};

use crate::op::schema::{array, free, open, string};
use crate::op::{ApiError, Call, Operation, Reply, delete, get, patch, post};

const KIND: &str = "log_stream";
/// The most streams of a tenant.
const STREAMS_MAX: usize = 100;
const TYPES: &[&str] = &[
    "http",
    "eventbridge",
    "eventgrid",
    "datadog",
    "splunk",
    "sumo",
    "segment",
    "mixpanel",
];
const MEMBERS: &[Member] = &[
    member("name", Kind::Text(255)),
    member("type", Kind::OneOf(TYPES)),
    member("status", Kind::OneOf(&["active", "paused", "suspended"])),
    member("filters", Kind::List(&Kind::Free, 100)),
    member("pii_config", Kind::Free),
    member("isPriority", Kind::Flag),
    member("startFrom", Kind::Text(100)),
    member("sink", Kind::Free),
];
const REQUIRED: &[&str] = &["type", "sink"];

pub(crate) fn operations() -> Vec<Operation> {
    let shape = open(
        [
            ("id", string()),
            ("name", string()),
            ("type", string()),
            ("status", string()),
            ("sink", free()),
        ],
        &["id", "type", "status"],
    );
    vec![
        get("/log-streams", "List log streams", list)
            .scopes(&["read:log_streams"])
            .answers(array(shape.clone())),
        post("/log-streams", "Create a log stream", create)
            .scopes(&["create:log_streams"])
            .body(schema(MEMBERS, REQUIRED))
            .status(200)
            .answers(shape.clone()),
        get("/log-streams/{id}", "Get a log stream", read)
            .scopes(&["read:log_streams"])
            .answers(shape.clone()),
        patch("/log-streams/{id}", "Update a log stream", update)
            .scopes(&["update:log_streams"])
            .body(schema(MEMBERS, &[]))
            .answers(shape),
        delete("/log-streams/{id}", "Delete a log stream", remove).scopes(&["delete:log_streams"]),
    ]
}

async fn list(call: Call) -> Result<Reply, ApiError> {
    let load = |tx: &mut Tx<'_>| tx.settings().all::<Value>(KIND);
    let all = call.app.store.read(&call.tenant.id, load).await?;
    Ok(Reply::ok(
        all.into_iter().map(|(_, stream)| stream).collect::<Value>(),
    ))
}

async fn create(call: Call) -> Result<Reply, ApiError> {
    let body = call.object()?;
    check(MEMBERS, REQUIRED, &body)?;
    let id = format!("lst_{:0>16}", digits(&call));
    let mut stream = Map::new();
    stream.insert("id".into(), id.clone().into());
    stream.insert("name".into(), body["type"].clone());
    lay_over(&mut stream, without_secrets(body));
    stream.insert("status".into(), "paused".into());
    let (stream, audit, now) = (Value::Object(stream), call.audit(), call.now);
    let shown = stream.clone();
    let save = move |tx: &mut Tx<'_>| {
        if tx.settings().all::<Value>(KIND)?.len() >= STREAMS_MAX {
            let cause = format!("There are {STREAMS_MAX} log streams already.");
            let refusal = Refusal::new("too_many_log_streams", cause)
                .remedy("Delete one that is not needed.");
            return Err(ApiError::conflict(Some("too_many_log_streams"), refusal));
        }
        tx.settings().save(KIND, &id, &stream, now)?;
        Ok(audit.record(tx, &Value::Null, &stream)?)
    };
    call.app.store.write(&call.tenant.id, save).await?;
    Ok(Reply::ok(shown))
}

async fn read(call: Call) -> Result<Reply, ApiError> {
    let id = id(&call)?.to_owned();
    let load = move |tx: &mut Tx<'_>| tx.settings().load::<Value>(KIND, &id);
    let stream = call.app.store.read(&call.tenant.id, load).await?;
    stream.map(Reply::ok).ok_or_else(missing)
}

async fn update(call: Call) -> Result<Reply, ApiError> {
    let (id, body) = (id(&call)?.to_owned(), call.object()?);
    check(MEMBERS, &[], &body)?;
    if body.contains_key("type") {
        let problem = "type cannot be changed; delete the stream and make another";
        return Err(ApiError::invalid_body(problem));
    }
    let body = without_secrets(body);
    let (audit, now) = (call.audit(), call.now);
    let save = move |tx: &mut Tx<'_>| {
        let before: Option<Value> = tx.settings().load(KIND, &id)?;
        let before = before.ok_or_else(missing)?;
        let mut stream = before.as_object().cloned().unwrap_or_default();
        lay_over(&mut stream, body.clone());
        stream.insert("status".into(), "paused".into());
        let stream = Value::Object(stream);
        tx.settings().save(KIND, &id, &stream, now)?;
        audit.record(tx, &before, &stream)?;
        Ok::<_, ApiError>(stream)
    };
    Ok(Reply::ok(
        call.app.store.write(&call.tenant.id, save).await?,
    ))
}

async fn remove(call: Call) -> Result<Reply, ApiError> {
    let (id, audit) = (id(&call)?.to_owned(), call.audit());
    let remove = move |tx: &mut Tx<'_>| {
        let before: Option<Value> = tx.settings().load(KIND, &id)?;
        let Some(before) = before else {
            return Ok::<_, StoreError>(());
        };
        tx.settings().delete(KIND, &id)?;
        audit.record(tx, &before, &Value::Null)
    };
    call.app.store.write(&call.tenant.id, remove).await?;
    Ok(Reply::empty())
}

/// What would open somebody else's door is not kept as long as nobody knocks there.
fn without_secrets(mut body: Map<String, Value>) -> Map<String, Value> {
    if let Some(sink) = body.get_mut("sink").and_then(Value::as_object_mut) {
        sink.retain(|name, _| {
            let name = name.to_ascii_lowercase();
            let secret = [
                "token",
                "apikey",
                "authorization",
                "secret",
                "writekey",
                "password",
            ];
            !secret.iter().any(|word| name.contains(word)) && name != "httpcustomheaders"
        });
    }
    body
}

fn digits(call: &Call) -> u64 {
    let hex = random::hex(&mut call.app.rng(), 12);
    u64::from_str_radix(&hex, 16).unwrap_or_default() % 10_000_000_000_000_000
}

fn id(call: &Call) -> Result<&str, ApiError> {
    let id = call.segment("id");
    let number = id.strip_prefix("lst_");
    if number.is_some_and(|n| n.len() == 16 && n.bytes().all(|b| b.is_ascii_digit())) {
        return Ok(id);
    }
    let cause = "Path validation error: 'Object didn't pass validation for format log-stream-id' \
                 on property id.";
    let refusal = Refusal::new("invalid_uri", cause)
        .expected("lst_ and 16 digits")
        .actual(id);
    Err(ApiError::bad_request("invalid_uri", refusal))
}

fn missing() -> ApiError {
    ApiError::not_found("inexistent_log_stream", "The log stream does not exist")
}
