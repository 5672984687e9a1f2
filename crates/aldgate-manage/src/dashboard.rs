//! The dashboard, at `{issuer}dashboard/`: pages for people over the operations of the Management
//! API.
//!
//! It is an ordinary application of the tenant. It sends people to `/authorize`, redeems the code
//! with its own credentials, keeps the access token sealed on the server ([`session`]) and finds
//! out at every request who the user is and what her roles permit now. Pages read and write through
//! the operations of the Management API only, in this process and in her name ([`api`]): there is
//! no second way to the data, and nothing here decides about rights.
//!
//! # How to add a page
//!
//! 1. Write `dashboard/things.rs` with `pub(super) fn pages() -> Vec<Page>` and add it to
//!    [`pages`] below. A [`Page`] is one entry of a table: path, title, the operations it
//!    cannot do without (`.needs("GET /things")`), and its place in the navigation (`.nav(…)`).
//!    Who may not call such an operation is told which permission is missing; the entry of the
//!    navigation is not shown to her.
//! 2. Its function takes a [`Visit`], loads with `visit.get("/things?per_page=50").await?`, fills a
//!    struct with what the template needs, and answers `visit.page("things", "Things").show(&view)`.
//!    Refusals of an operation become a page by themselves (`?`).
//! 3. Write `templates/dashboard/things.html`, beginning with
//!    `{% extends "dashboard/shell.html" %}`; fill the block `content`. `page` is your struct;
//!    `d` are the macros of `templates/dashboard/parts.html` (tables, pagers, forms, copyable
//!    values); `can("PATCH /things/{id}")` says whether to offer an action.
//! 4. A form is a [`form::Form`]: a list of fields named as the members of the operation's body. It
//!    shows an entity, reads a submission back into a body with only what changed, and marks the
//!    field that a refusal is about. A page that acts is `act(path, title, run)`; end it with
//!    `visit.go("/things", "Saved.")`. Every form posts `shell.csrf` (macro `d.csrf(shell)`).
//! 5. What destroys something has a page of its own that says what will happen
//!    (`dashboard/confirm.html`).
//!
//! Every page is opened by the tests as an administrator and as users who may do little
//! (`tests/it/dashboard/`), and looked at by axe-core (`interop/e2e/dashboard.test.mjs`).

mod api;
mod confirm;
mod endpoint;
mod engine;
mod events;
mod fault;
mod fields;
mod form;
mod listing;
mod login;
mod lookup;
mod note;
mod page;
mod path;
mod permissions;
mod plot;
mod session;
mod shell;
mod snippets;
mod visit;

mod actions;
mod administrators;
mod apis;
mod applications;
mod branding;
mod connections;
mod email;
mod home;
mod keys;
mod logs;
mod protection;
mod roles;
mod start;
mod tenant;
mod trust;
mod users;

use aldgate_app::App;
use axum::Router;

use page::Page;
use visit::Visit;

/// The routes of the dashboard. `authentication` are those of the public side: the dashboard
/// redeems its codes there, as any application does, without going over the network.
pub fn dashboard(authentication: Router<App>) -> Router<App> {
    shell::router(pages(), authentication)
}

/// Every page, in the order of the navigation.
fn pages() -> Vec<Page> {
    [
        home::pages(),
        start::pages(),
        applications::pages(),
        apis::pages(),
        actions::pages(),
        trust::pages(),
        users::pages(),
        roles::pages(),
        connections::pages(),
        logs::pages(),
        administrators::pages(),
        branding::pages(),
        email::pages(),
        keys::pages(),
        protection::pages(),
        tenant::pages(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
