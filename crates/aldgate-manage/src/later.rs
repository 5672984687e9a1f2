//! Resources of Auth0 that Aldgate does not have yet: their lists are empty but valid, so that
//! tools that read everything (deploy-cli, terraform) go on; writing is refused, and says so.
//!
//! One table, [`table::LATER`]; each line is in CONFORMANCE.md.

mod table;

use aldgate_core::error::Refusal;
use http::StatusCode;
use serde_json::{Value, json};

use crate::op::schema::{any, array, count, free, open, page, string};
use crate::op::{
    ApiError, Call, FIELDS, KEYSET, Operation, PAGES, Paging, Reply, boolean, delete, get, patch,
    post, put, text,
};
use table::{LATER, WRITES};

/// A resource that is empty.
#[derive(Clone, Copy)]
struct Later {
    /// The path of the list, or of the one document.
    path: &'static str,
    /// The path of an item, if there can be items.
    item: Option<&'static str>,
    /// What the list looks like.
    form: Form,
    /// Scopes to read, create, update and delete; no scope: there is no such operation.
    read: &'static [&'static str],
    create: &'static [&'static str],
    update: &'static [&'static str],
    delete: &'static [&'static str],
}

/// The answer of an empty list.
#[derive(Clone, Copy)]
enum Form {
    /// A bare list, or an object when totals or keys are asked for.
    Page(&'static str),
    /// Always a bare list.
    Bare,
    /// Always an object with the list, `total`, `page` and `per_page`.
    Numbered(&'static str),
    /// Always an object with the list.
    Wrapped(&'static str),
    /// One document.
    Document(fn() -> Value),
    /// 404: there is none.
    Missing,
}

pub(crate) fn operations() -> Vec<Operation> {
    let mut all: Vec<Operation> = LATER.iter().flat_map(Later::operations).collect();
    all.extend(WRITES.iter().map(|(method, path, scopes)| {
        let make = match *method {
            "PATCH" => patch(path, "Not built yet", refuse),
            "PUT" => put(path, "Not built yet", refuse),
            "DELETE" => delete(path, "Not built yet", refuse),
            _ => post(path, "Not built yet", refuse),
        };
        make.scopes(scopes).optional_body(any()).answers(free())
    }));
    all
}

impl Later {
    fn operations(&'static self) -> Vec<Operation> {
        let read = move |call| async move { self.form.answer(&call) };
        let list = get(self.path, "Read what is not built yet: it is empty", read)
            .scopes(self.read)
            .answers(self.form.shape());
        let list = match self.form {
            Form::Document(_) | Form::Missing => list,
            _ => list.query(PAGES).query(KEYSET).query(FIELDS).query(FILTERS),
        };
        let mut all = vec![list];
        if !self.create.is_empty() {
            let create = post(self.path, "Not built yet", refuse).scopes(self.create);
            all.push(create.optional_body(any()).answers(free()));
        }
        // Without items what can be changed is the document itself.
        let target = self.item.unwrap_or(self.path);
        if !self.update.is_empty() {
            let update = move |call| self.form.update(call);
            let update = patch(target, "Not built yet", update).scopes(self.update);
            all.push(update.optional_body(any()).answers(free()));
        }
        if !self.delete.is_empty() {
            all.push(delete(target, "Delete what is not built yet", none).scopes(self.delete));
        }
        if let Some(item) = self.item {
            let one = get(item, "Read what is not built yet: there is none", none);
            all.push(one.scopes(self.read).query(FIELDS).answers(free()));
        }
        all
    }
}

/// Filters of any of these lists. Nothing is there to be filtered.
const FILTERS: [crate::op::Param; 11] = [
    boolean("enabled"),
    boolean("deployed"),
    boolean("installed"),
    text("actionName"),
    text("hydrate"),
    text("q"),
    text("sort"),
    text("stage"),
    text("triggerId"),
    text("name"),
    text("type"),
];

impl Form {
    fn answer(self, call: &Call) -> Result<Reply, ApiError> {
        let empty = Value::Array(Vec::new());
        match self {
            Self::Page(plural) => Ok(Paging::of(call)?.reply(call, plural, Vec::new(), 0)),
            Self::Bare => Ok(Reply::ok(empty)),
            Self::Numbered(plural) => {
                let page = call.query.number("page").unwrap_or(0);
                let per_page = call.query.number("per_page").unwrap_or(50);
                Ok(Reply::ok(json!({
                    plural: empty, "total": 0, "page": page, "per_page": per_page,
                })))
            }
            Self::Wrapped(plural) => Ok(Reply::ok(json!({plural: empty}))),
            Self::Document(document) => Ok(Reply::ok(document())),
            Self::Missing => Err(missing()),
        }
    }

    /// Tools send back what they read: what says the same as the document changes nothing.
    async fn update(self, call: Call) -> Result<Reply, ApiError> {
        if let Self::Document(document) = self {
            let (body, document) = (call.object_or_nothing()?, document());
            if body
                .iter()
                .all(|(name, value)| document.get(name) == Some(value))
            {
                return Ok(Reply::ok(document));
            }
        }
        refuse(call).await
    }

    fn shape(self) -> Value {
        match self {
            Self::Page(plural) => page(plural, free()),
            Self::Bare => array(free()),
            Self::Numbered(plural) => open(
                [
                    (plural, array(free())),
                    ("total", count()),
                    ("page", count()),
                    ("per_page", count()),
                ],
                &[plural, "total", "page", "per_page"],
            ),
            Self::Wrapped(plural) => open([(plural, array(free())), ("next", string())], &[plural]),
            Self::Document(_) | Self::Missing => free(),
        }
    }
}

async fn none(_call: Call) -> Result<Reply, ApiError> {
    Err(missing())
}

async fn refuse(_call: Call) -> Result<Reply, ApiError> {
    Err(not_built("This resource"))
}

/// 403 for what Auth0 has and Aldgate does not, in the form in which Auth0 refuses what a
/// subscription lacks: its tools know it.
pub(crate) fn not_built(what: &str) -> ApiError {
    let cause = format!("{what} is not built yet in Aldgate; nothing was changed.");
    let refusal = Refusal::new("not_built", cause)
        .remedy("CONFORMANCE.md lists what is not there; leave it out of your configuration.");
    ApiError::forbidden("operation_not_supported", refusal)
}

/// 404, as Auth0's newer services say it: without a code.
fn missing() -> ApiError {
    let refusal = Refusal::new("not_built", "Not found: Aldgate has none of these yet.");
    ApiError::new(StatusCode::NOT_FOUND, None, refusal)
}
