//! Lists in pages with a search: plain links and a form that is a GET.

use serde::Serialize;
use serde_json::Value;

use super::visit::{Visit, href};

/// Items of one page.
pub(super) const PER_PAGE: u64 = 25;

/// Where a list is: what was searched, and the pages before and after.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Pager {
    /// Where the search form goes.
    action: String,
    /// What was searched.
    q: String,
    /// The first item of this page, from 1; 0 when there is none.
    first: u64,
    last: u64,
    total: u64,
    previous: Option<String>,
    next: Option<String>,
}

impl Pager {
    /// For lists of which no more than `max` items can be turned to: takes the link away that would
    /// lead further. Gives whether there are more.
    pub(super) fn end_at(&mut self, max: u64) -> bool {
        if self.last.saturating_add(PER_PAGE) > max {
            self.next = None;
        }
        self.total > max
    }
}

/// The page of a list that a visit asks for, from 0.
pub(super) fn page_of(visit: &Visit) -> u64 {
    visit.query.number("page").unwrap_or(1).clamp(1, 1_000_000) - 1
}

/// The `page`, `per_page` and `include_totals` of the operation behind a list.
pub(super) fn window(visit: &Visit) -> String {
    let page = page_of(visit);
    format!("page={page}&per_page={PER_PAGE}&include_totals=true")
}

/// Reads the answer of a list with totals: its items, and where it is. `plural` is the member with
/// the items.
pub(super) fn read(visit: &Visit, answer: &Value, plural: &str) -> (Vec<Value>, Pager) {
    let items = answer[plural].as_array().cloned().unwrap_or_default();
    let total = answer["total"].as_u64().unwrap_or_default();
    let (page, count) = (page_of(visit), items.len() as u64);
    let start = page * PER_PAGE;
    let own = href(&visit.path);
    let link = |page: u64| format!("{own}?{}", visit.query.with("page", &page.to_string()));
    let pager = Pager {
        action: own.clone(),
        q: visit.query.get("q").to_owned(),
        first: if count == 0 { 0 } else { start + 1 },
        last: start + count,
        total,
        previous: (page > 0).then(|| link(page)),
        next: (start + count < total).then(|| link(page + 2)),
    };
    (items, pager)
}
