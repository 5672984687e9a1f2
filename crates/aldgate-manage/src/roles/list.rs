//! `GET /roles`.

use aldgate_store::{StoreError, Tx};

use super::view;
use crate::op::{ApiError, Call, Paging, Reply};

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let paging = Paging::of(&call)?;
    // Auth0 tells roles of the tenant from those of an organization; all of ours are the tenant's.
    if call.query.get("type").is_some_and(|kind| kind != "tenant") {
        return Ok(paging.reply(&call, "roles", Vec::new(), 0));
    }
    let name = call.query.get("name_filter").unwrap_or_default().to_owned();
    let page = paging.page();
    let load = move |tx: &mut Tx<'_>| {
        let roles = tx.roles().list(&name, &page)?;
        let total = tx.roles().count(&name)?;
        Ok::<_, StoreError>((roles, total))
    };
    let (roles, total) = call.app.store.read(&call.tenant.id, load).await?;
    let items = roles.iter().map(|role| (role.name.clone(), view(role)));
    Ok(paging.reply(&call, "roles", items.collect(), total))
}
