//! The unit of work of a grant that is stored: it runs on what the caches have, and once more when
//! that was not enough. So the token is looked up once, within the unit that spends it.

use std::sync::Arc;

use aldgate_core::application::GrantType;
use aldgate_core::grant::Refused;
use aldgate_store::{StoreError, Tx};

use super::Exchange;
use crate::audience::{Lacking, Reaches};
use crate::client::down;

/// A unit of work. Everything it needs but the reach is drawn before, so that it can run again.
pub(super) trait Unit: Send + Sync + 'static {
    /// What it gives.
    type Done: Send + 'static;

    /// Runs it.
    ///
    /// # Errors
    /// When the database does not answer. [`Stop`] is no error: what it stored stays.
    fn run(
        &self,
        tx: &mut Tx<'_>,
        reaches: &Reaches,
    ) -> Result<Result<Self::Done, Stop>, StoreError>;
}

/// Why a unit of work gave nothing.
pub(super) enum Stop {
    /// It refused.
    Refused(Box<Refused>),
    /// It has to run again with more in hand; nothing was stored.
    Lacking(Lacking),
}

impl From<Box<Refused>> for Stop {
    fn from(refused: Box<Refused>) -> Self {
        Self::Refused(refused)
    }
}

impl From<Lacking> for Stop {
    fn from(lacking: Lacking) -> Self {
        Self::Lacking(lacking)
    }
}

/// Runs a unit of work for `grant`.
pub(super) async fn run<U: Unit>(
    request: &Exchange<'_>,
    grant: GrantType,
    unit: U,
) -> Result<U::Done, Box<Refused>> {
    let refuse = |error| request.refuse(grant, error);
    let (app, tenant, client) = (request.app, request.tenant, &request.client);
    let unit = Arc::new(unit);
    let mut reaches = Reaches::cached(app, tenant, client.id(), request.now);
    loop {
        let (unit, within) = (Arc::clone(&unit), reaches.clone());
        let work = move |tx: &mut Tx<'_>| unit.run(tx, &within);
        let done = app.store.write(&tenant.id, work).await;
        match done.map_err(down).map_err(refuse)? {
            Ok(done) => return Ok(done),
            Err(Stop::Refused(refused)) => return Err(refused),
            Err(Stop::Lacking(lacking)) => {
                reaches = reaches.load(tenant, lacking).await.map_err(refuse)?;
            }
        }
    }
}
