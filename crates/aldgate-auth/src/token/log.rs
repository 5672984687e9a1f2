//! What the token endpoint writes into the tenant log.

use aldgate_app::App;
use aldgate_app::extract::{Caller, Tenant};
use aldgate_core::application::GrantType;
use aldgate_core::error::{OAuthError, Refusal};
use aldgate_core::event::{Event, EventType};
use aldgate_core::grant::{Effect, Refused};
use aldgate_core::id::{ClientId, GrantId};
use aldgate_store::{StoreError, Tx};

use super::Exchange;

/// How the log calls a refused exchange.
pub(super) const fn failure_of(grant: GrantType) -> EventType {
    match grant {
        GrantType::RefreshToken => EventType::FailedRefreshExchange,
        GrantType::ClientCredentials => EventType::FailedClientCredentials,
        GrantType::Password | GrantType::PasswordRealm => EventType::FailedPasswordExchange,
        GrantType::PasswordlessOtp => EventType::FailedPasswordlessExchange,
        _ => EventType::FailedCodeExchange,
    }
}

/// Records a refusal, off the request path. The id of the request is its support code.
pub(super) fn refused(
    app: &App,
    tenant: &Tenant,
    caller: &Caller,
    (kind, client): (EventType, Option<&ClientId>),
    error: &OAuthError,
) {
    let mut event = app.event(kind, caller, app.now());
    event.client_id = client.cloned();
    describe(&mut event, caller, error);
    app.events.record(&tenant.id, event);
}

/// Puts the story of a refusal into an event.
pub(super) fn describe(event: &mut Event, caller: &Caller, error: &OAuthError) {
    event.description = error.description.to_string();
    event.support_code = Some(caller.request_id().to_owned());
    let refusal = error.refusal.as_deref().cloned();
    event.refusal = Some(
        refusal.unwrap_or_else(|| Refusal::new(error.code.as_str(), event.description.clone())),
    );
}

/// Does what a refusal asks for: a spent artefact that came back ends its grant, and the event
/// tells of it, in one unit of work.
pub(super) fn act(
    tx: &mut Tx<'_>,
    grant: &GrantId,
    refused: &Refused,
    (caller, event): (&Caller, impl FnOnce() -> Event),
) -> Result<(), StoreError> {
    if refused.effect == Effect::RevokeGrant {
        let mut event = event();
        tx.grants().revoke(grant, event.at)?;
        describe(&mut event, caller, &refused.error);
        tx.events().record(&[event])?;
    }
    Ok(())
}

impl Exchange<'_> {
    /// An event about this exchange.
    pub(super) fn event(&self, kind: EventType) -> Event {
        let application = self.client.application();
        let mut event = self.app.event(kind, self.caller, self.now);
        event.client_id = Some(application.id.clone());
        event.client_name = Some(application.name.clone());
        event
    }
}
