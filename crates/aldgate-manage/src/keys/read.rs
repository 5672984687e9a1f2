//! `GET /keys/signing/{kid}`.

use aldgate_core::id::KeyId;

use super::{missing, refused, view};
use crate::op::{ApiError, Call, Reply};

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let id: KeyId = call.id("kid")?;
    let ring = call.app.key_ring(&call.tenant.id).await.map_err(refused)?;
    let key = ring.keys().iter().find(|key| key.id == id);
    key.map(|key| Reply::ok(view(&ring, key)))
        .ok_or_else(missing)
}
