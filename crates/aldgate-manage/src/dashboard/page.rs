//! One entry of the table of pages.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use axum::response::Response;
use http::Method;

use super::Visit;
use super::fault::Fault;

/// A page's answer, on its way.
pub(super) type Answer = Pin<Box<dyn Future<Output = Result<Response, Fault>> + Send>>;

/// The groups of the navigation, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Group {
    /// Without a heading, at the top.
    Top,
    /// Applications and APIs.
    Build,
    /// Users, roles, connections.
    People,
    /// What happens.
    Watch,
    /// The tenant itself.
    Tenant,
}

impl Group {
    pub(super) const ALL: [Self; 5] = [
        Self::Top,
        Self::Build,
        Self::People,
        Self::Watch,
        Self::Tenant,
    ];

    /// The heading.
    pub(super) const fn label(self) -> Option<&'static str> {
        match self {
            Self::Top => None,
            Self::Build => Some("Build"),
            Self::People => Some("People"),
            Self::Watch => Some("Watch"),
            Self::Tenant => Some("Tenant"),
        }
    }
}

/// One page of the dashboard, or one thing that a form of a page does.
#[derive(Clone)]
pub(super) struct Page {
    /// `GET`, or `POST` for what forms do.
    pub(super) method: Method,
    /// The path below `/dashboard`, with `{names}`; `/` is the first page.
    pub(super) path: &'static str,
    /// What it is called in the navigation, and what it does.
    pub(super) title: &'static str,
    /// The operations without which it makes no sense: `GET /clients`.
    pub(super) needs: Vec<&'static str>,
    /// Where it is in the navigation.
    pub(super) group: Option<Group>,
    run: Arc<dyn Fn(Visit) -> Answer + Send + Sync>,
}

/// `GET path`: a page. See [`Page`].
pub(super) fn show<F, A>(path: &'static str, title: &'static str, run: F) -> Page
where
    F: Fn(Visit) -> A + Send + Sync + 'static,
    A: Future<Output = Result<Response, Fault>> + Send + 'static,
{
    Page::new(Method::GET, path, title, run)
}

/// `POST path`: what a form does. See [`Page`].
pub(super) fn act<F, A>(path: &'static str, title: &'static str, run: F) -> Page
where
    F: Fn(Visit) -> A + Send + Sync + 'static,
    A: Future<Output = Result<Response, Fault>> + Send + 'static,
{
    Page::new(Method::POST, path, title, run)
}

impl Page {
    fn new<F, A>(method: Method, path: &'static str, title: &'static str, run: F) -> Self
    where
        F: Fn(Visit) -> A + Send + Sync + 'static,
        A: Future<Output = Result<Response, Fault>> + Send + 'static,
    {
        Self {
            method,
            path,
            title,
            needs: Vec::new(),
            group: None,
            run: Arc::new(move |visit| Box::pin(run(visit))),
        }
    }

    /// An operation without which the page makes no sense, as `GET /clients`; may be called again.
    pub(super) fn needs(mut self, operation: &'static str) -> Self {
        self.needs.push(operation);
        self
    }

    /// It has a place in the navigation.
    pub(super) const fn nav(mut self, group: Group) -> Self {
        self.group = Some(group);
        self
    }

    /// Answers.
    pub(super) fn run(&self, visit: Visit) -> Answer {
        (self.run)(visit)
    }
}
