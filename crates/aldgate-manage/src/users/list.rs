//! `GET /users`.

use serde_json::Value;

use super::search::Search;
use super::view;
use crate::op::{ApiError, Call, Paging, Reply};

/// Searches give no more than this by page; beyond it one reads on by key.
const BY_PAGE_MAX: u32 = 1000;

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let paging = Paging::of(&call)?.within(BY_PAGE_MAX)?;
    if let Some(engine) = call
        .query
        .get("search_engine")
        .filter(|engine| *engine != "v3")
    {
        let refusal = aldgate_core::error::Refusal::new(
            "search_engine",
            "Query validation error: 'Unknown search engine' on property search_engine.",
        );
        let refusal = refusal.expected("v3").actual(engine);
        return Err(ApiError::bad_request("invalid_query_string", refusal));
    }
    let search = Search::of(&call).await?;
    let found = search.run(&call, &paging).await?;
    let items = found.users.iter();
    let items = items.map(|(key, user)| (key.clone(), Value::Object(view(&call, user))));
    Ok(paging.reply(&call, "users", items.collect(), found.total))
}
