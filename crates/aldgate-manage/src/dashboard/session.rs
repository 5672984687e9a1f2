//! The dashboard's own session: a random value in a cookie, the access token sealed on the server.
//!
//! It is kept as a ticket of its own purpose, so it ends with everything else of the user when her
//! access is cut, and a restored backup brings none back. It ends after half an hour without a
//! page, and eight hours after the login in any case.

use aldgate_app::App;
use aldgate_app::extract::{CookieKind, set_cookie};
use aldgate_app::seal::Place;
use aldgate_core::id::{TenantId, UserId};
use aldgate_core::random::alphanumeric;
use aldgate_core::secret::{Secret, TokenHash};
use aldgate_core::tenant::Tenant;
use aldgate_core::time::{Seconds, Timestamp};
use aldgate_jose::b64;
use aldgate_store::{NewTicket, StoreError, Tx};
use http::HeaderValue;
use serde::{Deserialize, Serialize};

const PURPOSE: &str = "dashboard_session";

/// It ends when so long no page was asked for (ADM-09).
const IDLE: Seconds = Seconds::minutes(30);

/// It ends so long after the login in any case, and whoever logs in anew must have shown her
/// password since then.
pub(super) const ABSOLUTE: Seconds = Seconds::hours(8);

/// The end is moved at most once in this time, so that not every page writes.
const STEP: Seconds = Seconds::minutes(1);

/// 62^43 values: 256 bits.
const VALUE_LENGTH: usize = 43;

/// A session that was found by its cookie.
pub(super) struct Session {
    /// The cookie's value: what forms and notes are bound to.
    pub(super) value: String,
    /// The access token for the Management API.
    pub(super) token: Secret<String>,
    ends_at: Timestamp,
    expires_at: Timestamp,
}

#[derive(Clone, Serialize, Deserialize)]
struct Row {
    /// The access token, sealed, in base64url.
    token: String,
    /// The last moment of the session.
    ends_at: Timestamp,
}

/// Begins a session; the `Set-Cookie` value goes with the answer.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn begin(
    app: &App,
    tenant: &Tenant,
    user: &UserId,
    token: &Secret<String>,
    lifetime: Seconds,
) -> Result<HeaderValue, StoreError> {
    let (now, mut rng) = (app.now(), app.rng());
    let value = alphanumeric(&mut rng, VALUE_LENGTH);
    let hash = TokenHash::of(&value);
    let sealed = app.sealer.seal(
        &place(&tenant.id, &row_name(&hash)),
        token.expose().as_bytes(),
        &mut rng,
    );
    let row = Row {
        token: b64::encode(&sealed),
        ends_at: now + lifetime.min(ABSOLUTE),
    };
    let (user, ends) = (user.clone(), row.ends_at.min(now + IDLE));
    let save = move |tx: &mut Tx<'_>| {
        let ticket = NewTicket {
            hash: &hash,
            purpose: PURPOSE,
            user: Some(&user),
            document: &row,
            expires_at: ends,
        };
        tx.tickets().put(&ticket, now)
    };
    app.store.write(&tenant.id, save).await?;
    let kind = CookieKind::Dashboard;
    Ok(set_cookie(&tenant.issuer, kind, &value, None))
}

/// Finds the session of a cookie. One that does not open any more, because the master key was
/// changed, counts as none.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn find(
    app: &App,
    tenant: &Tenant,
    cookie: Option<&str>,
) -> Result<Option<Session>, StoreError> {
    let Some(value) = cookie.filter(|value| value.len() == VALUE_LENGTH) else {
        return Ok(None);
    };
    let (hash, now) = (TokenHash::of(value), app.now());
    let load = move |tx: &mut Tx<'_>| tx.tickets().look_as::<Row>(&hash, PURPOSE, now);
    let Some((row, expires_at)) = app.store.read(&tenant.id, load).await? else {
        return Ok(None);
    };
    let sealed = b64::decode(&row.token).unwrap_or_default();
    let opened = app
        .sealer
        .open(&place(&tenant.id, &row_name(&hash)), &sealed);
    let token = opened
        .ok()
        .and_then(|bytes| String::from_utf8(bytes.expose().clone()).ok());
    Ok(token.map(|token| Session {
        value: value.to_owned(),
        token: Secret::new(token),
        ends_at: row.ends_at,
        expires_at,
    }))
}

impl Session {
    /// Notes that a person asked for a page: the idle time begins anew.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(super) async fn seen(&self, app: &App, tenant: &Tenant) -> Result<(), StoreError> {
        let now = app.now();
        let until = self.ends_at.min(now + IDLE);
        if until <= self.expires_at + STEP {
            return Ok(());
        }
        let hash = TokenHash::of(&self.value);
        let prolong = move |tx: &mut Tx<'_>| tx.tickets().prolong(&hash, PURPOSE, until, now);
        app.store.write(&tenant.id, prolong).await.map(drop)
    }

    /// Ends it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(super) async fn end(&self, app: &App, tenant: &Tenant) -> Result<(), StoreError> {
        let (hash, now) = (TokenHash::of(&self.value), app.now());
        let take = move |tx: &mut Tx<'_>| tx.tickets().take_as::<Row>(&hash, PURPOSE, now);
        app.store.write(&tenant.id, take).await.map(drop)
    }
}

fn row_name(hash: &TokenHash) -> String {
    b64::encode(hash.as_bytes())
}

fn place<'a>(tenant: &'a TenantId, row: &'a str) -> Place<'a> {
    Place {
        tenant,
        table: "tickets",
        row,
        column: "document",
    }
}
