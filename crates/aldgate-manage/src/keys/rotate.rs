//! `POST /keys/signing/rotate`: each ring turns; the answer is RS256's next key.

use std::collections::BTreeSet;

use aldgate_core::api::SigningAlg;
use aldgate_core::key::KeyState;
use serde_json::Value;

use super::{brief, refused};
use crate::op::{ApiError, Call, Reply};

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let ring = call.app.key_ring(&call.tenant.id).await.map_err(refused)?;
    let mut algs: BTreeSet<(bool, &str)> = BTreeSet::new();
    let mut order = |alg: SigningAlg| algs.insert((alg != SigningAlg::Rs256, alg.as_str()));
    order(SigningAlg::Rs256);
    for key in ring.keys() {
        order(key.alg);
    }
    for (_, name) in algs {
        let alg = ring.keys().iter().map(|key| key.alg);
        let alg = alg
            .chain([SigningAlg::Rs256])
            .find(|alg| alg.as_str() == name);
        if let Some(alg) = alg {
            // RS256 is turned first: if it is too early, nothing was changed.
            let turned = call.app.rotate_keys(&call.tenant, alg).await;
            match turned {
                Err(error) if alg == SigningAlg::Rs256 => return Err(refused(error)),
                Err(error) => tracing::info!(%error, alg = name, "a ring does not turn yet"),
                Ok(_) => {}
            }
        }
    }
    let ring = call.app.key_ring(&call.tenant.id).await.map_err(refused)?;
    let next = ring
        .keys()
        .iter()
        .find(|key| key.alg == SigningAlg::Rs256 && key.state == KeyState::Next);
    let shown = next.map_or(Value::Null, brief);
    let (audit, after) = (call.audit(), shown.clone());
    let note = move |tx: &mut aldgate_store::Tx<'_>| audit.record(tx, &Value::Null, &after);
    call.app.store.write(&call.tenant.id, note).await?;
    Ok(Reply::ok(shown))
}
