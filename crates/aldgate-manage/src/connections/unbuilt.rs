//! What hangs on a connection at Auth0 and is not built: SCIM, directory synchronisation, keys of
//! its own. Reading says that there is none; making one is refused.

use aldgate_core::connection::Connection;
use aldgate_core::error::Refusal;
use aldgate_core::id::ConnectionId;
use std::sync::Arc;

use super::missing;
use crate::op::schema::{any, array, free};
use crate::op::{ApiError, Call, Operation, Reply, delete, get, patch, post};

pub(super) fn operations() -> Vec<Operation> {
    let scim = "/connections/{id}/scim-configuration";
    let directory = "/connections/{id}/directory-provisioning";
    vec![
        get(scim, "Get a SCIM configuration", none)
            .scopes(&["read:scim_config"])
            .answers(free()),
        post(scim, "Create a SCIM configuration", refuse)
            .scopes(&["create:scim_config"])
            .optional_body(free())
            .answers(free()),
        patch(scim, "Update a SCIM configuration", none)
            .scopes(&["update:scim_config"])
            .body(free())
            .answers(free()),
        delete(scim, "Delete a SCIM configuration", none).scopes(&["delete:scim_config"]),
        get(directory, "Get a directory synchronisation", none)
            .scopes(&["read:directory_provisionings"])
            .answers(free()),
        post(directory, "Create a directory synchronisation", refuse)
            .scopes(&["create:directory_provisionings"])
            .optional_body(free())
            .answers(free()),
        delete(directory, "Delete a directory synchronisation", none)
            .scopes(&["delete:directory_provisionings"]),
        get("/connections/{id}/keys", "List keys of a connection", keys)
            .scopes(&["read:connections_keys"])
            .answers(array(any())),
        post(
            "/connections/{id}/keys/rotate",
            "Rotate the keys of a connection",
            refuse,
        )
        .scopes(&["create:connections_keys", "update:connections_keys"])
        .status(200)
        .answers(free()),
    ]
}

async fn loaded(call: &Call) -> Result<Arc<Connection>, ApiError> {
    let id: ConnectionId = call.id("id")?;
    let found = call.app.connection(&call.tenant.id, &id).await?;
    found.ok_or_else(missing)
}

async fn keys(call: Call) -> Result<Reply, ApiError> {
    loaded(&call).await?;
    Ok(Reply::ok(serde_json::json!([])))
}

async fn none(call: Call) -> Result<Reply, ApiError> {
    loaded(&call).await?;
    let refusal = Refusal::new("not_found", "Not Found");
    Err(ApiError::new(http::StatusCode::NOT_FOUND, None, refusal))
}

async fn refuse(call: Call) -> Result<Reply, ApiError> {
    let connection = loaded(&call).await?;
    let cause = "This is not supported for this connection.";
    let refusal = Refusal::new("operation_not_supported", cause)
        .actual(&connection.strategy)
        .remedy("Aldgate does not have it yet; CONFORMANCE.md lists the gaps.");
    Err(ApiError::forbidden("operation_not_supported", refusal))
}
