//! Attack protection: the brakes on guessing that logins act on, and what they hold up now.

mod blocks;
mod settings;

use super::Visit;
use super::page::Page;
use super::visit::{Link, Sheet};

pub(super) fn pages() -> Vec<Page> {
    let mut all = settings::pages();
    all.extend(blocks::pages());
    all
}

/// Begins a page, with its tabs.
fn sheet<'v>(visit: &'v Visit, template: &'static str, tab: &str) -> Sheet<'v> {
    let tabs = [
        (
            "Guessing one account",
            "/protection",
            "GET /attack-protection/brute-force-protection",
        ),
        (
            "Suspicious addresses",
            "/protection/addresses",
            "GET /attack-protection/suspicious-ip-throttling",
        ),
        ("Blocked now", "/protection/blocks", "GET /anomaly/blocks"),
    ];
    let tabs = tabs
        .into_iter()
        .filter(|(_, _, operation)| visit.can(operation))
        .map(|(label, path, _)| Link::to(label, path));
    visit
        .page(template, "Attack protection")
        .tabs(tabs.collect(), tab)
}
