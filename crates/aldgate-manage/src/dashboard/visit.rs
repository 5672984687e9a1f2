//! One visit of a page by somebody who is logged in: what the page's function may look at, and how
//! it answers.

use std::collections::BTreeMap;
use std::sync::Arc;

use aldgate_app::App;
use aldgate_app::extract::{Caller, CookieJar, Tenant, csrf_token};
use aldgate_app::page::Brand;
use aldgate_app::respond::see_other;
use aldgate_core::time::Timestamp;
use axum::response::Response;
use http::header::SET_COOKIE;
use http::{Method, StatusCode};
use minijinja::value::Serde;
use minijinja::{Value as View, context};
use serde::Serialize;
use serde_json::Value;

use super::api::{self, Refused};
use super::fault::Fault;
use super::fields::Fields;
use super::shell::Desk;
use super::{endpoint, engine, note};
use crate::local::Local;
use crate::op::{Actor, Who};

/// The form name to which the dashboard's CSRF tokens are bound (WEB-01).
pub(super) const FORM: &str = "dashboard";

/// One visit of a page.
#[derive(Clone)]
pub(super) struct Visit {
    pub(super) app: App,
    pub(super) tenant: Tenant,
    /// Who it is and what she may do now.
    pub(super) actor: Actor,
    pub(super) now: Timestamp,
    /// The query of the address.
    pub(super) query: Fields,
    /// The form, of pages that act.
    pub(super) form: Fields,
    pub(super) desk: Arc<Desk>,
    pub(super) api: Local,
    pub(super) caller: Caller,
    /// The path that was asked for.
    pub(super) path: String,
    pub(super) segments: BTreeMap<String, String>,
    /// The cookie's value.
    pub(super) session: String,
    pub(super) cookies: CookieJar,
}

/// A step of the way to a page, or an entry of tabs.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Link {
    pub(super) label: String,
    pub(super) href: String,
    pub(super) current: bool,
}

/// A heading of the navigation with its pages.
#[derive(Clone, Debug, Serialize)]
struct Section {
    label: Option<&'static str>,
    entries: Vec<Link>,
}

/// A page on its way: title, breadcrumbs, tabs.
pub(super) struct Sheet<'v> {
    visit: &'v Visit,
    template: &'static str,
    title: String,
    crumbs: Vec<Link>,
    tabs: Vec<Link>,
    status: StatusCode,
}

impl Link {
    /// A link to a page; `path` is below `/dashboard`.
    pub(super) fn to(label: impl Into<String>, path: &str) -> Self {
        Self {
            label: label.into(),
            href: href(path),
            current: false,
        }
    }
}

/// The address of a page; `path` is below `/dashboard`.
pub(super) fn href(path: &str) -> String {
    format!("/dashboard{path}")
}

impl Visit {
    /// A segment of the path, decoded.
    pub(super) fn segment(&self, name: &str) -> &str {
        self.segments.get(name).map_or("", String::as_str)
    }

    /// Whether an operation may be called, as `PATCH /clients/{id}`: whether to offer it.
    pub(super) fn can(&self, operation: &str) -> bool {
        self.desk.rights.permit(&self.actor, operation)
    }

    /// Reads by an operation; `path` begins after `/api/v2`.
    ///
    /// # Errors
    /// What the operation refused.
    pub(super) async fn get(&self, path: &str) -> Result<Value, Refused> {
        api::call(&self.api, Method::GET, path, None).await
    }

    /// Reads by an operation if it may be called; `null` if not.
    ///
    /// # Errors
    /// What the operation refused for another reason than a missing permission.
    pub(super) async fn get_if_permitted(&self, path: &str) -> Result<Value, Refused> {
        match self.get(path).await {
            Err(refused) if refused.status == StatusCode::FORBIDDEN => Ok(Value::Null),
            other => other,
        }
    }

    /// Does an operation with a body.
    ///
    /// # Errors
    /// What the operation refused.
    pub(super) async fn send(
        &self,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Result<Value, Refused> {
        api::call(&self.api, method, path, Some(body)).await
    }

    /// Does an operation without a body.
    ///
    /// # Errors
    /// What the operation refused.
    pub(super) async fn delete(&self, path: &str) -> Result<Value, Refused> {
        api::call(&self.api, Method::DELETE, path, None).await
    }

    /// Asks the tenant's token endpoint, as an application does.
    ///
    /// # Errors
    /// What the endpoint refused.
    pub(super) async fn token(&self, fields: &[(&str, &str)]) -> Result<Value, Refused> {
        self.ask("/oauth/token", fields).await
    }

    /// Asks an endpoint of the public side, as an application does.
    ///
    /// # Errors
    /// What the endpoint refused.
    pub(super) async fn ask(&self, path: &str, fields: &[(&str, &str)]) -> Result<Value, Refused> {
        let who = (&self.app, &self.tenant, &self.caller);
        endpoint::post(&self.desk, who, path, fields).await
    }

    /// Begins the answer: a page made by `dashboard/{template}.html`.
    pub(super) fn page(&self, template: &'static str, title: impl Into<String>) -> Sheet<'_> {
        Sheet {
            visit: self,
            template,
            title: title.into(),
            crumbs: Vec::new(),
            tabs: Vec::new(),
            status: StatusCode::OK,
        }
    }

    /// Answers by going to another page, which says `text` once; `path` is below `/dashboard`.
    pub(super) fn go(&self, path: &str, text: &str) -> Response {
        let mut response = see_other(&href(path));
        let cookie = note::carry(&self.app, &self.tenant, &self.session, text);
        response.headers_mut().append(SET_COOKIE, cookie);
        response
    }

    /// The page that tells of a fault.
    pub(super) fn fault(&self, fault: &Fault) -> Response {
        let (title, refused, missing) = match fault {
            Fault::Missing(scopes) => ("You may not do this", None, scopes.clone()),
            Fault::NotFound => ("There is no such page", None, Vec::new()),
            Fault::Forged => ("This form has expired", None, Vec::new()),
            Fault::Refused(refused) => ("This did not work", Some(refused), Vec::new()),
        };
        let view = context! {
            kind => match fault {
                Fault::Missing(_) => "missing",
                Fault::NotFound => "not_found",
                Fault::Forged => "forged",
                Fault::Refused(_) => "refused",
            },
            missing,
            cause => refused.map(|refused| refused.cause.clone()),
            expected => refused.and_then(|refused| refused.expected.clone()),
            actual => refused.and_then(|refused| refused.actual.clone()),
            remedy => refused.and_then(|refused| refused.remedy.clone()),
        };
        let sheet = self.page("fault", title).status(fault.status());
        sheet.render(view)
    }

    fn navigation(&self) -> Vec<Section> {
        let entries = |group| {
            let pages = self.desk.pages.iter();
            let of_group = pages.filter(move |page| page.group == Some(group));
            let permitted = of_group.filter(|page| page.needs.iter().all(|need| self.can(need)));
            permitted.map(|page| Link {
                current: is_within(&self.path, page.path),
                ..Link::to(page.title, page.path)
            })
        };
        let sections = super::page::Group::ALL.map(|group| Section {
            label: group.label(),
            entries: entries(group).collect(),
        });
        let filled = sections.into_iter();
        filled
            .filter(|section| !section.entries.is_empty())
            .collect()
    }

    /// Her name, as the menu shows it.
    fn user(&self) -> &str {
        match self.actor.who() {
            Who::User { name, .. } | Who::Application { name, .. } => name,
            Who::Operator => "Operator",
        }
    }
}

/// Whether the page at `path` belongs to the entry at `entry`.
fn is_within(path: &str, entry: &str) -> bool {
    let rest = path.strip_prefix(entry);
    entry != "/" && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        || entry == path
}

impl Sheet<'_> {
    /// A step of the way here: breadcrumbs, outermost first. `path` is below `/dashboard`.
    pub(super) fn under(mut self, label: impl Into<String>, path: &str) -> Self {
        self.crumbs.push(Link::to(label, path));
        self
    }

    /// Tabs: label and path below `/dashboard`; the one at `current` is marked.
    pub(super) fn tabs(mut self, tabs: Vec<Link>, current: &str) -> Self {
        let current = href(current);
        self.tabs = tabs;
        for tab in &mut self.tabs {
            tab.current = tab.href == current;
        }
        self
    }

    /// Another status than 200.
    pub(super) fn status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Answers with what the template needs, as `page`.
    pub(super) fn show<T: Serialize>(self, view: &T) -> Response {
        let view = View::from(Serde(view));
        self.render(view)
    }

    fn render(self, view: View) -> Response {
        let visit = self.visit;
        let settings = &visit.tenant.settings;
        let name = settings.friendly_name.as_deref().unwrap_or("Aldgate");
        let said = note::read(&visit.app, &visit.tenant, &visit.session, &visit.cookies);
        let (desk, actor) = (Arc::clone(&visit.desk), visit.actor.clone());
        let can = move |operation: &str| {
            debug_assert!(desk.rights.scopes(operation).is_some(), "{operation}");
            desk.rights.permit(&actor, operation)
        };
        let context = context! {
            page => view,
            lang => "en",
            dir => "ltr",
            brand => View::from(Serde(&Brand::named(name))),
            can => View::from_function(can),
            shell => context! {
                title => self.title,
                crumbs => View::from(Serde(&self.crumbs)),
                tabs => View::from(Serde(&self.tabs)),
                sections => View::from(Serde(&visit.navigation())),
                user => visit.user(),
                issuer => visit.tenant.issuer.as_str(),
                domain => visit.tenant.issuer.authority(),
                csrf => csrf_token(visit.app.csrf_key(), &visit.session, FORM),
                note => said,
                doctor => visit.app.config.server.token_doctor,
            },
        };
        let mut response = engine::reply(self.status, self.template, context);
        if said_something(&visit.cookies, visit) {
            let forget = note::forget(&visit.tenant);
            response.headers_mut().append(SET_COOKIE, forget);
        }
        response
    }
}

fn said_something(cookies: &CookieJar, visit: &Visit) -> bool {
    let kind = aldgate_app::extract::CookieKind::DashboardNote;
    cookies.get(&visit.tenant.issuer, kind).is_some()
}
