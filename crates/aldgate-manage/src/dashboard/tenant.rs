//! The tenant itself: its settings, and further host names.

mod domains;
mod settings;

use super::Visit;
use super::page::Page;
use super::visit::{Link, Sheet};

pub(super) fn pages() -> Vec<Page> {
    let mut all = settings::pages();
    all.extend(domains::pages());
    all
}

/// Begins a page about the tenant, with its tabs.
fn sheet<'v>(visit: &'v Visit, template: &'static str, tab: &str) -> Sheet<'v> {
    let tabs = [
        ("Settings", "/tenant", "GET /tenants/settings"),
        ("Custom domains", "/tenant/domains", "GET /custom-domains"),
    ];
    let tabs = tabs
        .into_iter()
        .filter(|(_, _, operation)| visit.can(operation));
    let tabs = tabs.map(|(label, path, _)| Link::to(label, path));
    visit.page(template, "Tenant").tabs(tabs.collect(), tab)
}
