//! The OpenAPI 3.1 document, made of the table of operations.

use std::sync::Arc;

use aldgate_app::respond::Rendered;
use aldgate_core::tenant::Tenant;
use axum::response::Response;
use http::HeaderMap;
use moka::sync::Cache;
use serde_json::{Map, Value, json};

use super::query::{Kind, Param};
use super::table::{Body, Operation};

/// The document at one tenant's address.
fn document(operations: &[Arc<Operation>], tenant: &Tenant) -> Value {
    let mut paths: Map<String, Value> = Map::new();
    let mut scopes: Map<String, Value> = Map::new();
    for operation in operations {
        let path = paths
            .entry(operation.path.to_owned())
            .or_insert_with(|| json!({}));
        let method = operation.method.as_str().to_ascii_lowercase();
        path[method] = describe(operation);
        for scope in operation.scopes {
            scopes.insert((*scope).to_owned(), scope.replace([':', '_'], " ").into());
        }
    }
    let token_url = tenant.issuer.join("oauth/token");
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Aldgate Management API",
            "version": "2",
            "description": "Everything in a tenant can be managed here. Wire-compatible with \
                            Auth0's Management API v2.",
        },
        "servers": [{"url": tenant.issuer.join("api/v2")}],
        "paths": paths,
        "components": {
            "schemas": {"Error": error_shape()},
            "securitySchemes": {"management": {
                "type": "oauth2",
                "flows": {"clientCredentials": {"tokenUrl": token_url, "scopes": scopes}},
            }},
        },
    })
}

/// Tenants whose document is kept.
const KEPT_MAX: u64 = 8;

/// How long a copy of the document may be kept elsewhere, in seconds.
const MAX_AGE: u32 = 300;

/// The document at the address of each tenant, as bytes that are made when somebody first asks: as
/// a tree it takes more memory than all the rest of a server at its start.
pub(super) struct Documents {
    operations: Vec<Arc<Operation>>,
    made: Cache<String, Rendered>,
}

impl Documents {
    pub(super) fn of(operations: Vec<Arc<Operation>>) -> Self {
        Self {
            operations,
            made: Cache::new(KEPT_MAX),
        }
    }

    /// The document of one tenant; 304 if the caller has it already.
    pub(super) fn respond(&self, tenant: &Tenant, request: &HeaderMap) -> Response {
        let issuer = tenant.issuer.as_str().to_owned();
        let make = || Rendered::json(document(&self.operations, tenant).to_string(), MAX_AGE);
        self.made.get_with(issuer, make).respond(request)
    }
}

fn describe(operation: &Operation) -> Value {
    let mut described = json!({
        "operationId": operation.id(),
        "summary": operation.summary,
        "tags": [operation.path.split('/').nth(1).unwrap_or_default()],
        "security": operation.scopes.iter()
            .map(|scope| json!({"management": [scope]}))
            .collect::<Value>(),
        "parameters": segments(operation.path)
            .map(segment)
            .chain(operation.query.iter().map(parameter))
            .collect::<Value>(),
        "responses": responses(operation),
    });
    let body = match &operation.body {
        Body::None => None,
        Body::Json(shape) => Some((true, "application/json", shape)),
        Body::JsonOrNothing(shape) => Some((false, "application/json", shape)),
        Body::Multipart(shape) => Some((true, "multipart/form-data", shape)),
    };
    if let Some((required, media, shape)) = body {
        let content = json!({media: {"schema": shape}});
        described["requestBody"] = json!({"required": required, "content": content});
    }
    described
}

fn responses(operation: &Operation) -> Value {
    let mut success = json!({"description": "Done."});
    if let Some(shape) = &operation.answer {
        success["content"] = json!({"application/json": {"schema": shape}});
    }
    let mut all = Map::new();
    all.insert(operation.status.to_string(), success);
    let refusals = [
        (
            "400",
            "Something in the request is wrong; the message names it.",
        ),
        ("401", "No usable token."),
        (
            "403",
            "The token lacks the scope, or the change is above the caller's rights.",
        ),
        ("404", "There is no such thing."),
        ("409", "It exists already, or is in use."),
        ("413", "The body is too large."),
        (
            "429",
            "Too many requests; Retry-After says when to come back.",
        ),
        ("503", "Overload; Retry-After says when to come back."),
    ];
    for (status, description) in refusals {
        let refusal = json!({
            "description": description,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
        });
        all.entry(status).or_insert(refusal);
    }
    // These come from in front of the operations, and have no envelope.
    for (status, description) in [
        ("414", "The address is longer than the server reads."),
        ("431", "The headers are longer than the server reads."),
    ] {
        all.insert(status.into(), json!({"description": description}));
    }
    Value::Object(all)
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/')
        .filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'))
}

fn segment(name: &str) -> Value {
    json!({
        "name": name,
        "in": "path",
        "required": true,
        "schema": {"type": "string", "minLength": 1, "maxLength": 600},
    })
}

fn parameter(param: &Param) -> Value {
    let schema = match param.kind {
        Kind::Text(max) => json!({"type": "string", "maxLength": max}),
        Kind::Integer(min, max) => json!({"type": "integer", "minimum": min, "maximum": max}),
        Kind::Boolean => json!({"type": "boolean"}),
        Kind::List => json!({"type": "array", "maxItems": 50, "items": {"type": "string"}}),
    };
    json!({"name": param.name, "in": "query", "required": false, "schema": schema})
}

fn error_shape() -> Value {
    json!({
        "type": "object",
        "properties": {
            "statusCode": {"type": "integer"},
            "error": {"type": "string"},
            "message": {"type": "string"},
            "errorCode": {"type": "string"},
            "expected": {"type": "string"},
            "actual": {"type": "string"},
            "remedy": {"type": "string"},
        },
        "required": ["statusCode", "error", "message"],
    })
}
