//! What the places where actions run have in common: the request as they see it, what is known of
//! the user, and what is stored of their verdict.

use std::sync::Arc;

use aldgate_app::App;
use aldgate_app::extract::Caller;
use aldgate_core::action::{Denial, Verdict, event};
use aldgate_core::connection::Connection;
use aldgate_core::id::{GrantId, SessionId, UserId};
use aldgate_core::logout::backchannel::Initiator;
use aldgate_core::session::AuthenticationMethod;
use aldgate_core::tenant::Tenant;
use aldgate_core::time::Timestamp;
use aldgate_core::user::User;
use aldgate_store::{Saved, StoreError, Tx};
use http::HeaderMap;
use http::header::ACCEPT_LANGUAGE;
use serde_json::{Map, Value};

/// A request as actions see it.
pub(crate) fn request(
    tenant: &Tenant,
    caller: &Caller,
    headers: &HeaderMap,
    (method, query, body): (&str, Map<String, Value>, Map<String, Value>),
) -> event::Request {
    let authority = tenant.issuer.authority();
    let hostname = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => authority,
    };
    let languages = headers
        .get(ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok());
    let first = languages.and_then(|text| text.split([',', ';']).next());
    event::Request {
        ip: caller.address().to_string(),
        hostname: hostname.to_owned(),
        method: method.to_owned(),
        query,
        body,
        language: first.map(|text| text.trim().to_owned()),
        user_agent: caller.user_agent().to_owned(),
    }
}

/// What is known of who logs in beside her own profile.
pub(crate) struct Background {
    /// The names of her roles.
    pub(crate) roles: Vec<String>,
    /// Where she comes from.
    pub(crate) connection: Option<Arc<Connection>>,
}

impl Background {
    /// Looks it up; only when there are actions to tell it to.
    pub(crate) async fn load(
        app: &App,
        tenant: &Tenant,
        user: &User,
        methods: &[AuthenticationMethod],
    ) -> Result<Self, StoreError> {
        let id = user.id.clone();
        let read = move |tx: &mut Tx<'_>| tx.roles().of_user(&id);
        let roles: Vec<aldgate_core::role::Role> = app.store.look_up(&tenant.id, read).await?;
        let name = methods
            .iter()
            .rev()
            .find_map(|method| method.connection.as_deref());
        let connection = match name {
            Some(name) => app.connection_by_name(&tenant.id, name).await?,
            None => None,
        };
        Ok(Self {
            roles: roles.into_iter().map(|role| role.name).collect(),
            connection,
        })
    }
}

/// Stores what actions changed about a user, within the unit of work of her login.
pub(crate) fn store_user(
    tx: &mut Tx<'_>,
    id: &UserId,
    verdict: &Verdict,
    now: Timestamp,
) -> Result<(), StoreError> {
    if verdict.user_metadata.is_empty() && verdict.app_metadata.is_empty() {
        return Ok(());
    }
    let Some(user) = tx.users().by_id_to_change(id)? else {
        return Ok(());
    };
    // It fitted when the actions ran; if it does not any more, somebody else filled it meanwhile.
    if let Ok(Some(mut changed)) = verdict.changed_user(&user) {
        changed.updated_at = now;
        let saved = tx.users().update(&changed)?;
        debug_assert_eq!(saved, Saved::Done, "only metadata changed");
    }
    Ok(())
}

/// What a login leaves behind that an action refused: what the actions asked for about the user
/// (Auth0: a denial cancels no other effects), and the end of what they revoke.
#[derive(Clone)]
pub(crate) struct Aftermath {
    pub(crate) user: UserId,
    pub(crate) verdict: Verdict,
    pub(crate) denial: Denial,
    pub(crate) session: Option<SessionId>,
    pub(crate) grant: Option<GrantId>,
    pub(crate) now: Timestamp,
}

impl Aftermath {
    /// Stores it.
    pub(crate) fn store(&self, tx: &mut Tx<'_>) -> Result<(), StoreError> {
        store_user(tx, &self.user, &self.verdict, self.now)?;
        if let Some(id) = self
            .session
            .as_ref()
            .filter(|_| self.denial.revokes_session)
        {
            tx.logouts()
                .of_session(id, Initiator::SessionRevoked, self.now)?;
            tx.sessions().end_by_id(id)?;
            tx.grants().revoke_of_session(id, self.now)?;
        }
        if let Some(grant) = self.grant.as_ref().filter(|_| self.denial.revokes_grant) {
            tx.grants().revoke(grant, self.now)?;
        }
        Ok(())
    }
}
