//! What surrounds every page: the session, who the user is now, forged forms, what she may see.

use std::collections::{BTreeMap, HashMap};
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use aldgate_app::App;
use aldgate_app::extract::{
    CSRF_FIELD, Caller, CookieJar, CookieKind, Tenant, check_csrf, is_same_origin,
};
use aldgate_app::respond::see_other;
use aldgate_core::secret::Secret;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{FromRequest as _, RawPathParams as Segments, Request, State};
use axum::response::Response;
use axum::routing::{MethodFilter, MethodRouter, any, get, post};
use http::header::{AUTHORIZATION, HeaderName};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};

use super::api::Rights;
use super::fault::Fault;
use super::fields::Fields;
use super::page::Page;
use super::session::Session;
use super::visit::{FORM, Visit, href};
use super::{engine, login, path, session};
use crate::local::Local;
use crate::op::{self, Actor, ApiError, Callers};

const FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");

/// What all visits share.
pub(super) struct Desk {
    pub(super) pages: Vec<Page>,
    pub(super) rights: Rights,
    callers: Callers,
    operations: Router<App>,
    authentication: Router<App>,
    /// The two routers with their state, from the first request on.
    ready: OnceLock<(Router, Router)>,
}

impl Desk {
    /// The Management API, and the public side.
    pub(super) fn routers(&self, app: &App) -> &(Router, Router) {
        self.ready.get_or_init(|| {
            let state = |router: &Router<App>| router.clone().with_state(app.clone());
            (state(&self.operations), state(&self.authentication))
        })
    }

    /// Who holds an access token now, and what she may do.
    ///
    /// # Errors
    /// 401 when the token is worth nothing any more.
    pub(super) async fn identify(
        &self,
        app: &App,
        tenant: &Tenant,
        token: &Secret<String>,
    ) -> Result<Actor, ApiError> {
        let mut headers = HeaderMap::new();
        let bearer = HeaderValue::try_from(format!("Bearer {}", token.expose()));
        if let Ok(bearer) = bearer {
            headers.insert(AUTHORIZATION, bearer);
        }
        self.callers.identify(app, tenant, &headers).await
    }
}

/// The routes of these pages, and those of logging in and out.
pub(super) fn router(pages: Vec<Page>, authentication: Router<App>) -> Router<App> {
    let operations = crate::operations();
    let desk = Arc::new(Desk {
        rights: Rights::of(&operations),
        callers: Callers::default(),
        operations: op::router(operations),
        authentication,
        ready: OnceLock::new(),
        pages,
    });
    let mut paths: HashMap<&'static str, MethodRouter<App>> = HashMap::new();
    for page in &desk.pages {
        for need in &page.needs {
            let known = desk.rights.scopes(need).is_some();
            assert!(known, "invariant: {need} of the page {} exists", page.path);
        }
        let filter = match page.method {
            Method::POST => MethodFilter::POST,
            _ => MethodFilter::GET,
        };
        let methods = paths.remove(page.path).unwrap_or_default();
        paths.insert(
            page.path,
            methods.on(filter, handler(&desk, Some(page.clone()))),
        );
    }
    let mut router = Router::new().route("/dashboard", get(|| async { see_other("/dashboard/") }));
    for (path, methods) in paths {
        let methods = methods.fallback(handler(&desk, None));
        router = router.route(&href(path), methods);
    }
    let (begin, finish, leave) = (Arc::clone(&desk), Arc::clone(&desk), Arc::clone(&desk));
    router
        .route("/dashboard/{*rest}", any(handler(&desk, None)))
        .route(
            "/dashboard/login",
            get(move |state, tenant, uri| login::begin(begin, state, tenant, uri)),
        )
        .route(
            "/dashboard/callback",
            get(move |state, tenant, caller, request| {
                login::finish(finish, state, tenant, caller, request)
            }),
        )
        .route(
            "/dashboard/logout",
            post(move |state, tenant, request| login::leave(leave, state, tenant, request)),
        )
        .route("/dashboard/signed-out", get(login::signed_out))
}

/// What axum takes as a handler of all that a page needs.
trait Handle:
    Clone + Send + Sync + 'static + Fn(State<App>, Tenant, Caller, Segments, Request) -> Running
{
}

impl<F> Handle for F where
    F: Clone + Send + Sync + 'static + Fn(State<App>, Tenant, Caller, Segments, Request) -> Running
{
}

type Running = Pin<Box<dyn Future<Output = Response> + Send>>;

/// What answers one page; without a page: that there is none.
fn handler(desk: &Arc<Desk>, page: Option<Page>) -> impl Handle {
    let (desk, page) = (Arc::clone(desk), page.map(Arc::new));
    move |State(app), tenant, caller, segments, request| {
        let (desk, page) = (Arc::clone(&desk), page.clone());
        let segments = segments
            .iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let arrival = Arrival {
            app,
            tenant,
            caller,
            segments,
        };
        Box::pin(arrival.answer(desk, page, request))
    }
}

/// A request before anything is known of the user.
struct Arrival {
    app: App,
    tenant: Tenant,
    caller: Caller,
    segments: BTreeMap<String, String>,
}

impl Arrival {
    async fn answer(self, desk: Arc<Desk>, page: Option<Arc<Page>>, request: Request) -> Response {
        let (app, tenant) = (self.app.clone(), self.tenant.clone());
        let navigates = is_navigation(request.headers());
        let known = recognise(&desk, &app, &tenant, request.headers()).await;
        let (session, actor) = match known {
            Ok(Some(known)) => known,
            Ok(None) => return login_first(request.method(), request.uri()),
            Err(response) => return *response,
        };
        let visit = match self.open(desk, actor, &session, request).await {
            Ok(visit) => visit,
            Err(response) => return *response,
        };
        if navigates && let Err(error) = session.seen(&app, &tenant).await {
            tracing::warn!(%error, "the dashboard's session could not be prolonged");
        }
        let Some(page) = page else {
            return visit.fault(&Fault::NotFound);
        };
        let missing = page.needs.iter().find(|need| !visit.can(need));
        if let Some(missing) = missing {
            let scopes = visit.desk.rights.scopes(missing).unwrap_or_default();
            return visit.fault(&Fault::Missing(scopes.to_vec()));
        }
        let teller = visit.clone();
        match page.run(visit).await {
            Ok(response) => response,
            Err(fault) => teller.fault(&fault),
        }
    }

    /// Reads the request of a user who is known, and refuses forged forms (WEB-01).
    async fn open(
        self,
        desk: Arc<Desk>,
        actor: Actor,
        session: &Session,
        request: Request,
    ) -> Result<Visit, Box<Response>> {
        let api = desk.routers(&self.app).0.clone();
        let (tenant, caller) = (self.tenant.clone(), self.caller.clone());
        let (parts, body) = request.into_parts();
        let query = Fields::parse(parts.uri.query().unwrap_or_default().as_bytes());
        let path = parts.uri.path().strip_prefix("/dashboard");
        let mut visit = Visit {
            api: Local::of(api, tenant, actor.clone(), caller),
            now: self.app.now(),
            query,
            form: Fields::default(),
            path: path.unwrap_or("/").to_owned(),
            segments: self.segments,
            session: session.value.clone(),
            cookies: CookieJar::read(&parts.headers),
            app: self.app,
            tenant: self.tenant,
            caller: self.caller,
            actor,
            desk,
        };
        if parts.method != Method::POST {
            return Ok(visit);
        }
        let same_origin = is_same_origin(&parts.headers, &visit.tenant.issuer);
        let request = Request::from_parts(parts, body);
        let read = Bytes::from_request(request, &visit.app).await;
        visit.form = Fields::parse(&read.unwrap_or_default());
        let cookie = same_origin.then_some(visit.session.as_str());
        let token = visit.form.raw(CSRF_FIELD);
        match check_csrf(visit.app.csrf_key(), cookie, FORM, Some(token)) {
            Ok(()) => Ok(visit),
            Err(_) => Err(Box::new(visit.fault(&Fault::Forged))),
        }
    }
}

/// Finds the session of a request and who its user is now. A session whose token is worth nothing
/// any more (a revoked login, a blocked user) ends.
async fn recognise(
    desk: &Desk,
    app: &App,
    tenant: &Tenant,
    headers: &HeaderMap,
) -> Result<Option<(Session, Actor)>, Box<Response>> {
    let cookies = CookieJar::read(headers);
    let cookie = cookies.get(&tenant.issuer, CookieKind::Dashboard);
    let found = session::find(app, tenant, cookie).await;
    let found = found.map_err(|error| unavailable(&error))?;
    let Some(session) = found else {
        return Ok(None);
    };
    match desk.identify(app, tenant, &session.token).await {
        Ok(actor) => Ok(Some((session, actor))),
        Err(error) if error.status() == StatusCode::UNAUTHORIZED => {
            session
                .end(app, tenant)
                .await
                .map_err(|error| unavailable(&error))?;
            Ok(None)
        }
        Err(error) => Err(unavailable(&error.refusal().cause)),
    }
}

fn unavailable(cause: &dyn std::fmt::Display) -> Box<Response> {
    tracing::error!(%cause, "the dashboard cannot tell who is calling");
    let status = StatusCode::SERVICE_UNAVAILABLE;
    let view = login::Gate {
        title: "The dashboard is not available",
        text: "The database does not answer. Try again in a moment.".to_owned(),
        detail: None,
        again: "/dashboard/".to_owned(),
        button: "Try again",
    };
    Box::new(engine::reply(status, "gate", login::gate_context(&view)))
}

/// Nobody is logged in: a page is shown after the login; a form has to be sent again.
fn login_first(method: &Method, uri: &Uri) -> Response {
    let wanted = uri
        .path_and_query()
        .map_or("/dashboard/", |path| path.as_str());
    let again = path::at("/dashboard/login?return={}", &[wanted]);
    if *method == Method::GET {
        return see_other(&again);
    }
    let view = login::Gate {
        title: "Your session has ended",
        text: "Nothing was changed. Log in, then fill in the form once more.".to_owned(),
        detail: None,
        again,
        button: "Log in",
    };
    engine::reply(StatusCode::UNAUTHORIZED, "gate", login::gate_context(&view))
}

/// Whether a person asked for a page, rather than a script that looks for news.
fn is_navigation(headers: &HeaderMap) -> bool {
    headers
        .get(FETCH_MODE)
        .is_none_or(|mode| mode.as_bytes() == b"navigate")
}
