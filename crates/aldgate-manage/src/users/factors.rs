//! Second factors of a user. There are none yet: lists are empty, and taking one away finds nothing
//! to do, as at Auth0 for a user who enrolled none.

use serde_json::json;

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
        let refusal = aldgate_core::error::Refusal::new(
            "invalid_uri",
            "Path validation error: 'Not a provider of second factors' on property provider.",
        );
        let refusal = refusal.expected(PROVIDERS.join(" or ")).actual(provider);
        return Err(ApiError::bad_request("invalid_uri", refusal));
    }
    nothing(call).await
}
