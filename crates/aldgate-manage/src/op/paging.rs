//! Lists in pages: by number for people, by key for programs that read everything.

use aldgate_core::error::Refusal;
use aldgate_jose::{b64, digest};
use aldgate_store::{Page, StoreError};
use serde_json::{Map, Value};

use super::query::wrong;
use super::{ApiError, Call, Reply};

const PER_PAGE: u32 = 50;

/// Items that [`everything`] reads at a time.
const PART: u32 = 1000;

/// The most items that [`everything`] reads: filtered lists end there.
const READ_MAX: usize = 100_000;

/// Which part of a list is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Window {
    /// One page of so many.
    Numbered {
        /// From 0.
        page: u32,
        /// Items a page.
        per_page: u32,
    },
    /// The items behind a key.
    Keyset {
        /// The key; empty at the start.
        after: String,
        /// How many.
        take: u32,
    },
}

/// A list's window, and whether its totals are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Paging {
    /// Which part.
    pub(crate) window: Window,
    /// Whether the answer counts all items.
    pub(crate) totals: bool,
}

impl Paging {
    /// Reads `page`, `per_page`, `include_totals`, `from` and `take`.
    ///
    /// # Errors
    /// When both ways are mixed, or `from` is not a key that this list gave.
    pub(crate) fn of(call: &Call) -> Result<Self, ApiError> {
        let query = &call.query;
        let totals = query.flag("include_totals").unwrap_or(false);
        let keyset = query.get("from").is_some() || query.number("take").is_some();
        if keyset && query.number("page").is_some() {
            let actual = query.get("page").unwrap_or_default();
            return Err(wrong(
                "page",
                "It cannot be combined with from or take",
                actual,
            ));
        }
        let window = if keyset {
            let after = match query.get("from").filter(|from| !from.is_empty()) {
                None => String::new(),
                Some(from) => open(call, from)?,
            };
            let take = query.number("take").unwrap_or(PER_PAGE);
            Window::Keyset { after, take }
        } else {
            Window::Numbered {
                page: query.number("page").unwrap_or(0),
                per_page: query.number("per_page").unwrap_or(PER_PAGE),
            }
        };
        Ok(Self { window, totals })
    }

    /// A key as the value of `next`, for lists that cut their pages themselves.
    pub(crate) fn cursor(call: &Call, key: &str) -> String {
        seal(call, key)
    }

    /// Refuses what lies behind the first `max` items: deep pages cost too much, keys do not.
    ///
    /// # Errors
    /// Says to use `from` and `take`.
    pub(crate) fn within(self, max: u32) -> Result<Self, ApiError> {
        if let Window::Numbered { page, per_page } = self.window
            && page.saturating_add(1).saturating_mul(per_page) > max
        {
            let cause = format!("You can only page through the first {max} records.");
            let refusal = Refusal::new("page", cause)
                .expected(format!("page * per_page below {max}"))
                .actual(&format!("page={page}, per_page={per_page}"))
                .remedy("Read on with from and take, or narrow the search.");
            return Err(ApiError::bad_request("invalid_paging", refusal));
        }
        Ok(self)
    }

    /// The same window in the form of a key: for lists that Auth0 only gives so.
    pub(crate) fn into_keyset(self) -> Self {
        let window = match self.window {
            Window::Numbered { per_page, .. } => Window::Keyset {
                after: String::new(),
                take: per_page,
            },
            keyset => keyset,
        };
        Self { window, ..self }
    }

    /// The store's window: one item more than asked for by key, to know whether there are more.
    pub(crate) fn page(&self) -> Page {
        match &self.window {
            Window::Numbered { page, per_page } => {
                Page::at(page.saturating_mul(*per_page), *per_page)
            }
            Window::Keyset { after, take } => Page::after(after, take + 1),
        }
    }

    /// How many items to skip and how many to take, for lists by number.
    pub(crate) fn skip_and_take(&self) -> (usize, usize) {
        match &self.window {
            Window::Numbered { page, per_page } => {
                let skip = (*page as usize).saturating_mul(*per_page as usize);
                (skip, *per_page as usize)
            }
            Window::Keyset { take, .. } => (0, *take as usize + 1),
        }
    }

    /// The window of a list that is here as a whole, in the order of its keys.
    pub(crate) fn part(&self, all: Vec<(String, Value)>) -> Vec<(String, Value)> {
        self.part_of(all, |(key, _)| key.clone())
    }

    /// As [`Paging::part`], of things that are not views yet.
    pub(crate) fn part_of<T>(&self, all: Vec<T>, key: impl Fn(&T) -> String) -> Vec<T> {
        match &self.window {
            Window::Numbered { page, per_page } => {
                let start = (*page as usize).saturating_mul(*per_page as usize);
                all.into_iter()
                    .skip(start)
                    .take(*per_page as usize)
                    .collect()
            }
            Window::Keyset { after, take } => all
                .into_iter()
                .filter(|item| after.is_empty() || key(item) > *after)
                .take(*take as usize + 1)
                .collect(),
        }
    }

    /// Answers with one window of a list that is here as a whole.
    pub(crate) fn reply_part(&self, call: &Call, plural: &str, all: Vec<(String, Value)>) -> Reply {
        let total = all.len() as u64;
        self.reply(call, plural, self.part(all), total)
    }

    /// Answers with the items that [`Paging::page`] gave, each with its key. `total` matters only
    /// where [`Paging::totals`] asks for it.
    pub(crate) fn reply(
        &self,
        call: &Call,
        plural: &str,
        mut items: Vec<(String, Value)>,
        total: u64,
    ) -> Reply {
        let mut answer = Map::new();
        let mut next = None;
        match &self.window {
            Window::Numbered { page, per_page } => {
                if !self.totals {
                    let items = items.into_iter().map(|(_, item)| call.chosen(item));
                    return Reply::ok(Value::Array(items.collect()));
                }
                answer.insert(
                    "start".into(),
                    (u64::from(*page) * u64::from(*per_page)).into(),
                );
                answer.insert("limit".into(), (*per_page).into());
                answer.insert("length".into(), items.len().into());
                answer.insert("total".into(), total.into());
            }
            Window::Keyset { take, .. } => {
                if items.len() > *take as usize {
                    items.truncate(*take as usize);
                    next = items.last().map(|(key, _)| seal(call, key));
                }
                if self.totals {
                    answer.insert("total".into(), total.into());
                }
            }
        }
        let items = items.into_iter().map(|(_, item)| call.chosen(item));
        answer.insert(plural.to_owned(), items.collect());
        if let Some(next) = next {
            answer.insert("next".into(), next.into());
        }
        Reply::ok(Value::Object(answer))
    }
}

/// Reads a list to its end, page by page; at most [`READ_MAX`] items.
///
/// # Errors
/// The store's.
pub(crate) fn everything<T>(
    key: impl Fn(&T) -> String,
    mut load: impl FnMut(&Page) -> Result<Vec<T>, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let part = load(&Page::after(&after, PART))?;
        let last = part.len() < PART as usize;
        all.extend(part);
        if last || all.len() >= READ_MAX {
            return Ok(all);
        }
        after = all.last().map(&key).unwrap_or_default();
    }
}

/// A key as `next`: bound to tenant and list, so that nobody can make one up (ADM-06).
fn seal(call: &Call, key: &str) -> String {
    let mut bytes = mac(call, key.as_bytes()).to_vec();
    bytes.extend_from_slice(key.as_bytes());
    b64::encode(&bytes)
}

fn open(call: &Call, cursor: &str) -> Result<String, ApiError> {
    let bytes = b64::decode(cursor).unwrap_or_default();
    let key = bytes
        .split_at_checked(16)
        .filter(|(tag, key)| digest::constant_time_eq(tag, &mac(call, key)));
    let key = key.and_then(|(_, key)| String::from_utf8(key.to_vec()).ok());
    key.ok_or_else(|| wrong("from", "Not a value of next that this list gave", cursor))
}

fn mac(call: &Call, key: &[u8]) -> [u8; 16] {
    let mut text = format!("cursor\n{}\n{}\n", call.tenant.id, call.path()).into_bytes();
    text.extend_from_slice(key);
    let full = digest::hmac_sha256(call.app.csrf_key(), &text);
    let mut tag = [0; 16];
    tag.copy_from_slice(&full[..16]);
    tag
}
