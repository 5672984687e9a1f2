//! Permissions on the wire: what roles and users share.

use std::collections::BTreeMap;

use aldgate_core::api::Api;
use aldgate_core::error::Refusal;
use aldgate_core::id::RoleId;
use aldgate_core::role::Permission;
use aldgate_core::time::Timestamp;
use aldgate_store::{StoreError, Tx};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::op::schema::{array, closed, open, short, string};
use crate::op::{ApiError, Call};

/// The most permissions or roles that one request may name.
pub(crate) const NAMED_MAX: usize = 1000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    permissions: Vec<Permission>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RolesBody {
    roles: Vec<RoleId>,
}

/// Reads `{permissions: […]}`.
///
/// # Errors
/// 400 when there are none, or too many.
pub(crate) fn permissions_of(call: &Call) -> Result<Vec<Permission>, ApiError> {
    let Body { permissions } = call.parse()?;
    counted("permissions", permissions)
}

/// Reads `{roles: […]}`.
///
/// # Errors
/// 400 when there are none, or too many.
pub(crate) fn roles_of(call: &Call) -> Result<Vec<RoleId>, ApiError> {
    let RolesBody { roles } = call.parse()?;
    counted("roles", roles)
}

/// A list with something in it, and not too much.
///
/// # Errors
/// 400.
pub(crate) fn counted<T>(name: &'static str, list: Vec<T>) -> Result<Vec<T>, ApiError> {
    if (1..=NAMED_MAX).contains(&list.len()) {
        return Ok(list);
    }
    let refusal = Refusal::new("invalid_body", format!("Wrong length on property {name}"))
        .expected(format!("1 to {NAMED_MAX}"))
        .actual(&list.len().to_string());
    Err(refusal.into())
}

/// Checks that every permission is one that its API defines.
///
/// # Errors
/// 404 for an unknown API, 400 for a permission that it does not define; the store's.
pub(crate) fn defined(
    tx: &mut Tx<'_>,
    permissions: &[Permission],
    now: Timestamp,
) -> Result<(), ApiError> {
    let mut apis = Apis::default();
    for permission in permissions {
        let Some(api) = apis.find(tx, &permission.api, now)? else {
            return Err(ApiError::not_found(
                "inexistent_resource_server",
                "The resource server does not exist",
            ));
        };
        // Only the present identifier: a permission at a former one would grant nothing.
        let known = api.identifier == permission.api
            && api
                .scopes
                .iter()
                .any(|scope| scope.value == permission.name);
        if !known {
            let names: Vec<&str> = api
                .scopes
                .iter()
                .map(|scope| scope.value.as_str())
                .collect();
            let refusal = Refusal::new(
                "invalid_body",
                "The permission is not defined by the resource server",
            )
            .expected(format!(
                "one of the scopes of {}: {}",
                api.identifier,
                names.join(", ")
            ))
            .actual(&permission.name)
            .remedy("Define the permission at the API first, then give it away.");
            return Err(refusal.into());
        }
    }
    Ok(())
}

/// The APIs that a list of permissions names, each read once.
#[derive(Default)]
pub(crate) struct Apis(BTreeMap<String, Option<Api>>);

impl Apis {
    /// Finds an API.
    ///
    /// # Errors
    /// The store's.
    pub(crate) fn find(
        &mut self,
        tx: &mut Tx<'_>,
        identifier: &str,
        now: Timestamp,
    ) -> Result<Option<&Api>, StoreError> {
        if !self.0.contains_key(identifier) {
            let found = tx.apis().by_identifier(identifier, now)?;
            self.0.insert(identifier.to_owned(), found);
        }
        Ok(self.0.get(identifier).and_then(Option::as_ref))
    }

    /// A permission on the wire, with the names of its API.
    ///
    /// # Errors
    /// The store's.
    pub(crate) fn view(
        &mut self,
        tx: &mut Tx<'_>,
        permission: &Permission,
        now: Timestamp,
    ) -> Result<Map<String, Value>, StoreError> {
        let mut item = Map::new();
        item.insert("permission_name".into(), permission.name.clone().into());
        item.insert(
            "resource_server_identifier".into(),
            permission.api.clone().into(),
        );
        if let Some(api) = self.find(tx, &permission.api, now)? {
            item.insert("resource_server_name".into(), api.name.clone().into());
            let scope = api
                .scopes
                .iter()
                .find(|scope| scope.value == permission.name);
            if let Some(description) = scope.and_then(|scope| scope.description.clone()) {
                item.insert("description".into(), description.into());
            }
        }
        Ok(item)
    }
}

/// What orders permissions in pages.
pub(crate) fn key(permission: &Permission) -> String {
    format!("{} {}", permission.api, permission.name)
}

/// The body that names permissions.
pub(crate) fn permissions_body() -> Value {
    let one = closed(
        [
            ("resource_server_identifier", short(600)),
            ("permission_name", short(280)),
        ],
        &["resource_server_identifier", "permission_name"],
    );
    closed([("permissions", bounded(one))], &["permissions"])
}

/// The body that names roles.
pub(crate) fn roles_body() -> Value {
    closed([("roles", bounded(short(64)))], &["roles"])
}

/// A list of 1 to [`NAMED_MAX`] items.
pub(crate) fn bounded(item: Value) -> Value {
    let mut list = array(item);
    list["minItems"] = json!(1);
    list["maxItems"] = json!(NAMED_MAX);
    list
}

/// A permission in an answer.
pub(crate) fn permission_shape() -> Value {
    open(
        [
            ("permission_name", string()),
            ("resource_server_identifier", string()),
            ("resource_server_name", string()),
            ("description", string()),
        ],
        &["permission_name", "resource_server_identifier"],
    )
}
