//! `GET /custom-domains`.

use aldgate_core::custom_domain::CustomDomain;
use aldgate_store::{StoreError, Tx};

use super::{KIND, host, view};
use crate::op::{ApiError, Call, Paging, Reply};

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let (paging, host) = (Paging::of(&call)?, host(&call));
    let load = |tx: &mut Tx<'_>| tx.settings().all::<CustomDomain>(KIND);
    let all: Result<Vec<(String, CustomDomain)>, StoreError> =
        call.app.store.read(&call.tenant.id, load).await;
    let views = all?
        .into_iter()
        .map(|(id, domain)| (id, view(&domain, &host)));
    let views = paging.part(views.collect());
    let shown = views.into_iter().map(|(_, view)| call.chosen(view));
    Ok(Reply::ok(shown.collect()))
}
