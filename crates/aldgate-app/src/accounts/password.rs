//! Setting a password: checked by the connection's policy, hashed outside of any unit of work, and
//! followed by the end of everything that the old one opened (ACC-07).

use aldgate_core::attempts::Account;
use aldgate_core::connection::Connection;
use aldgate_core::event::Event;
use aldgate_core::id::{SessionId, UserId};
use aldgate_core::logout::backchannel::Initiator;
use aldgate_core::password::{Password, PasswordPolicy, PersonalWords, RefusedPassword};
use aldgate_core::secret::Secret;
use aldgate_core::tenant::Tenant;
use aldgate_core::ticket::TicketPurpose;
use aldgate_core::time::Timestamp;
use aldgate_core::user::{EmailProof, User};
use aldgate_store::{Saved, StoreError, Tx};

use crate::app::App;
use crate::hashing::{Checked, HashingError};
use crate::mail::QueuedMail;

/// The hash of a password that the policy accepted.
#[derive(Clone, Debug)]
pub struct HashedPassword {
    hash: Secret<String>,
    history: usize,
}

/// Why a password was not set.
#[derive(Debug, thiserror::Error)]
pub enum SetPasswordError {
    /// The policy refuses it.
    #[error("the password is refused: {0:?}")]
    Refused(RefusedPassword, PasswordPolicy),
    /// The hashing threads are busy.
    #[error(transparent)]
    Hashing(#[from] HashingError),
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A change of a password, to be written in one unit of work.
#[derive(Clone, Debug)]
pub struct PasswordChange {
    /// Whose.
    pub user: UserId,
    /// The new one.
    pub password: HashedPassword,
    /// Her own session, when she changes it herself while logged in.
    pub keep: Option<SessionId>,
    /// Whether the way to this change proved that her present address is hers: a mailed ticket did.
    pub proves_email: bool,
    /// What the tenant log says.
    pub event: Event,
    /// Tells her.
    pub notice: Option<QueuedMail>,
}

/// What somebody who knows the user would try.
#[must_use]
pub fn personal_words(tenant: &Tenant, user: &User) -> PersonalWords {
    let profile = &user.profile;
    let texts = [
        user.email.as_deref(),
        user.username.as_deref(),
        user.phone_number.as_deref(),
        profile.name.as_deref(),
        profile.given_name.as_deref(),
        profile.family_name.as_deref(),
        profile.nickname.as_deref(),
        tenant.settings.friendly_name.as_deref(),
        Some(tenant.issuer.authority()),
    ];
    PersonalWords::of(texts.into_iter().flatten())
}

/// Checks a typed password by the connection's policy and hashes it.
///
/// # Errors
/// [`SetPasswordError`].
pub async fn hash_new_password(
    app: &App,
    connection: &Connection,
    typed: &str,
    words: &PersonalWords,
    former: &[Secret<String>],
) -> Result<HashedPassword, SetPasswordError> {
    let policy = PasswordPolicy::of(connection);
    let accepted = Password::parse(typed)
        .map_err(RefusedPassword::from)
        .and_then(|password| policy.accept(password, words));
    let accepted = match accepted {
        Ok(accepted) => accepted,
        Err(refused) => return Err(SetPasswordError::Refused(refused, policy)),
    };
    let secret = accepted.password().secret();
    for hash in former.iter().take(policy.history) {
        if app
            .hashing
            .check(secret.clone(), Some(hash.expose()))
            .await?
            != Checked::Wrong
        {
            let size = policy.history;
            let reused = RefusedPassword::Reused { size };
            return Err(SetPasswordError::Refused(reused, policy));
        }
    }
    let hash = app.hashing.hash(secret.clone(), &mut app.rng()).await?;
    Ok(HashedPassword {
        hash: Secret::new(hash),
        history: policy.history,
    })
}

/// Writes a change of a password: ends her sessions, tokens and tickets, lifts blocks by guessing,
/// records and tells. An address that was never proved until now may have been somebody else's:
/// accounts linked meanwhile go (ACC-06). `false` when there is no such user.
///
/// # Errors
/// When the database does not answer.
pub fn change_password(
    tx: &mut Tx<'_>,
    change: &PasswordChange,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let Some(mut user) = tx.users().by_id_to_change(&change.user)? else {
        return Ok(false);
    };
    change.password.store(tx, &user.id, now)?;
    user.updated_at = now;
    user.last_password_reset = Some(now);
    if change.proves_email {
        user.prove_email(EmailProof::NewPassword);
    }
    let saved = tx.users().update(&user)?;
    debug_assert_eq!(saved, Saved::Done, "only identities were taken away");
    let initiator = Initiator::PasswordChanged;
    tx.access()
        .cut(&user.id, change.keep.as_ref(), initiator, now)?;
    tx.attempts().unblock(&Account::Known(user.id))?;
    tx.events().record(std::slice::from_ref(&change.event))?;
    if let Some(notice) = &change.notice {
        notice.enqueue(tx, now)?;
    }
    Ok(true)
}

impl HashedPassword {
    /// A hash that was made elsewhere, from an import; its form was checked by
    /// [`crate::hashing::Hashing::is_known`].
    pub(super) const fn imported(hash: Secret<String>) -> Self {
        Self { hash, history: 0 }
    }

    /// Stores the hash and voids what the old password could be reset by.
    pub(super) fn store(
        &self,
        tx: &mut Tx<'_>,
        user: &UserId,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        tx.passwords().set(user, &self.hash, self.history, now)?;
        tx.tickets().void(user, TicketPurpose::ResetPassword, now)
    }
}
