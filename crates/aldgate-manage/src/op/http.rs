//! The operations as HTTP: routes from the table, then for each call the same steps.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use aldgate_app::App;
use aldgate_app::extract::{Caller, Tenant};
use aldgate_app::respond;
use aldgate_core::error::Refusal;
use aldgate_core::event::EventType;
use axum::Router;
use axum::body::Bytes;
use axum::extract::multipart::MultipartRejection;
use axum::extract::{DefaultBodyLimit, FromRequest as _, Multipart, RawPathParams, Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodFilter, MethodRouter, any, get};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, StatusCode};

use super::authorize::{Callers, permit};
use super::call::Form;
use super::openapi::Documents;
use super::rate::Rates;
use super::table::Body;
use super::{Actor, ApiError, Call, Operation, Query, Reply};

/// Where the Management API lives.
const PREFIX: &str = "/api/v2";

/// The routes of these operations, and the document that describes them.
pub(crate) fn router(operations: Vec<Operation>) -> Router<App> {
    let operations: Vec<_> = operations.into_iter().map(Arc::new).collect();
    let documents = Arc::new(Documents::of(operations.clone()));
    let gate = Arc::new(Gate::default());
    let mut paths: HashMap<&'static str, MethodRouter<App>> = HashMap::new();
    for operation in operations {
        let filter = MethodFilter::try_from(operation.method.clone())
            .expect("invariant: operations use the usual methods");
        let (path, gate) = (operation.path, Arc::clone(&gate));
        let handler = move |State(app): State<App>,
                            tenant: Tenant,
                            caller: Caller,
                            segments: RawPathParams,
                            request: Request| {
            let (operation, gate) = (Arc::clone(&operation), Arc::clone(&gate));
            async move {
                let segments = segments
                    .iter()
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .collect();
                let shell = Shell {
                    app,
                    tenant,
                    caller,
                    segments,
                };
                shell.answer(&operation, &gate, request).await
            }
        };
        let methods = paths.remove(path).unwrap_or_default();
        paths.insert(path, methods.on(filter, handler));
    }
    let mut router = Router::new().route(
        "/api/v2/openapi.json",
        get(move |tenant: Tenant, headers: HeaderMap| {
            let answer = documents.respond(&tenant, &headers);
            async move { answer }
        }),
    );
    for (path, methods) in paths {
        router = router.route(
            &format!("{PREFIX}{path}"),
            methods.fallback(method_not_allowed),
        );
    }
    router
        .route("/api/v2/{*rest}", any(no_such_operation))
        .route("/api/v2", any(no_such_operation))
        .route("/api/v2/", any(no_such_operation))
}

/// What stands before every operation.
#[derive(Default)]
struct Gate {
    callers: Callers,
    rates: Rates,
}

struct Shell {
    app: App,
    tenant: Tenant,
    caller: Caller,
    segments: BTreeMap<String, String>,
}

impl Shell {
    async fn answer(self, operation: &Arc<Operation>, gate: &Gate, request: Request) -> Response {
        let (app, tenant, caller) = (self.app.clone(), self.tenant.clone(), self.caller.clone());
        // Only code of this process can put an actor into a request.
        let actor = match request.extensions().get::<Actor>() {
            Some(actor) => Ok(actor.clone()),
            None => {
                let headers = request.headers();
                gate.callers.identify(&app, &tenant, headers).await
            }
        };
        let allowance = gate.rates.take(&app, &tenant, &caller, actor.as_ref().ok());
        let outcome = match allowance {
            Some(allowance) if !allowance.is_allowed => {
                Err(Rates::refuse(&app, &tenant, &caller, &allowance))
            }
            _ => match actor {
                Ok(actor) => self.run(operation, actor, request).await,
                Err(error) => Err(error),
            },
        };
        let mut response = match outcome {
            Ok(reply) => respond_with(operation, reply),
            Err(error) => {
                if worth_telling(&error) {
                    tell(&app, &tenant, &caller, operation, &error);
                }
                error.into_response()
            }
        };
        if let Some(allowance) = allowance {
            allowance.apply(response.headers_mut());
        }
        response
    }

    async fn run(
        self,
        operation: &Arc<Operation>,
        actor: Actor,
        request: Request,
    ) -> Result<Reply, ApiError> {
        let now = self.app.now();
        let (parts, body) = request.into_parts();
        permit(&actor, operation)?;
        let query = Query::parse(parts.uri.query().unwrap_or_default(), &operation.query)?;
        let content_type = parts
            .headers
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_owned();
        let mut request = Request::from_parts(parts, body);
        // The edge bounds bodies, by the address; axum's own bound would be a second one.
        DefaultBodyLimit::disable().apply(&mut request);
        let (mut body, mut form) = (Bytes::new(), Form::default());
        match operation.body {
            Body::None => {}
            Body::Multipart(_) => {
                let read = Multipart::from_request(request, &self.app).await;
                form = Form::of(read.map_err(|rejection| no_form(&rejection, &content_type))?);
            }
            Body::Json(_) | Body::JsonOrNothing(_) => {
                let read = Bytes::from_request(request, &self.app).await;
                body = read.map_err(unread)?;
            }
        }
        let call = Call {
            app: self.app,
            tenant: self.tenant,
            actor,
            now,
            query,
            caller: self.caller,
            operation: Arc::clone(operation),
            segments: self.segments,
            content_type,
            body,
            form,
        };
        operation.run(call).await
    }
}

fn respond_with(operation: &Operation, reply: Reply) -> Response {
    let status = reply.status.unwrap_or(operation.status);
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let Some(body) = reply.body else {
        let mut response = status.into_response();
        respond::no_store(response.headers_mut());
        return response;
    };
    let mut response = respond::json(status, &body);
    let json = HeaderValue::from_static("application/json; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, json);
    response
}

/// Refusals that say something about rights or about us; plain mistakes stay with the caller.
fn worth_telling(error: &ApiError) -> bool {
    let status = error.status();
    status == StatusCode::FORBIDDEN
        || status == StatusCode::UNAUTHORIZED
        || status.is_server_error()
}

fn tell(app: &App, tenant: &Tenant, caller: &Caller, operation: &Operation, error: &ApiError) {
    let mut event = app.event(EventType::FailedManagementOperation, caller, app.now());
    event.description = format!("{}: {}", operation.summary, error.refusal().cause);
    event.audience = Some(tenant.issuer.management());
    event.refusal = Some(error.refusal().clone());
    event.detail = serde_json::json!({
        "method": operation.method.as_str(),
        "path": format!("{PREFIX}{}", operation.path),
        "status": error.status().as_u16(),
    });
    app.events.record(&tenant.id, event);
}

fn unread(rejection: axum::extract::rejection::BytesRejection) -> ApiError {
    let status = rejection.status();
    let refusal = Refusal::new("invalid_body", rejection.body_text());
    ApiError::new(status, None, refusal)
}

fn no_form(rejection: &MultipartRejection, content_type: &str) -> ApiError {
    let refusal = Refusal::new("invalid_body", rejection.body_text())
        .expected("Content-Type: multipart/form-data with a boundary")
        .actual(content_type);
    refusal.into()
}

async fn method_not_allowed() -> Response {
    let refusal = Refusal::new(
        "method_not_allowed",
        "This address does not know this method.",
    )
    .remedy("See the list of operations at /api/v2/openapi.json.");
    ApiError::new(StatusCode::METHOD_NOT_ALLOWED, None, refusal).into_response()
}

async fn no_such_operation() -> Response {
    let refusal = Refusal::new("no_such_operation", "Not Found")
        .expected("an operation of the Management API")
        .remedy("See the list of operations at /api/v2/openapi.json.");
    ApiError::new(StatusCode::NOT_FOUND, None, refusal).into_response()
}
