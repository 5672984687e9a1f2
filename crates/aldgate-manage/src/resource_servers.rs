//! `/resource-servers`: APIs (wire: resource servers). The `{id}` of a path is the key or the
//! URL-encoded identifier.

mod create;
mod delete;
mod list;
mod read;
mod update;

use aldgate_core::api::rules::{self, WRITABLE};
use aldgate_core::api::{Api, SigningAlg};
use aldgate_core::id::ApiId;
use aldgate_core::secret::Secret;
use aldgate_core::time::Timestamp;
use aldgate_store::{StoreError, Tx};
use serde_json::{Map, Value};

use crate::op::schema::{array, count, flag, open, page, string, writable};
use crate::op::{
    ApiError, FIELDS, KEYSET, Operation, PAGES, delete, get, list, patch, post, secret_of,
};

pub(crate) fn operations() -> Vec<Operation> {
    let members = [WRITABLE, &["identifier", "signing_secret"]].concat();
    vec![
        get("/resource-servers", "List APIs", list::run)
            .scopes(&["read:resource_servers"])
            .query(PAGES)
            .query(KEYSET)
            .query(FIELDS)
            .query([list("identifiers")])
            .answers(page("resource_servers", shape())),
        post("/resource-servers", "Create an API", create::run)
            .scopes(&["create:resource_servers"])
            .body(writable(&members, &["identifier"]))
            .answers(shape()),
        get("/resource-servers/{id}", "Get an API", read::run)
            .scopes(&["read:resource_servers"])
            .query(FIELDS)
            .answers(shape()),
        patch("/resource-servers/{id}", "Update an API", update::run)
            .scopes(&["update:resource_servers"])
            .body(writable(&members, &[]))
            .answers(shape()),
        delete("/resource-servers/{id}", "Delete an API", delete::run)
            .scopes(&["delete:resource_servers"]),
    ]
}

fn view(api: &Api) -> Value {
    Value::Object(rules::public_view(api))
}

fn shape() -> Value {
    open(
        [
            ("id", string()),
            ("identifier", string()),
            ("name", string()),
            ("is_system", flag()),
            (
                "scopes",
                array(open(
                    [("value", string()), ("description", string())],
                    &["value"],
                )),
            ),
            ("signing_alg", string()),
            ("token_dialect", string()),
            ("token_lifetime", count()),
            ("token_lifetime_for_web", count()),
            ("allow_offline_access", flag()),
            ("enforce_policies", flag()),
            ("skip_consent_for_verifiable_first_party_clients", flag()),
        ],
        &[],
    )
}

/// Finds an API by its key or by its identifier.
fn find(tx: &mut Tx<'_>, key: &str, now: Timestamp) -> Result<Option<Api>, StoreError> {
    if let Ok(id) = ApiId::parse(key)
        && let Some(api) = tx.apis().by_id(&id)?
    {
        return Ok(Some(api));
    }
    tx.apis().by_identifier(key, now)
}

/// As [`find`], and holds its row.
fn find_to_change(tx: &mut Tx<'_>, key: &str, now: Timestamp) -> Result<Api, ApiError> {
    let found = match find(tx, key, now)? {
        Some(api) => tx.apis().by_id_to_change(&api.id)?,
        None => None,
    };
    found.ok_or_else(missing)
}

/// Takes `signing_secret` out of a body: write-only.
fn signing_secret(body: &mut Map<String, Value>) -> Result<Option<Secret<String>>, ApiError> {
    secret_of(body, "signing_secret")
}

/// A secret that signs nothing is not kept.
fn without_needless_secret(mut api: Api) -> Api {
    if api.signing_alg != SigningAlg::Hs256 {
        api.signing_secret_sealed = None;
    }
    api
}

fn missing() -> ApiError {
    let message = "The resource server does not exist";
    ApiError::not_found("inexistent_resource_server", message)
}

fn taken() -> ApiError {
    ApiError::already(
        "resource_server_exists",
        "A resource server with the same identifier already exists.",
    )
}
