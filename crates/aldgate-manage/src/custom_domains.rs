//! `/custom-domains`: further host names of a tenant. They are kept, and become `ready` only when
//! Aldgate really answers there: a tenant has one issuer and answers at its host alone, so any
//! other name waits for its verification for ever, and says so.

mod create;
mod delete;
mod list;
mod read;
mod update;
mod verify;

use aldgate_core::custom_domain::{self, CREATABLE, CustomDomain, WRITABLE};
use aldgate_core::id::CustomDomainId;
use aldgate_store::{StoreError, Tx};
use serde_json::Value;

use crate::op::schema::{any, array, closed, flag, free, one_of, open, short, string, writable};
use crate::op::{ApiError, Call, FIELDS, KEYSET, Operation, PAGES, delete, get, patch, post, text};

/// The kind of the settings documents that hold them.
const KIND: &str = "custom_domain";

pub(crate) fn operations() -> Vec<Operation> {
    let one = "/custom-domains/{id}";
    vec![
        get("/custom-domains", "List custom domains", list::run)
            .scopes(&["read:custom_domains"])
            .query(PAGES)
            .query(KEYSET)
            .query(FIELDS)
            .query([text("q"), text("sort")])
            .answers(array(shape())),
        post("/custom-domains", "Create a custom domain", create::run)
            .scopes(&["create:custom_domains"])
            .body(writable(CREATABLE, &["domain", "type"]))
            .answers(shape()),
        get(
            "/custom-domains/default",
            "Get the default domain",
            read::default,
        )
        .scopes(&["read:custom_domains"])
        .answers(open([("domain", string())], &["domain"])),
        patch(
            "/custom-domains/default",
            "Set the default domain",
            update::default,
        )
        .scopes(&["update:custom_domains"])
        .body(closed([("domain", short(255))], &["domain"]))
        .answers(open([("domain", string())], &["domain"])),
        get(one, "Get a custom domain", read::run)
            .scopes(&["read:custom_domains"])
            .answers(shape()),
        patch(one, "Update a custom domain", update::run)
            .scopes(&["update:custom_domains"])
            .body(writable(WRITABLE, &[]))
            .answers(shape()),
        delete(one, "Delete a custom domain", delete::run).scopes(&["delete:custom_domains"]),
        post(
            "/custom-domains/{id}/verify",
            "Verify a custom domain",
            verify::run,
        )
        .scopes(&["create:custom_domains"])
        .status(200)
        .answers(shape()),
        post(
            "/custom-domains/{id}/test",
            "Test a custom domain",
            verify::test,
        )
        .scopes(&["read:custom_domains"])
        .status(200)
        .answers(open(
            [("success", flag()), ("message", string())],
            &["success"],
        )),
    ]
}

/// The domain on the wire; `host` is where the tenant answers.
fn view(domain: &CustomDomain, host: &str) -> Value {
    Value::Object(custom_domain::public_view(domain, host))
}

/// Where the tenant answers, without a port.
fn host(call: &Call) -> String {
    let issuer = url::Url::parse(call.tenant.issuer.as_str());
    let host = issuer
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned));
    host.unwrap_or_default()
}

fn find(tx: &mut Tx<'_>, id: &CustomDomainId) -> Result<Option<CustomDomain>, StoreError> {
    tx.settings().load(KIND, id.as_str())
}

async fn loaded(call: &Call) -> Result<CustomDomain, ApiError> {
    let id: CustomDomainId = call.id("id")?;
    let load = move |tx: &mut Tx<'_>| find(tx, &id);
    let found = call.app.store.read(&call.tenant.id, load).await?;
    found.ok_or_else(missing)
}

fn shape() -> Value {
    open(
        [
            ("custom_domain_id", string()),
            ("domain", string()),
            ("primary", flag()),
            ("is_default", flag()),
            ("status", one_of(&["pending_verification", "ready"])),
            ("type", one_of(custom_domain::TYPES)),
            ("tls_policy", string()),
            ("domain_metadata", free()),
            ("verification", open([("methods", array(any()))], &[])),
        ],
        &["custom_domain_id", "domain", "primary", "status", "type"],
    )
}

fn missing() -> ApiError {
    let message = "The custom domain does not exist";
    ApiError::not_found("inexistent_custom_domain", message)
}
