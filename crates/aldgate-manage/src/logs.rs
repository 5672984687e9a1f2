//! `/logs`: the tenant log, searched newest first or read on from a checkpoint.

use aldgate_core::error::Refusal;
use aldgate_core::event::{Event, EventType};
use aldgate_core::id::{ClientId, EventId, UserId};
use aldgate_core::search::{EVENTS, Narrowed, Query};
use aldgate_core::tenant::Tenant;
use aldgate_store::{EventFilter, Page, StoreError, Tx};
use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::op::schema::{array, free, open, string, time};
use crate::op::{ApiError, Call, FIELDS, Operation, PAGES, Paging, Reply, get, integer, text};
use crate::users::search_refused;

/// Events read at once while a query is decided, and how many one search may look at.
const BATCH: u32 = 500;
const ROWS_MAX: u32 = 50_000;

pub(crate) fn operations() -> Vec<Operation> {
    vec![
        get("/logs", "Search log events", list)
            .scopes(&["read:logs", "read:logs_users"])
            .query(PAGES)
            .query(FIELDS)
            .query([
                text("q"),
                text("search"),
                text("sort"),
                text("from"),
                integer("take", 1, 100),
            ])
            .answers(json!({"anyOf": [array(shape()), free()]})),
        get("/logs/{id}", "Get a log event", read)
            .scopes(&["read:logs", "read:logs_users"])
            .answers(shape()),
    ]
}

async fn read(call: Call) -> Result<Reply, ApiError> {
    let id: EventId = call.id("id")?;
    let load = move |tx: &mut Tx<'_>| tx.events().by_id(&id);
    let found = call.app.store.read(&call.tenant.id, load).await?;
    let event = found
        .ok_or_else(|| ApiError::not_found("inexistent_log", "The log event does not exist."))?;
    Ok(Reply::ok(view(&event, &call.tenant)))
}

async fn list(call: Call) -> Result<Reply, ApiError> {
    if call.query.get("from").is_some() || call.query.number("take").is_some() {
        return checkpoint(call).await;
    }
    newest_first(&call)?;
    let paging = Paging::of(&call)?.within(1000)?;
    let q = call.query.get("q").or_else(|| call.query.get("search"));
    let query = Query::parse(q.unwrap_or_default(), &EVENTS).map_err(search_refused)?;
    let filter = filter(&query.narrow());
    let (events, total) = match (query, filter) {
        (_, None) => (Vec::new(), 0),
        (Query::All, Some(filter)) => plain(&call, &paging, filter).await?,
        (query, Some(filter)) => searched(&call, &paging, filter, &query).await?,
    };
    let items = events.into_iter();
    let items = items.map(|event| (event.id.to_string(), view(&event, &call.tenant)));
    Ok(paging.reply(&call, "logs", items.collect(), total))
}

/// Reads on behind the event `from`, oldest first: a bare list, as Auth0 answers.
async fn checkpoint(call: Call) -> Result<Reply, ApiError> {
    let from = call.query.get("from").filter(|from| !from.is_empty());
    let from = from.map(EventId::parse).transpose()?;
    let take = call.query.number("take").unwrap_or(50);
    let load = move |tx: &mut Tx<'_>| tx.events().after(from.as_ref(), take);
    let events = call.app.store.read(&call.tenant.id, load).await?;
    let items = events
        .iter()
        .map(|event| call.chosen(view(event, &call.tenant)));
    Ok(Reply::ok(items.collect()))
}

/// One page of the events that a filter of the store finds, and how many there are if that is
/// asked.
///
/// # Errors
/// The store's.
pub(crate) async fn plain(
    call: &Call,
    paging: &Paging,
    filter: EventFilter,
) -> Result<(Vec<Event>, u64), ApiError> {
    let (page, totals) = (paging.page(), paging.totals);
    let load = move |tx: &mut Tx<'_>| {
        let events = tx.events().search(&filter, &page)?;
        let total = if totals {
            tx.events().count(&filter)?
        } else {
            0
        };
        Ok::<_, StoreError>((events, total))
    };
    Ok(call.app.store.read(&call.tenant.id, load).await?)
}

/// Walks through what the indexes leave over, and decides the rest here.
async fn searched(
    call: &Call,
    paging: &Paging,
    filter: EventFilter,
    query: &Query,
) -> Result<(Vec<Event>, u64), ApiError> {
    let (skip, wanted) = paging.skip_and_take();
    let (mut found, mut matched, mut read) = (Vec::new(), 0, 0);
    loop {
        let (part, page) = (filter.clone(), Page::at(read, BATCH));
        let load = move |tx: &mut Tx<'_>| tx.events().search(&part, &page);
        let events = call.app.store.read(&call.tenant.id, load).await?;
        let end = events.len() < BATCH as usize;
        for event in events {
            if query.matches(&view(&event, &call.tenant)) {
                matched += 1;
                if matched > skip && found.len() < wanted {
                    found.push(event);
                }
            }
        }
        if end || !paging.totals && found.len() >= wanted {
            return Ok((found, matched as u64));
        }
        read += BATCH;
        if read >= ROWS_MAX {
            let cause = "The search looks at too many events to finish in time.";
            let refusal = Refusal::new("query_timeout", cause)
                .expected(format!("an answer among {ROWS_MAX} events"))
                .remedy(
                    "Add a condition that an index can use, joined by AND: type, user_id, \
                     client_id, support_code, or a range of date.",
                );
            let status = StatusCode::SERVICE_UNAVAILABLE;
            return Err(ApiError::new(status, Some("query_timeout"), refusal));
        }
    }
}

/// What the store's indexes can narrow; `None` when nothing can match.
fn filter(narrowed: &Narrowed) -> Option<EventFilter> {
    let kind = |code: &str| {
        EventType::ALL
            .iter()
            .copied()
            .find(|kind| kind.code() == code)
    };
    let mut filter = EventFilter::default();
    if let Some(code) = &narrowed.kind {
        filter.kinds.push(kind(code)?);
    }
    if let Some(id) = &narrowed.client_id {
        filter.client_id = Some(ClientId::parse(id).ok()?);
    }
    if let Some(id) = &narrowed.user_id {
        filter.user_id = Some(UserId::parse(id).ok()?);
    }
    filter.support_code.clone_from(&narrowed.support_code);
    if let Some((from, until)) = narrowed.created {
        (filter.from, filter.until) = (Some(from), Some(until));
    }
    Some(filter)
}

/// Refuses an order other than Auth0's default, which is the only one with an index.
///
/// # Errors
/// 400.
pub(crate) fn newest_first(call: &Call) -> Result<(), ApiError> {
    match call.query.get("sort") {
        None | Some("" | "date:-1") => Ok(()),
        Some(other) => {
            let cause = "Query validation error: 'Not a sort order' on property sort.";
            let refusal = Refusal::new("sort", cause)
                .expected("date:-1")
                .actual(other)
                .remedy("To read oldest first, use from and take.");
            Err(ApiError::bad_request("invalid_query_string", refusal))
        }
    }
}

/// An event on the wire (Auth0: log events).
pub(crate) fn view(event: &Event, tenant: &Tenant) -> Value {
    let mut item = Map::new();
    item.insert("date".into(), event.at.iso8601().into());
    item.insert("type".into(), event.kind.code().into());
    item.insert("description".into(), event.description.clone().into());
    let texts = [
        ("connection", event.connection.clone()),
        (
            "client_id",
            event.client_id.as_ref().map(ToString::to_string),
        ),
        ("client_name", event.client_name.clone()),
        ("ip", Some(event.ip.clone()).filter(|ip| !ip.is_empty())),
        (
            "user_agent",
            Some(event.user_agent.clone()).filter(|agent| !agent.is_empty()),
        ),
        ("user_id", event.user_id.as_ref().map(ToString::to_string)),
        ("user_name", event.user_name.clone()),
        ("audience", event.audience.clone()),
        ("scope", event.scope.clone()),
        ("support_code", event.support_code.clone()),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            item.insert(name.into(), text.into());
        }
    }
    item.insert("hostname".into(), tenant.issuer.authority().into());
    item.insert(
        "isMobile".into(),
        event.user_agent.contains("Mobile").into(),
    );
    let mut details = match &event.detail {
        Value::Object(members) => members.clone(),
        _ => Map::new(),
    };
    if let Some(refusal) = &event.refusal {
        details.insert("refusal".into(), json!(refusal));
    }
    if !details.is_empty() {
        item.insert("details".into(), details.into());
    }
    item.insert("log_id".into(), event.id.as_str().into());
    item.insert("_id".into(), event.id.as_str().into());
    Value::Object(item)
}

fn shape() -> Value {
    open(
        [
            ("log_id", string()),
            ("date", time()),
            ("type", string()),
            ("description", string()),
        ],
        &[],
    )
}
