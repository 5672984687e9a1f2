//! The running authorization that a page belongs to, found by the `state` in its address and open
//! only to the browser that began it (SES-01).

use aldgate_app::page::NoticeKind;
use aldgate_core::access::Access;
use aldgate_core::action::Progress;
use aldgate_core::params::Params;
use aldgate_core::secret::{TokenHash, TokenKind};
use aldgate_core::transaction::Transaction;
use axum::response::Response;
use http::StatusCode;

use super::facts::Person;
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

impl Running {
    /// What is granted, as the actions of this login changed it.
    pub(crate) fn adjusted(&self, mut access: Access, person: &Person) -> Access {
        let progress = self.transaction.actions.as_ref();
        if let Some(verdict) = progress.and_then(|one| one.settled(&person.session.id)) {
            verdict.tokens.adjust(&mut access, None);
        }
        access
    }

    /// Keeps how far the actions came; `false` when the transaction has ended meanwhile.
    pub(super) async fn note(
        &self,
        visitor: &Visitor,
        progress: Option<Progress>,
    ) -> Result<bool, Fault> {
        let noted = Transaction {
            actions: progress,
            ..self.transaction.clone()
        };
        let (hash, now) = (self.hash, visitor.now);
        let write =
            move |tx: &mut aldgate_store::Tx<'_>| tx.transactions().update(&hash, &noted, now);
        Ok(visitor.app.store.write(&visitor.tenant.id, write).await?)
    }
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

/// The page that says that there is no such authorization.
pub(crate) async fn gone(visitor: &Visitor) -> Box<Response> {
    let notice = visitor.notice(StatusCode::BAD_REQUEST, NoticeKind::LoginExpired);
    Box::new(notice.await)
}

/// The `state` of a page's query.
pub(crate) fn state_of(query: Option<&str>) -> Option<String> {
    let params = Params::from_form(query.unwrap_or_default().as_bytes()).ok()?;
    params.get("state").map(str::to_owned)
}
