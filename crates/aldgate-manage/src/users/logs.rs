//! `GET /users/{id}/logs`.

use aldgate_store::EventFilter;

use super::read::exists;
use crate::logs::view;
use crate::op::{ApiError, Call, Paging, Reply};

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let id = exists(&call).await?;
    let paging = Paging::of(&call)?.within(1000)?;
    crate::logs::newest_first(&call)?;
    let filter = EventFilter {
        user_id: Some(id),
        ..EventFilter::default()
    };
    let (events, total) = crate::logs::plain(&call, &paging, filter).await?;
    let items = events
        .iter()
        .map(|event| (event.id.to_string(), view(event, &call.tenant)));
    Ok(paging.reply(&call, "logs", items.collect(), total))
}
