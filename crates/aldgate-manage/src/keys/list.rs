//! `GET /keys/signing`.

use serde_json::Value;

use super::{order, refused, view};
use crate::op::{ApiError, Call, Reply};

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let ring = call.app.key_ring(&call.tenant.id).await.map_err(refused)?;
    let mut keys: Vec<_> = ring.keys().iter().collect();
    keys.sort_by_key(|key| order(key));
    Ok(Reply::ok(
        keys.into_iter()
            .map(|key| view(&ring, key))
            .collect::<Value>(),
    ))
}
