//! Two users become one: the one way for the Management API, for the user herself, and for actions.
//!
//! Whoever calls this has proof of both sides (FED-01): an administrator's word, or two logins.

use aldgate_core::error::Refusal;
use aldgate_core::id::UserId;
use aldgate_core::time::Timestamp;
use aldgate_core::user::{User, link};
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
