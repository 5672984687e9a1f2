//! `/organizations`: not built. Lists are empty but valid, reading says that there is none, making
//! one is refused with the reason.

use aldgate_core::error::Refusal;
use http::StatusCode;

use crate::op::schema::{any, free, page};
use crate::op::{
    ApiError, Call, FIELDS, KEYSET, Operation, PAGES, Paging, Reply, delete, get, patch, post, text,
};

/// The lists below one organization, with the scope that reads each.
const LISTS: &[(&str, &str, &[&str])] = &[
    (
        "/organizations/{id}/clients",
        "List the applications of an organization",
        &["read:organizations"],
    ),
    (
        "/organizations/{id}/client-grants",
        "List the client grants of an organization",
        &["read:organization_client_grants"],
    ),
    (
        "/organizations/{id}/connections",
        "List the connections of an organization",
        &["read:organization_connections"],
    ),
    (
        "/organizations/{id}/discovery-domains",
        "List the domains of an organization",
        &["read:organization_discovery_domains"],
    ),
    (
        "/organizations/{id}/enabled_connections",
        "List the enabled connections of an organization",
        &["read:organization_connections"],
    ),
    (
        "/organizations/{id}/invitations",
        "List the invitations of an organization",
        &["read:organization_invitations"],
    ),
    (
        "/organizations/{id}/members",
        "List the members of an organization",
        &["read:organization_members"],
    ),
    (
        "/organizations/{id}/members/{user_id}/roles",
        "List the roles of a member of an organization",
        &["read:organization_member_roles"],
    ),
];

pub(crate) fn operations() -> Vec<Operation> {
    let one = "/organizations/{id}";
    let mut all = vec![
        get("/organizations", "List organizations", list)
            .scopes(&["read:organizations"])
            .query(PAGES)
            .query(KEYSET)
            .query([text("sort")])
            .answers(page("organizations", any())),
        post("/organizations", "Create an organization", refuse)
            .scopes(&["create:organizations"])
            .body(free())
            .answers(free()),
        get("/organizations/name/{name}", "Find an organization", none)
            .scopes(&["read:organizations"])
            .answers(free()),
        get(one, "Get an organization", none)
            .scopes(&["read:organizations"])
            .answers(free()),
        patch(one, "Update an organization", none)
            .scopes(&["update:organizations"])
            .body(free())
            .answers(free()),
        delete(one, "Delete an organization", none).scopes(&["delete:organizations"]),
    ];
    all.extend(LISTS.iter().map(|(path, summary, scopes)| {
        get(path, summary, none)
            .scopes(scopes)
            .query(PAGES)
            .query(KEYSET)
            .query(FIELDS)
            .query([text("sort")])
            .answers(free())
    }));
    all
}

async fn list(call: Call) -> Result<Reply, ApiError> {
    let paging = Paging::of(&call)?;
    Ok(paging.reply(&call, "organizations", Vec::new(), 0))
}

async fn none(_call: Call) -> Result<Reply, ApiError> {
    let cause = "No organization found by that id or name";
    let refusal = Refusal::new("inexistent_organization", cause);
    Err(ApiError::new(StatusCode::NOT_FOUND, None, refusal))
}

async fn refuse(call: Call) -> Result<Reply, ApiError> {
    call.object()?;
    let refusal = Refusal::new(
        "operation_not_supported",
        "Organizations are not supported.",
    )
    .remedy("Aldgate does not have them yet; CONFORMANCE.md lists the gaps.");
    Err(ApiError::forbidden("operation_not_supported", refusal))
}
