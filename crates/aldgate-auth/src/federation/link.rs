//! Linking by the user herself: she is logged in here, a moment ago, and logs in at a provider in
//! the same browser; then both are hers (FED-01). Never by an e-mail address.

use aldgate_app::accounts::{Linked, link_users};
use aldgate_app::extract::FormParams;
use aldgate_app::respond::see_other;
use aldgate_core::authorize::Request;
use aldgate_core::connection::Connection;
use aldgate_core::error::Refusal;
use aldgate_core::event::{Event, EventType};
use aldgate_core::federation::account;
use aldgate_core::federation::attempt::Purpose;
use aldgate_core::federation::preset::Preset;
use aldgate_core::federation::profile::Arrival;
use aldgate_core::id::{ConnectionId, SessionId, UserId};
use aldgate_core::session::Session;
use aldgate_core::time::{Seconds, Timestamp};
use aldgate_store::{Saved, SealedTokens, StoreError, Tx};
use axum::response::Response;

use super::callback::{Back, seal};
use super::refused::{self, About};
use super::start::{self, Way};
use crate::account::owner;
use crate::visitor::{Fault, Visitor};

/// The name of the form that begins it, with the field `connection`.
pub(crate) const FORM: &str = "link account";

/// Where she learns that it is done: the page on which she looks after her account.
const DONE: &str = "account?done=linked#identities";

/// So long after a login nobody has to log in again for it.
const FRESH: Seconds = Seconds::minutes(10);

/// `POST /u/link`: sends a user who is logged in to the provider whose account she wants to add.
pub(super) async fn post(visitor: Visitor, FormParams(fields): FormParams) -> Response {
    let result = match visitor.check_form(&fields, FORM).await {
        Ok(()) => begin(&visitor, fields.get("connection").unwrap_or_default()).await,
        Err(page) => Ok(*page),
    };
    visitor.answer(result).await
}

async fn begin(visitor: &Visitor, name: &str) -> Result<Response, Fault> {
    let nobody = About {
        connection: None,
        application: None,
    };
    let session = visitor.live_session().await?;
    let fresh = session.filter(|session| visitor.now < session.authenticated_at + FRESH);
    let Some(session) = fresh else {
        // The login comes back to the page with the button, which she presses again: nothing is
        // linked by an address that somebody could send her.
        return Ok(owner::log_in(visitor, "identities", true));
    };
    let found = visitor
        .app
        .connection_by_name(&visitor.tenant.id, name)
        .await?;
    let usable = found.filter(|one| one.is_federated() && one.is_active() && one.is_in_use());
    let Some(connection) = usable else {
        let cause = "There is no connection of this name to link an account of.";
        let refusal = Refusal::new("federation_connection", cause).actual(name);
        return Ok(refused::page(visitor, nobody, refusal).await);
    };
    leave(visitor, &session, &connection).await
}

async fn leave(
    visitor: &Visitor,
    session: &Session,
    connection: &Connection,
) -> Result<Response, Fault> {
    let purpose = Purpose::Link {
        session: session.id.clone(),
        user: session.user_id.clone(),
    };
    let way = Way {
        connection,
        purpose,
        handle: "",
        request: &Request::default(),
        typed: None,
        application: None,
    };
    start::leave(visitor, way).await
}

/// She is back: links the account, if she is still logged in as she was.
pub(super) async fn settle(
    visitor: &Visitor,
    back: &Back<'_>,
    connection: &Connection,
    (session, user): (&SessionId, &UserId),
) -> Result<Response, Fault> {
    let about = About {
        connection: Some(connection),
        application: None,
    };
    let live = visitor.live_session().await?;
    if live.is_none_or(|live| live.id != *session || live.user_id != *user) {
        let cause = "Nobody, or somebody else, is logged in here than when the browser left.";
        let refusal = Refusal::new("federation_link_session", cause)
            .remedy("Log in, and link the account again.");
        return Ok(refused::page(visitor, about, refusal).await);
    }
    let (upstream, proven) = match back.prove(visitor, connection).await {
        Ok(proven) => proven,
        Err(refusal) => return Ok(refused::page(visitor, about, refusal).await),
    };
    let mut event = visitor.event(EventType::IdentityLinked, None);
    event.connection = Some(connection.name.clone());
    let work = Link {
        user: user.clone(),
        connection_id: connection.id.clone(),
        preset: upstream.preset,
        tokens: seal(visitor, &upstream, &proven)?,
        arrival: proven.arrival,
        event,
        now: visitor.now,
    };
    let write = move |tx: &mut Tx<'_>| work.run(tx);
    match visitor.app.store.write(&visitor.tenant.id, write).await? {
        Ok(()) => Ok(see_other(&visitor.tenant.issuer.join(DONE))),
        Err(refusal) => Ok(refused::page(visitor, about, refusal).await),
    }
}

/// Everything the unit of work needs.
struct Link {
    user: UserId,
    connection_id: ConnectionId,
    preset: &'static Preset,
    arrival: Arrival,
    tokens: SealedTokens,
    event: Event,
    now: Timestamp,
}

impl Link {
    /// Adds the account, or the user who has it already: she proved to be both.
    fn run(&self, tx: &mut Tx<'_>) -> Result<Result<(), Refusal>, StoreError> {
        let connection = tx.connections().by_id(&self.connection_id)?;
        let Some(connection) = connection.filter(|one| one.is_active() && one.is_in_use()) else {
            let cause = "The connection was switched off meanwhile.";
            return Ok(Err(Refusal::new("federation_connection", cause)));
        };
        let owner = tx
            .users()
            .by_identity(&connection.id, &self.arrival.subject)?;
        let done = match owner {
            Some(owner) if owner.id == self.user => return Ok(Ok(())),
            Some(owner) => self.join(tx, &owner.id, owner.blocked)?,
            None => self.add(tx, &connection)?,
        };
        if done.is_ok() {
            tx.upstream_tokens().keep(&self.tokens, self.now)?;
            let mut event = self.event.clone();
            event.user_id = Some(self.user.clone());
            event.description = "She linked an account".to_owned();
            event.detail = serde_json::json!({"linked": self.arrival.subject});
            tx.events().record(&[event])?;
        }
        Ok(done)
    }

    fn add(
        &self,
        tx: &mut Tx<'_>,
        connection: &Connection,
    ) -> Result<Result<(), Refusal>, StoreError> {
        let Some(user) = tx.users().by_id_to_change(&self.user)? else {
            return Ok(Err(gone()));
        };
        let added = account::add(user, self.preset, connection, (&self.arrival, self.now));
        let user = match added {
            Ok(user) => user,
            Err(refusal) => return Ok(Err(refusal)),
        };
        Ok(match tx.users().update(&user)? {
            Saved::Done => Ok(()),
            Saved::Missing | Saved::Taken(_) => Err(gone()),
        })
    }

    /// The account is another user's. Rights do not pass to anybody by a link, so whoever has some
    /// is linked by an administrator.
    fn join(
        &self,
        tx: &mut Tx<'_>,
        other: &UserId,
        blocked: bool,
    ) -> Result<Result<(), Refusal>, StoreError> {
        let rights =
            !tx.roles().of_user(other)?.is_empty() || !tx.permissions().direct(other)?.is_empty();
        if blocked || rights {
            let cause = "The user who has the account is blocked, or has roles or permissions.";
            return Ok(Err(Refusal::new("federation_link_rights", cause)
                .actual(other.as_str())
                .remedy(
                    "Let an administrator link the users by the Management API.",
                )));
        }
        Ok(match link_users(tx, &self.user, other, self.now)? {
            Linked::Done { .. } => Ok(()),
            Linked::Missing => Err(gone()),
            Linked::Refused(refusal) => Err(refusal),
        })
    }
}

fn gone() -> Refusal {
    Refusal::new(
        "federation_link_user",
        "The user is not as she was any more.",
    )
    .remedy("Log in, and link the account again.")
}
