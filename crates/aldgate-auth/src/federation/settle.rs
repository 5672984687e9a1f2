//! What a proven login at a provider leaves behind: the user, found or made, in one unit of work.

use aldgate_core::attempts::{Address, Subject};
use aldgate_core::connection::Connection;
use aldgate_core::error::{OAuthError, Refusal};
use aldgate_core::event::Event;
use aldgate_core::federation::account::{self, Facts};
use aldgate_core::federation::preset::Preset;
use aldgate_core::federation::profile::Arrival;
use aldgate_core::id::{ClientId, ConnectionId, UserId};
use aldgate_core::time::Timestamp;
use aldgate_core::user::User;
use aldgate_store::{Saved, SealedTokens, StoreError, Tx};

/// Everything the unit of work needs.
#[derive(Clone)]
pub(super) struct Settle {
    pub(super) connection_id: ConnectionId,
    /// The application that the user goes to.
    pub(super) client_id: ClientId,
    pub(super) preset: &'static Preset,
    pub(super) arrival: Arrival,
    pub(super) tokens: SealedTokens,
    pub(super) ip: String,
    pub(super) address: Address,
    /// The event of a first login, but for the user.
    pub(super) signup: Event,
    pub(super) now: Timestamp,
}

/// What came of it.
pub(super) enum Settled {
    /// She is the user.
    In(UserId),
    /// Nobody is; nothing was written.
    Refused(Box<OAuthError>),
}

impl Settle {
    /// Finds or makes the user. The connection is read again: one that was switched off while the
    /// user was at the provider lets nobody in (FED-01).
    pub(super) fn run(&self, tx: &mut Tx<'_>) -> Result<Settled, StoreError> {
        let connection = tx.connections().by_id(&self.connection_id)?;
        let usable = connection.filter(|one| {
            one.strategy == self.preset.strategy
                && one.is_active()
                && one.is_enabled_for(&self.client_id)
        });
        let Some(connection) = usable else {
            return Ok(refused(switched_off()));
        };
        let facts = Facts {
            preset: self.preset,
            connection: &connection,
            arrival: &self.arrival,
            ip: &self.ip,
            now: self.now,
        };
        let settled = match self.known(tx, &connection)? {
            Some(user) => self.again(tx, user, facts)?,
            None => self.first(tx, facts)?,
        };
        if matches!(settled, Settled::In(_)) {
            tx.upstream_tokens().keep(&self.tokens, self.now)?;
            tx.attempts().take_back(&Subject::Address(self.address))?;
        }
        Ok(settled)
    }

    fn known(&self, tx: &mut Tx<'_>, connection: &Connection) -> Result<Option<User>, StoreError> {
        let found = tx
            .users()
            .by_identity(&connection.id, &self.arrival.subject)?;
        match found {
            Some(user) => tx.users().by_id_to_change(&user.id),
            None => Ok(None),
        }
    }

    fn again(&self, tx: &mut Tx<'_>, user: User, facts: Facts<'_>) -> Result<Settled, StoreError> {
        match account::welcome_back(user, facts) {
            Ok(user) => {
                let _exists: bool = tx.users().touch(&user)?;
                Ok(Settled::In(user.id))
            }
            Err(error) => Ok(refused(error)),
        }
    }

    fn first(&self, tx: &mut Tx<'_>, facts: Facts<'_>) -> Result<Settled, StoreError> {
        let user = match account::welcome(facts) {
            Ok(user) => user,
            Err(error) => return Ok(refused(error)),
        };
        match tx.users().create(&user)? {
            Saved::Done => {
                let mut event = self.signup.clone();
                event.user_id = Some(user.id.clone());
                event.user_name = Some(user.display_name().to_owned());
                tx.events().record(&[event])?;
                Ok(Settled::In(user.id))
            }
            Saved::Missing | Saved::Taken(_) => Ok(refused(taken(&user.id))),
        }
    }
}

fn refused(error: OAuthError) -> Settled {
    Settled::Refused(Box::new(error))
}

fn switched_off() -> OAuthError {
    let cause = "The connection was switched off, or is not for this application any more.";
    let refusal = Refusal::new("federation_connection", cause)
        .expected("an active connection that is enabled for the application");
    OAuthError::access_denied("The connection cannot be used").because(refusal)
}

/// Two connections of one social provider know the same account.
fn taken(id: &UserId) -> OAuthError {
    let cause = "Another connection of this provider has a user with this id already.";
    let refusal = Refusal::new("federation_user_id", cause)
        .actual(id.as_str())
        .remedy("Use one connection of a social provider, or link the accounts.");
    OAuthError::access_denied("The account belongs to another connection").because(refusal)
}
