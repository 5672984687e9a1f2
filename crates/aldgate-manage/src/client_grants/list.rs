//! `GET /client-grants`.

use aldgate_core::client_grant::{ClientGrant, SubjectType};
use aldgate_core::id::ClientId;
use aldgate_store::{ClientGrantFilter, StoreError, Tx};

use super::view;
use crate::op::{ApiError, Call, Paging, Reply, everything, wrong};

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let paging = Paging::of(&call)?;
    // Grants by default for a kind of application do not exist here.
    let Some(filter) = filter(&call)?.filter(|_| call.query.get("default_for").is_none()) else {
        return Ok(paging.reply(&call, "client_grants", Vec::new(), 0));
    };
    let (window, any) = (paging.clone(), call.query.flag("allow_any_organization"));
    let load = move |tx: &mut Tx<'_>| {
        let Some(any) = any else {
            let grants = tx.client_grants().list(&filter, &window.page())?;
            let total = tx.client_grants().count(&filter)?;
            return Ok::<_, StoreError>((grants, total));
        };
        let key = |grant: &ClientGrant| grant.id.to_string();
        let mut all = everything(key, |page| tx.client_grants().list(&filter, page))?;
        all.retain(|grant| allows_any(grant) == any);
        let total = all.len() as u64;
        Ok((window.part_of(all, key), total))
    };
    let (grants, total) = call.app.store.read(&call.tenant.id, load).await?;
    let items = grants
        .iter()
        .map(|grant| (grant.id.to_string(), view(grant)));
    Ok(paging.reply(&call, "client_grants", items.collect(), total))
}

/// `None`: nothing can match.
fn filter(call: &Call) -> Result<Option<ClientGrantFilter>, ApiError> {
    let subject_type = match call.query.get("subject_type") {
        None | Some("") => None,
        Some("client") => Some(SubjectType::Client),
        Some("user") => Some(SubjectType::User),
        Some(other) => return Err(wrong("subject_type", "Expected client or user", other)),
    };
    let client_id = match call.query.get("client_id").filter(|id| !id.is_empty()) {
        None => None,
        Some(id) => match ClientId::parse(id) {
            Ok(id) => Some(id),
            Err(_) => return Ok(None),
        },
    };
    let audience = call.query.get("audience").filter(|text| !text.is_empty());
    Ok(Some(ClientGrantFilter {
        client_id,
        audience: audience.map(str::to_owned),
        subject_type,
    }))
}

fn allows_any(grant: &ClientGrant) -> bool {
    let member = grant.extra.get("allow_any_organization");
    member.and_then(serde_json::Value::as_bool).unwrap_or(false)
}
