//! `/stats`: how many users are active, and what happened day by day.

use aldgate_core::error::Refusal;
use aldgate_core::event::EventType;
use aldgate_core::time::{Seconds, Timestamp};
use aldgate_store::{EventFilter, StoreError, Tx};
use serde_json::{Value, json};

use crate::op::schema::{array, count, open, string};
use crate::op::{ApiError, Call, Operation, Reply, get, text};

/// Users count as active for so long after a login (Auth0: 30 days).
const ACTIVE: Seconds = Seconds::days(30);

/// The most days of one answer.
const DAYS_MAX: u64 = 366;

/// What issues tokens at the token endpoint.
const TOKENS: &[EventType] = &[
    EventType::CodeExchange,
    EventType::ClientCredentials,
    EventType::RefreshExchange,
    EventType::PasswordExchange,
];

/// Days of an answer that says neither from nor to.
const DAYS: u64 = 30;

pub(crate) fn operations() -> Vec<Operation> {
    let day = open(
        [
            ("date", string()),
            ("logins", count()),
            ("signups", count()),
            ("failures", count()),
            ("tokens", count()),
        ],
        &["date", "logins", "signups", "leaked_passwords"],
    );
    vec![
        get("/stats/active-users", "Count active users", active_users)
            .scopes(&["read:stats"])
            .answers(json!({"type": "integer", "minimum": 0})),
        get("/stats/daily", "Count logins and sign-ups by day", daily)
            .scopes(&["read:stats"])
            .query([text("from"), text("to")])
            .answers(array(day)),
    ]
}

async fn active_users(call: Call) -> Result<Reply, ApiError> {
    let since = call.now - ACTIVE;
    let load = move |tx: &mut Tx<'_>| tx.users().count_active(since);
    let active = call.app.store.read(&call.tenant.id, load).await?;
    Ok(Reply::ok(active.into()))
}

async fn daily(call: Call) -> Result<Reply, ApiError> {
    let last = day(&call, "to")?.unwrap_or_else(|| midnight(call.now));
    let first = day(&call, "from")?;
    let first = first.unwrap_or_else(|| last - Seconds::days(DAYS - 1));
    if last < first || last.since(first) >= Seconds::days(DAYS_MAX) {
        let cause = "Query validation error: 'Not a span of days' on property from.";
        let refusal = Refusal::new("from", cause)
            .expected(format!("from not after to, at most {DAYS_MAX} days"))
            .actual(&format!("from={first}, to={last}"));
        return Err(ApiError::bad_request("invalid_query_string", refusal));
    }
    let failures: Vec<EventType> = EventType::ALL
        .iter()
        .copied()
        .filter(|kind| kind.is_failure())
        .collect();
    let load = move |tx: &mut Tx<'_>| {
        let (mut days, mut at) = (Vec::new(), first);
        while at <= last {
            let next = at + Seconds::days(1);
            let counts = [
                counted(tx, &[EventType::Login], at, next)?,
                tx.users().count_created(at, next)?,
                counted(tx, &failures, at, next)?,
                counted(tx, TOKENS, at, next)?,
            ];
            days.push((at, counts));
            at = next;
        }
        Ok::<_, StoreError>(days)
    };
    let days = call.app.store.read(&call.tenant.id, load).await?;
    let now = call.now.iso8601();
    let items = days
        .into_iter()
        .map(|(at, [logins, signups, failures, tokens])| {
            json!({
                "date": at.iso8601(),
                "logins": logins,
                "signups": signups,
                "leaked_passwords": 0,
                "failures": failures,
                "tokens": tokens,
                "created_at": at.iso8601(),
                "updated_at": now,
            })
        });
    Ok(Reply::ok(items.collect::<Value>()))
}

fn counted(
    tx: &mut Tx<'_>,
    kinds: &[EventType],
    from: Timestamp,
    until: Timestamp,
) -> Result<u64, StoreError> {
    tx.events().count(&EventFilter {
        kinds: kinds.to_vec(),
        from: Some(from),
        until: Some(until),
        ..EventFilter::default()
    })
}

/// Reads `YYYYMMDD`.
fn day(call: &Call, name: &'static str) -> Result<Option<Timestamp>, ApiError> {
    let Some(text) = call.query.get(name) else {
        return Ok(None);
    };
    let digits = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    let parsed = digits
        .then(|| format!("{}-{}-{}T00:00:00Z", &text[..4], &text[4..6], &text[6..]))
        .and_then(|iso| Timestamp::parse_iso8601(&iso).ok());
    parsed.map(Some).ok_or_else(|| {
        let cause = format!("Query validation error: 'Not a day' on property {name}.");
        let refusal = Refusal::new("day", cause).expected("YYYYMMDD").actual(text);
        ApiError::bad_request("invalid_query_string", refusal)
    })
}

fn midnight(at: Timestamp) -> Timestamp {
    Timestamp::from_seconds(at.seconds() - at.seconds().rem_euclid(86_400))
}
