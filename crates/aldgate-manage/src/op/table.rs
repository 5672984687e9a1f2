//! One entry of the table of operations.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use http::Method;
use serde_json::Value;

use super::{ApiError, Call, Param, Reply};

/// An operation's answer, on its way.
pub(crate) type Answer = Pin<Box<dyn Future<Output = Result<Reply, ApiError>> + Send>>;

/// What a request's body must be.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    /// None; one that comes all the same is ignored.
    None,
    /// A JSON object of this shape.
    Json(Value),
    /// Nothing, or a JSON object of this shape.
    JsonOrNothing(Value),
    /// A form with a file (RFC 7578) whose fields have this shape; see [`Call::form`].
    Multipart(Value),
}

/// One operation of the Management API.
#[derive(Clone)]
pub(crate) struct Operation {
    /// The method.
    pub(crate) method: Method,
    /// The path below `/api/v2`, with `{names}`.
    pub(crate) path: &'static str,
    /// What it does, in a few words: also the description of its log event.
    pub(crate) summary: &'static str,
    /// The scopes of which the caller needs one.
    pub(crate) scopes: &'static [&'static str],
    /// The query parameters it understands.
    pub(crate) query: Vec<Param>,
    /// The members that an answer has whatever `fields` chooses.
    pub(crate) always: &'static [&'static str],
    /// The body it wants.
    pub(crate) body: Body,
    /// The status of success.
    pub(crate) status: u16,
    /// The shape of the answer; `None`: no body.
    pub(crate) answer: Option<Value>,
    run: Arc<dyn Fn(Call) -> Answer + Send + Sync>,
}

/// `GET path`: see [`Operation`].
pub(crate) fn get<F, A>(path: &'static str, summary: &'static str, run: F) -> Operation
where
    F: Fn(Call) -> A + Send + Sync + 'static,
    A: Future<Output = Result<Reply, ApiError>> + Send + 'static,
{
    Operation::new(Method::GET, path, summary, run)
}

/// `POST path`: see [`Operation`]. Success is 201 unless said otherwise.
pub(crate) fn post<F, A>(path: &'static str, summary: &'static str, run: F) -> Operation
where
    F: Fn(Call) -> A + Send + Sync + 'static,
    A: Future<Output = Result<Reply, ApiError>> + Send + 'static,
{
    Operation::new(Method::POST, path, summary, run)
}

/// `PATCH path`: see [`Operation`].
pub(crate) fn patch<F, A>(path: &'static str, summary: &'static str, run: F) -> Operation
where
    F: Fn(Call) -> A + Send + Sync + 'static,
    A: Future<Output = Result<Reply, ApiError>> + Send + 'static,
{
    Operation::new(Method::PATCH, path, summary, run)
}

/// `PUT path`: see [`Operation`].
pub(crate) fn put<F, A>(path: &'static str, summary: &'static str, run: F) -> Operation
where
    F: Fn(Call) -> A + Send + Sync + 'static,
    A: Future<Output = Result<Reply, ApiError>> + Send + 'static,
{
    Operation::new(Method::PUT, path, summary, run)
}

/// `DELETE path`: see [`Operation`]. Success is 204 unless said otherwise.
pub(crate) fn delete<F, A>(path: &'static str, summary: &'static str, run: F) -> Operation
where
    F: Fn(Call) -> A + Send + Sync + 'static,
    A: Future<Output = Result<Reply, ApiError>> + Send + 'static,
{
    Operation::new(Method::DELETE, path, summary, run)
}

impl Operation {
    fn new<F, A>(method: Method, path: &'static str, summary: &'static str, run: F) -> Self
    where
        F: Fn(Call) -> A + Send + Sync + 'static,
        A: Future<Output = Result<Reply, ApiError>> + Send + 'static,
    {
        let status = match method {
            Method::POST => 201,
            Method::DELETE => 204,
            _ => 200,
        };
        Self {
            method,
            path,
            summary,
            scopes: &[],
            query: Vec::new(),
            always: &[],
            body: Body::None,
            status,
            answer: None,
            run: Arc::new(move |call| Box::pin(run(call))),
        }
    }

    /// The scopes of which the caller needs one. An operation without any is refused to everyone.
    pub(crate) const fn scopes(mut self, scopes: &'static [&'static str]) -> Self {
        self.scopes = scopes;
        self
    }

    /// Query parameters it understands; may be called again for more.
    pub(crate) fn query(mut self, params: impl IntoIterator<Item = Param>) -> Self {
        self.query.extend(params);
        self
    }

    /// An answer has these members whatever `fields` chooses.
    pub(crate) const fn always(mut self, members: &'static [&'static str]) -> Self {
        self.always = members;
        self
    }

    /// It wants a JSON body of this shape.
    pub(crate) fn body(mut self, shape: Value) -> Self {
        self.body = Body::Json(shape);
        self
    }

    /// It takes a JSON body of this shape, or none.
    pub(crate) fn optional_body(mut self, shape: Value) -> Self {
        self.body = Body::JsonOrNothing(shape);
        self
    }

    /// It wants a form with a file, whose fields have this shape.
    pub(crate) fn form(mut self, shape: Value) -> Self {
        self.body = Body::Multipart(shape);
        self
    }

    /// Success has this status.
    pub(crate) const fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// Success has a body of this shape.
    pub(crate) fn answers(mut self, shape: Value) -> Self {
        self.answer = Some(shape);
        self
    }

    /// The operation's name, made of method and path: `get_clients_by_id`.
    pub(crate) fn id(&self) -> String {
        let mut id = self.method.as_str().to_ascii_lowercase();
        for segment in self.path.split('/').filter(|segment| !segment.is_empty()) {
            match segment.strip_prefix('{').and_then(|s| s.strip_suffix('}')) {
                Some(name) => id.push_str(&format!("_by_{name}")),
                None => id.push_str(&format!("_{}", segment.replace('-', "_"))),
            }
        }
        id
    }

    /// Does it.
    pub(crate) fn run(&self, call: Call) -> Answer {
        (self.run)(call)
    }
}
