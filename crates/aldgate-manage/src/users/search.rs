//! Finding users: the index that helps most is walked, and what it cannot tell is decided here,
//! over bounded batches within a budget.

use std::time::Duration;

use aldgate_core::error::Refusal;
use aldgate_core::search::{Query, USERS};
use aldgate_core::user::User;
use aldgate_jose::{b64, digest};
use aldgate_store::{StoreError, Tx, UserOrder, UserPlace, UserWalk, WalkedUser};
use http::StatusCode;
use serde_json::Value;

use crate::op::{ApiError, Call, Paging, Window};

/// Users whose documents one search may look at, and the time it may take (Auth0: 2 s).
const ROWS_MAX: usize = 100_000;
const TIME_MAX: Duration = Duration::from_secs(2);

/// Users read at once.
const BATCH: u32 = 500;

/// Orders that have an index, by what `sort` calls them.
const SORTS: [(&str, UserOrder); 6] = [
    ("user_id", UserOrder::Id),
    ("email", UserOrder::Email),
    ("name", UserOrder::Name),
    ("created_at", UserOrder::CreatedAt),
    ("updated_at", UserOrder::UpdatedAt),
    ("last_login", UserOrder::LastLogin),
];

/// A search that was read.
pub(super) struct Search {
    query: Query,
    walk: Option<UserWalk>,
    /// What `next` is bound to besides tenant and list.
    mark: String,
}

/// What a search found: each user with where she stands, and how many there are if that was asked.
pub(super) struct Found {
    pub(super) users: Vec<(String, User)>,
    pub(super) total: u64,
}

impl Search {
    /// Reads `q`, `sort` and `connection`.
    pub(super) async fn of(call: &Call) -> Result<Self, ApiError> {
        let (q, sort) = (call.query.get("q"), call.query.get("sort"));
        let query = Query::parse(q.unwrap_or_default(), &USERS).map_err(refused)?;
        let mut narrowed = query.narrow();
        let by_connection = call.query.get("connection").map(str::to_owned);
        narrowed.connection = by_connection.clone().or(narrowed.connection);
        let sort = sort
            .filter(|sort| !sort.is_empty())
            .map(order)
            .transpose()?;
        let connection = match &narrowed.connection {
            Some(name) => Some(call.app.connection_by_name(&call.tenant.id, name).await?),
            None => None,
        };
        let nobody = matches!(connection, Some(None));
        let connection = connection.flatten().map(|found| found.id.clone());
        let query = match by_connection {
            // The parameter is one more condition.
            Some(name) => {
                let term = format!("identities.connection:\"{}\"", name.replace('"', "\\\""));
                let term = Query::parse(&term, &USERS).map_err(refused)?;
                Query::And(vec![query, term])
            }
            None => query,
        };
        let walk = (!nobody).then(|| plan(&narrowed, connection, sort));
        let mark = format!(
            "{}\n{}",
            q.unwrap_or_default(),
            call.query.get("sort").unwrap_or_default()
        );
        let mark = b64::encode(&digest::sha256(mark.as_bytes())[..9]);
        Ok(Self { query, walk, mark })
    }

    /// Finds the users of a window.
    pub(super) async fn run(&self, call: &Call, paging: &Paging) -> Result<Found, ApiError> {
        let Some(walk) = &self.walk else {
            let (users, total) = (Vec::new(), 0);
            return Ok(Found { users, total });
        };
        let running = self.collect(call, paging, walk);
        match tokio::time::timeout(TIME_MAX, running).await {
            Ok(found) => found,
            Err(_) => Err(too_long()),
        }
    }

    async fn collect(
        &self,
        call: &Call,
        paging: &Paging,
        walk: &UserWalk,
    ) -> Result<Found, ApiError> {
        let (skip, wanted, mut after) = self.window(paging)?;
        let all = self.query == Query::All && matches!(walk.order, UserOrder::CreatedAt);
        let counting = paging.totals && !all;
        let (mut users, mut matched, mut read) = (Vec::new(), 0, 0);
        loop {
            let rest = u32::try_from(skip + wanted - matched.min(skip + wanted)).unwrap_or(BATCH);
            let batch = match self.query {
                Query::All if !counting => rest.clamp(1, BATCH),
                _ => BATCH,
            };
            let walked = step(call, walk, after.take(), batch).await?;
            let end = walked.len() < batch as usize;
            read += walked.len();
            after = walked.last().map(|last| last.place.clone());
            for WalkedUser { place, document } in walked {
                if !self.query.matches(&document) {
                    continue;
                }
                matched += 1;
                if matched > skip && users.len() < wanted {
                    users.push((self.key(&place), person(document)?));
                }
            }
            if end || !counting && users.len() >= wanted {
                break;
            }
            if read >= ROWS_MAX {
                return Err(too_long());
            }
        }
        let total = match paging.totals && all {
            true => {
                call.app
                    .store
                    .read(&call.tenant.id, |tx| tx.users().count_all())
                    .await?
            }
            false => matched as u64,
        };
        Ok(Found { users, total })
    }

    /// How many matches to skip, how many to take, and behind which place to begin.
    fn window(&self, paging: &Paging) -> Result<(usize, usize, Option<UserPlace>), ApiError> {
        Ok(match &paging.window {
            Window::Numbered { page, per_page } => {
                let skip = (*page as usize).saturating_mul(*per_page as usize);
                (skip, *per_page as usize, None)
            }
            Window::Keyset { after, take } => {
                let place = match after.as_str() {
                    "" => None,
                    key => Some(self.place(key).ok_or_else(other_list)?),
                };
                (0, *take as usize + 1, place)
            }
        })
    }

    fn key(&self, place: &UserPlace) -> String {
        let UserPlace { number, text, id } = place;
        format!("{}\u{1f}{number}\u{1f}{id}\u{1f}{text}", self.mark)
    }

    fn place(&self, key: &str) -> Option<UserPlace> {
        let mut parts = key.splitn(4, '\u{1f}');
        let ours = parts.next()? == self.mark;
        let number = parts.next()?.parse().ok()?;
        let (id, text) = (parts.next()?.to_owned(), parts.next()?.to_owned());
        ours.then_some(UserPlace { number, text, id })
    }
}

async fn step(
    call: &Call,
    walk: &UserWalk,
    after: Option<UserPlace>,
    limit: u32,
) -> Result<Vec<WalkedUser>, StoreError> {
    let walk = walk.clone();
    let read = move |tx: &mut Tx<'_>| tx.users().walk(&walk, after.as_ref(), limit);
    call.app.store.read(&call.tenant.id, read).await
}

/// Chooses the index: the one that `sort` wants, or the one that narrows most.
fn plan(
    narrowed: &aldgate_core::search::Narrowed,
    connection: Option<aldgate_core::id::ConnectionId>,
    sort: Option<(UserOrder, bool)>,
) -> UserWalk {
    if let Some(email) = &narrowed.email {
        let mut walk = UserWalk::all(UserOrder::Email, false);
        walk.keys.0 = UserPlace::before(email);
        walk.keys.1.text.clone_from(email);
        return walk;
    }
    let spans = [
        (UserOrder::CreatedAt, narrowed.created),
        (UserOrder::UpdatedAt, narrowed.updated),
        (UserOrder::LastLogin, narrowed.last_login),
    ];
    let prefixes = [
        (UserOrder::Email, &narrowed.email_prefix),
        (UserOrder::Name, &narrowed.name_prefix),
        (UserOrder::Id, &narrowed.user_id),
    ];
    let helpful = || {
        let prefix = prefixes.iter().find(|(_, prefix)| prefix.is_some());
        let span = spans.iter().find(|(_, span)| span.is_some());
        prefix
            .map(|(order, _)| order)
            .or_else(|| span.map(|(order, _)| order))
            .cloned()
    };
    let (order, descending) = match sort {
        Some(sort) => sort,
        None => match (helpful(), connection, narrowed.blocked) {
            (Some(UserOrder::CreatedAt), ..) => (UserOrder::CreatedAt, true),
            (Some(order), ..) => (order, false),
            (None, Some(connection), _) => (UserOrder::Of(connection), false),
            (None, None, Some(true)) => (UserOrder::Blocked, false),
            _ => (UserOrder::CreatedAt, true),
        },
    };
    let mut walk = UserWalk::all(order, descending);
    if let Some((_, Some((from, until)))) = spans.iter().find(|(order, _)| *order == walk.order) {
        walk.keys.0.number = from.micros();
        // `until` itself is out, but what it leaves over is decided by the query.
        walk.keys.1.number = until.micros();
    }
    if let Some((order, Some(prefix))) = prefixes.iter().find(|(order, _)| *order == walk.order) {
        (walk.keys.0, walk.keys.1) = (UserPlace::before(prefix), UserPlace::behind(prefix));
        if *order == UserOrder::Id {
            walk.keys.0.id = prefix[..prefix.len() - last_width(prefix)].to_owned();
            walk.keys.1.id.clone_from(prefix);
        }
    }
    walk
}

/// The bytes of the last character.
fn last_width(text: &str) -> usize {
    text.chars().next_back().map_or(0, char::len_utf8)
}

/// Reads `field:1` or `field:-1`.
fn order(sort: &str) -> Result<(UserOrder, bool), ApiError> {
    let parsed = sort.rsplit_once(':').and_then(|(field, direction)| {
        let (_, order) = SORTS.iter().find(|(name, _)| *name == field)?;
        match direction {
            "1" => Some((order.clone(), false)),
            "-1" => Some((order.clone(), true)),
            _ => None,
        }
    });
    parsed.ok_or_else(|| {
        let names: Vec<&str> = SORTS.iter().map(|(name, _)| *name).collect();
        let refusal = Refusal::new(
            "sort",
            "Query validation error: 'Not a sort order' on property sort.",
        )
        .expected(format!("one of {}, then :1 or :-1", names.join(", ")))
        .actual(sort)
        .remedy("Sort by a field that has an index.");
        ApiError::bad_request("invalid_query_string", refusal)
    })
}

fn person(document: Value) -> Result<User, ApiError> {
    serde_json::from_value(document).map_err(|error| {
        tracing::error!(%error, "a stored user cannot be read");
        StoreError::unavailable("a stored user cannot be read").into()
    })
}

/// 400 for a query that cannot be read.
pub(crate) fn refused(mut refusal: Refusal) -> ApiError {
    refusal.cause = format!("Query validation error: '{}' on property q.", refusal.cause).into();
    ApiError::bad_request("invalid_query_string", refusal)
}

fn other_list() -> ApiError {
    let cause = "Query validation error: 'It belongs to another search' on property from.";
    let refusal = Refusal::new("from", cause)
        .remedy("Send q and sort as they were when this next was given, or begin anew.");
    ApiError::bad_request("invalid_query_string", refusal)
}

/// 503: the search looked at too much (Auth0: after 2 s).
pub(crate) fn too_long() -> ApiError {
    let cause = "The search looks at too many users to finish in time.";
    let refusal = Refusal::new("query_timeout", cause)
        .expected(format!(
            "an answer among {ROWS_MAX} users, within {} s",
            TIME_MAX.as_secs()
        ))
        .remedy(
            "Add a condition that an index can use, joined by AND: email, email or name with a \
             wildcard at the end, user_id, identities.connection, blocked:true, or a range of \
             created_at, updated_at or last_login. Leave include_totals out.",
        );
    ApiError::new(
        StatusCode::SERVICE_UNAVAILABLE,
        Some("query_timeout"),
        refusal,
    )
}
