//! Passwordless login (Auth0: passwordless): a code or link by mail, a code by text message.

mod admit;
mod check;
mod send;
mod start;
mod verify;

use std::sync::Arc;

use aldgate_app::App;
use aldgate_app::extract::Caller;
use aldgate_app::page::Chrome;
use aldgate_core::application::Application;
use aldgate_core::connection::Connection;
use aldgate_core::event::{Event, EventType};
use aldgate_core::passwordless::{Binding, Channel, Recipient};
use aldgate_core::secret::TokenHash;
use aldgate_core::tenant::Tenant;
use aldgate_core::time::Timestamp;
use aldgate_core::user::User;
use aldgate_jose::digest;
use aldgate_store::{LoginName, OtpKey, StoreError, Tx};
use axum::Router;
use axum::routing::{get, post};

use crate::accounts;

pub(crate) use send::{Form, SendError};

/// The routes of this folder.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/passwordless/start", post(start::create))
        .route("/passwordless/challenge", post(accounts::no_challenge))
        .route("/passwordless/verify", post(verify::check))
        .route(
            "/passwordless/verify_redirect",
            get(verify::ask).post(verify::log_in),
        )
}

/// Somebody logs in, or wants to, at a passwordless connection.
#[derive(Clone, Copy)]
pub(crate) struct Passwordless<'a> {
    /// The state of the server.
    pub(crate) app: &'a App,
    /// Where.
    pub(crate) tenant: &'a Tenant,
    /// The connection.
    pub(crate) connection: &'a Connection,
    /// For which application.
    pub(crate) client: &'a Application,
    /// From where.
    pub(crate) caller: &'a Caller,
    /// Language and brand of the message.
    pub(crate) chrome: &'a Chrome,
    /// When.
    pub(crate) now: Timestamp,
}

/// A code that somebody sends to log in.
#[derive(Clone, Copy)]
pub(crate) struct CodeProof<'a> {
    /// Whom it is said to prove.
    pub(crate) recipient: &'a Recipient,
    /// What it has to be bound to.
    pub(crate) binding: Binding<'a>,
    /// The code as typed.
    pub(crate) code: &'a str,
    /// The request, as actions see it.
    pub(crate) request: &'a aldgate_core::action::event::Request,
}

/// Finds the passwordless connection of a name or realm that an application may use.
pub(crate) async fn find(
    app: &App,
    tenant: &Tenant,
    client: &Application,
    name: &str,
) -> Result<Option<(Arc<Connection>, Channel)>, StoreError> {
    let all = app.connections(&tenant.id).await?;
    let found = all.iter().find(|one| {
        let named = one.name == name || one.realms.iter().any(|realm| realm == name);
        named && one.is_enabled_for(&client.id) && Channel::of(one).is_some()
    });
    Ok(found.and_then(|one| Some((Arc::clone(one), Channel::of(one)?))))
}

impl Passwordless<'_> {
    fn key(&self, recipient: &Recipient, binding: Binding<'_>) -> OtpKey {
        OtpKey {
            connection: self.connection.id.clone(),
            name: recipient.key(),
            binding: binding.key(),
        }
    }

    /// What is stored of a code: an HMAC over everything that it is good for.
    fn hash(&self, key: &OtpKey, code: &str) -> TokenHash {
        let parts = [
            self.tenant.id.as_str(),
            key.connection.as_str(),
            &key.name,
            &key.binding,
            code,
        ];
        let mut message = Vec::with_capacity(256);
        for part in parts {
            message.extend_from_slice(&(part.len() as u64).to_be_bytes());
            message.extend_from_slice(part.as_bytes());
        }
        let mac = digest::hmac_sha256(self.app.otp_key(), &message);
        TokenHash::from_slice(&mac).expect("invariant: HMAC-SHA-256 has 32 bytes")
    }

    fn event(&self, kind: EventType, recipient: &Recipient, user: Option<&User>) -> Event {
        let mut event = self.app.event(kind, self.caller, self.now);
        event.client_id = Some(self.client.id.clone());
        event.client_name = Some(self.client.name.clone());
        event.connection = Some(self.connection.name.clone());
        event.user_id = user.map(|user| user.id.clone());
        event.user_name = Some(recipient.text.clone());
        event
    }
}

/// Finds the user who has a recipient at a connection.
fn find_user(tx: &mut Tx<'_>, key: &OtpKey, channel: Channel) -> Result<Option<User>, StoreError> {
    let kind = match channel {
        Channel::Email => LoginName::Email,
        Channel::Sms => LoginName::Phone,
    };
    tx.users().by_login(&key.connection, kind, &key.name)
}
