//! Two users become one: the one way for the Management API, for the user herself, and for actions.
//!
//! Whoever calls this has proof of both sides (FED-01): an administrator's word, or two logins.

use aldgate_core::error::Refusal;
use aldgate_core::federation::account::may_become;
use aldgate_core::id::UserId;
use aldgate_core::logout::backchannel::Initiator;
use aldgate_core::secret::TokenHash;
use aldgate_core::session::Session;
use aldgate_core::time::Timestamp;
use aldgate_core::user::{Identity, User, link};
use aldgate_store::{Saved, StoreError, Tx};

/// What came of linking.
#[derive(Debug)]
pub enum Linked {
    /// The user who has both accounts now, and how she was before.
    Done {
        /// Now.
        user: Box<User>,
        /// Before.
        before: Box<User>,
    },
    /// One of both is not there.
    Missing,
    /// They cannot be linked.
    Refused(Refusal),
}

/// Gives the accounts of `secondary` to `primary`. The secondary user is no more: her sessions,
/// grants and roles end; what providers gave for her accounts stays with them.
///
/// # Errors
/// [`StoreError`].
pub fn link_users(
    tx: &mut Tx<'_>,
    primary: &UserId,
    secondary: &UserId,
    now: Timestamp,
) -> Result<Linked, StoreError> {
    // In one order, whoever links whom: two links at once must not wait for each other.
    let (first, second) = if primary <= secondary {
        (primary, secondary)
    } else {
        (secondary, primary)
    };
    let mut found = Vec::with_capacity(2);
    for id in [first, second] {
        match tx.users().by_id_to_change(id)? {
            Some(user) => found.push(user),
            None => return Ok(Linked::Missing),
        }
    }
    let of = |id: &UserId| found.iter().find(|user| user.id == *id);
    let (Some(before), Some(other)) = (of(primary), of(secondary)) else {
        return Ok(Linked::Missing);
    };
    let linked = match link::link(before, other, now) {
        Ok(linked) => linked,
        Err(refusal) => return Ok(Linked::Refused(refusal)),
    };
    let password = tx.passwords().of(secondary)?;
    let tokens = tx.upstream_tokens().of_user(secondary)?;
    tx.logouts()
        .of_user(secondary, None, Initiator::AccountDeleted, now)?;
    tx.users().delete(secondary)?;
    if tx.users().update(&linked)? != Saved::Done {
        let cause = "Another user has one of the accounts or names already.";
        return Ok(Linked::Refused(Refusal::new("identity_conflict", cause)));
    }
    for kept in &tokens {
        tx.upstream_tokens().keep(kept, now)?;
    }
    // A user has one password: that of her main account, else that of the linked one.
    if let (Some(password), None) = (password, tx.passwords().of(primary)?) {
        tx.passwords().set(primary, &password.hash, 0, now)?;
    }
    Ok(Linked::Done {
        user: Box::new(linked),
        before: Box::new(before.clone()),
    })
}

/// A login that an action gives to the primary user of its account.
#[derive(Debug, Clone, Copy)]
pub struct MovedLogin<'a> {
    /// The session of the login.
    pub session: &'a Session,
    /// The accounts of the user who logged in, as they were at the login: linking may have ended
    /// her since.
    pub logged_in: &'a [Identity],
    /// Who she is to be.
    pub primary: &'a UserId,
    /// Hash of the browser's new cookie: whoever becomes somebody else gets one (SES-01).
    pub fresh: &'a TokenHash,
    /// Hash of the cookie before.
    pub retired: &'a TokenHash,
}

/// Makes `primary` the user of a login (Auth0: `api.authentication.setPrimaryUser`), if she has the
/// account that logged in. The inner error says why she cannot be.
///
/// # Errors
/// [`StoreError`].
pub fn become_primary(
    tx: &mut Tx<'_>,
    login: MovedLogin<'_>,
) -> Result<Result<(Session, User), Refusal>, StoreError> {
    let Some(user) = tx.users().by_id_to_change(login.primary)? else {
        let cause = "The primary user does not exist.";
        let refusal = Refusal::new("primary_user_missing", cause).actual(login.primary.as_str());
        return Ok(Err(refusal));
    };
    if let Err(refusal) = may_become(&user, login.logged_in) {
        return Ok(Err(refusal));
    }
    let session = Session {
        user_id: user.id.clone(),
        ..login.session.clone()
    };
    tx.sessions()
        .begin(login.fresh, &session, Some(login.retired))?;
    Ok(Ok((session, user)))
}
