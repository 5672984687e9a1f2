//! `GET /users/{id}/logs`.

use aldgate_store::{EventFilter, StoreError, Tx};

use super::read::exists;
use crate::logs::view;
use crate::op::{ApiError, Call, Paging, Reply};

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let id = exists(&call).await?;
    let paging = Paging::of(&call)?.within(1000)?;
    crate::logs::newest_first(&call)?;
    let (page, totals) = (paging.page(), paging.totals);
    let filter = EventFilter {
        user_id: Some(id),
        ..EventFilter::default()
    };
    let load = move |tx: &mut Tx<'_>| {
        let events = tx.events().search(&filter, &page)?;
        let total = if totals {
            tx.events().count(&filter)?
        } else {
            0
        };
        Ok::<_, StoreError>((events, total))
    };
    let (events, total) = call.app.store.read(&call.tenant.id, load).await?;
    let items = events
        .iter()
        .map(|event| (event.id.to_string(), view(event, &call.tenant)));
    Ok(paging.reply(&call, "logs", items.collect(), total))
}
