//! Second factors of a user. There are none yet: lists are empty, and taking one away finds nothing
//! to do, as at Auth0 for a user who enrolled none.

use aldgate_core::error::Refusal;
use http::StatusCode;
use serde_json::{Value, json};

use super::read::exists;
use crate::op::{ApiError, Call, Paging, Reply};

/// Factors whose enrolments can be reset.
const PROVIDERS: [&str; 2] = ["duo", "google-authenticator"];

/// A bare empty list.
pub(super) async fn bare_list(call: Call) -> Result<Reply, ApiError> {
    exists(&call).await?;
    Ok(Reply::ok(json!([])))
}

/// An empty list in pages.
pub(super) async fn list(call: Call) -> Result<Reply, ApiError> {
    exists(&call).await?;
    Ok(Paging::of(&call)?.reply(&call, "authenticators", Vec::new(), 0))
}

/// An empty list of accounts at other APIs.
pub(super) async fn connected(call: Call) -> Result<Reply, ApiError> {
    exists(&call).await?;
    let paging = Paging::of(&call)?.into_keyset();
    Ok(paging.reply(&call, "connected_accounts", Vec::new(), 0))
}

/// No such method.
pub(super) async fn missing(call: Call) -> Result<Reply, ApiError> {
    exists(&call).await?;
    Err(ApiError::not_found(
        "inexistent_authentication_method",
        "The authentication method does not exist.",
    ))
}

/// Nothing to take away.
pub(super) async fn nothing(call: Call) -> Result<Reply, ApiError> {
    exists(&call).await?;
    Ok(Reply::empty())
}

/// Nothing enrolled with this provider.
pub(super) async fn provider(call: Call) -> Result<Reply, ApiError> {
    let provider = call.segment("provider");
    if !PROVIDERS.contains(&provider) {
        let refusal = Refusal::new(
            "invalid_uri",
            "Path validation error: 'Not a provider of second factors' on property provider.",
        );
        let refusal = refusal.expected(PROVIDERS.join(" or ")).actual(provider);
        return Err(ApiError::bad_request("invalid_uri", refusal));
    }
    nothing(call).await
}

/// Refuses to enroll what no login would ask for.
pub(super) async fn unable(call: Call) -> Result<Reply, ApiError> {
    exists(&call).await?;
    call.object()?;
    Err(no_factors())
}

/// Replaces all methods: with none, which is what there is, or not at all.
pub(super) async fn replace(call: Call) -> Result<Reply, ApiError> {
    exists(&call).await?;
    match call.parse_list::<Value>()?.is_empty() {
        true => Ok(Reply::ok(json!([]))),
        false => Err(no_factors()),
    }
}

/// 404: a recovery code belongs to a second factor.
pub(super) async fn no_recovery_code(call: Call) -> Result<Reply, ApiError> {
    exists(&call).await?;
    let refusal = Refusal::new("recovery_code", "The user has no recovery code.")
        .expected("a user who enrolled a second factor")
        .actual("none enrolled");
    let status = StatusCode::NOT_FOUND;
    Err(ApiError::new(
        status,
        Some("inexistent_recovery_code"),
        refusal,
    ))
}

fn no_factors() -> ApiError {
    let cause = "Second factors cannot be enrolled: no login asks for them yet.";
    let refusal = Refusal::new("operation_not_supported", cause)
        .remedy("See CONFORMANCE.md for what there is.");
    ApiError::bad_request("operation_not_supported", refusal)
}
