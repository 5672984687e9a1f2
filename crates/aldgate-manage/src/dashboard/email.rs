//! Mail: who carries it, and what it says.

mod preview;
mod provider;
mod reset;
mod template;
mod test;

use super::Visit;
use super::page::Page;
use super::visit::{Link, Sheet};

pub(super) fn pages() -> Vec<Page> {
    let mut all = provider::pages();
    all.extend(test::pages());
    all.extend(template::pages());
    all.extend(preview::pages());
    all.extend(reset::pages());
    all
}

/// Begins a page about mail, with its tabs.
fn sheet<'v>(visit: &'v Visit, template: &'static str, tab: &str) -> Sheet<'v> {
    let tabs = [
        ("Provider", "/email", "GET /emails/provider"),
        (
            "Templates",
            "/email/templates",
            "GET /email-templates/{templateName}",
        ),
    ];
    let tabs = tabs
        .into_iter()
        .filter(|(_, _, operation)| visit.can(operation));
    let tabs = tabs.map(|(label, path, _)| Link::to(label, path));
    visit.page(template, "E-mail").tabs(tabs.collect(), tab)
}
