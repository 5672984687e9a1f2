//! `GET /account/data`: what is stored about her, as JSON.

use aldgate_app::respond::{json, no_store};
use aldgate_core::event::EventType;
use aldgate_store::{EventFilter, Page, StoreError, Tx};
use axum::response::Response;
use http::header::CONTENT_DISPOSITION;
use http::{HeaderValue, StatusCode};
use serde_json::{Value, json as value};

use super::owner::{self, Login, Owner};
use crate::visitor::{Fault, Visitor};

/// The most entries of each list.
const LISTED_MAX: u32 = 1000;

pub(super) async fn get(visitor: Visitor) -> Response {
    let result = match owner::open(&visitor, Login::Fresh, "data").await {
        Ok(Ok(owner)) => download(&visitor, &owner).await,
        Ok(Err(instead)) => Ok(*instead),
        Err(fault) => Err(fault),
    };
    visitor.answer(result).await
}

async fn download(visitor: &Visitor, owner: &Owner) -> Result<Response, Fault> {
    let mut profile = owner.user.to_wire(false);
    // What administrators note is theirs to hand out.
    profile.remove("app_metadata");
    let (user, now) = (owner.user.id.clone(), visitor.now);
    let event = owner.event(
        visitor,
        EventType::DataDownloaded,
        "She downloaded her data",
    );
    let work = move |tx: &mut Tx<'_>| {
        tx.events().record(std::slice::from_ref(&event))?;
        let page = Page::at(0, LISTED_MAX);
        let filter = EventFilter {
            user_id: Some(user.clone()),
            ..EventFilter::default()
        };
        let sessions = tx.sessions().of_user(&user, &page)?;
        let consents = tx.consents().of_user(&user, &page)?;
        let families = tx.refresh_tokens().of_user(&user, now, &page)?;
        let roles = tx.roles().of_user(&user)?;
        let events = tx.events().search(&filter, &page)?;
        Ok::<_, StoreError>(value!({
            "language": tx.users().language(&user)?,
            "sessions": sessions.iter().map(|one| value!({
                "id": one.id, "created_at": one.created_at, "device": one.device,
                "last_interacted_at": one.last_interacted_at, "expires_at": one.expires_at,
            })).collect::<Vec<_>>(),
            "consents": consents.iter().map(|one| value!({
                "client_id": one.client_id, "audience": one.audience,
                "scope": one.scope, "created_at": one.created_at,
            })).collect::<Vec<_>>(),
            "refresh_tokens": families.iter().map(|one| value!({
                "client_id": one.grant.client_id, "audience": one.grant.audience,
                "scope": one.grant.scope, "expires_at": one.expires_at,
            })).collect::<Vec<_>>(),
            "roles": roles.iter().map(|role| role.name.clone()).collect::<Vec<_>>(),
            "log": events.iter().map(|event| value!({
                "date": event.at, "type": event.kind.code(), "ip": event.ip,
                "user_agent": event.user_agent, "client_id": event.client_id,
                "description": event.description,
            })).collect::<Vec<_>>(),
        }))
    };
    let mut data: Value = visitor.app.store.write(&visitor.tenant.id, work).await?;
    data["user"] = profile.into();
    let mut response = json(StatusCode::OK, &data);
    let file = HeaderValue::from_static("attachment; filename=\"my-data.json\"");
    response.headers_mut().insert(CONTENT_DISPOSITION, file);
    no_store(response.headers_mut());
    Ok(response)
}
