//! `GET /resource-servers`.

use aldgate_store::{StoreError, Tx};

use super::view;
use crate::op::{ApiError, Call, Paging, Reply};

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let paging = Paging::of(&call)?;
    let (window, wanted) = (paging.clone(), call.query.all("identifiers").to_vec());
    let now = call.now;
    let load = move |tx: &mut Tx<'_>| {
        if wanted.is_empty() {
            let apis = tx.apis().list(&window.page())?;
            return Ok::<_, StoreError>((apis, tx.apis().count()?));
        }
        let mut found = Vec::new();
        for identifier in &wanted {
            let api = tx.apis().by_identifier(identifier, now)?;
            found.extend(api.filter(|api| api.identifier == *identifier));
        }
        found.sort_by(|a, b| a.id.cmp(&b.id));
        found.dedup_by(|a, b| a.id == b.id);
        let total = found.len() as u64;
        Ok((window.part_of(found, |api| api.id.to_string()), total))
    };
    let (apis, total) = call.app.store.read(&call.tenant.id, load).await?;
    let items = apis.iter().map(|api| (api.id.to_string(), view(api)));
    Ok(paging.reply(&call, "resource_servers", items.collect(), total))
}
