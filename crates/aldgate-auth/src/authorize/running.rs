//! The running authorization that a page belongs to, found by the `state` in its address and open
//! only to the browser that began it (SES-01).

use aldgate_app::page::NoticeKind;
use aldgate_core::params::Params;
use aldgate_core::secret::{TokenHash, TokenKind};
use aldgate_core::transaction::Transaction;
use axum::response::Response;
use http::StatusCode;

use crate::visitor::{Fault, Visitor};

/// A running authorization, open to this browser.
pub(crate) struct Running {
    /// Its handle, as in the address.
    pub(crate) handle: String,
    /// What it is stored under.
    pub(crate) hash: TokenHash,
    /// What is known of it.
    pub(crate) transaction: Transaction,
}

/// Opens the running authorization of a handle, or makes the page that says that there is none.
pub(crate) async fn open(
    visitor: &Visitor,
    handle: Option<&str>,
) -> Result<Result<Running, Box<Response>>, Fault> {
    let found = handle.and_then(|handle| Some((handle, TokenKind::Transaction.hash(handle)?)));
    let Some((handle, hash)) = found else {
        return Ok(Err(gone(visitor).await));
    };
    let now = visitor.now;
    let read = move |tx: &mut aldgate_store::Tx<'_>| tx.transactions().running(&hash, now);
    let transaction: Option<Transaction> =
        visitor.app.store.look_up(&visitor.tenant.id, read).await?;
    let browser = visitor.browser.is_known().then(|| visitor.browser.hash());
    let open = transaction.filter(|transaction| transaction.is_open_to(browser, now));
    Ok(match open {
        Some(transaction) => Ok(Running {
            handle: handle.to_owned(),
            hash,
            transaction,
        }),
        None => Err(gone(visitor).await),
    })
}

async fn gone(visitor: &Visitor) -> Box<Response> {
    let notice = visitor.notice(StatusCode::BAD_REQUEST, NoticeKind::LoginExpired);
    Box::new(notice.await)
}

/// The `state` of a page's query.
pub(crate) fn state_of(query: Option<&str>) -> Option<String> {
    let params = Params::from_form(query.unwrap_or_default().as_bytes()).ok()?;
    params.get("state").map(str::to_owned)
}
