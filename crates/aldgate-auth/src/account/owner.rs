//! Who looks after which account: the session of the browser, and how fresh its login is.

use aldgate_app::page::{Page, Policy, reply};
use aldgate_app::respond::see_other;
use aldgate_core::application::own::{ACCOUNT, ACCOUNT_PATH};
use aldgate_core::event::{Event, EventType};
use aldgate_core::id::ClientId;
use aldgate_core::params::Params;
use aldgate_core::random::alphanumeric;
use aldgate_core::session::Session;
use aldgate_core::time::Seconds;
use aldgate_core::user::User;
use aldgate_jose::{b64, digest};
use aldgate_store::{StoreError, Tx};
use axum::response::Response;
use http::StatusCode;

use crate::visitor::{Fault, Visitor};

/// So long after a login sensitive things need no new one.
const FRESH: Seconds = Seconds::minutes(10);

/// The pages that a login can lead back to, and their paths below the issuer.
const PAGES: [(&str, &str); 6] = [
    ("home", "account"),
    ("password", "account/password"),
    ("email", "account/email"),
    ("data", "account/data"),
    ("delete", "account/delete"),
    ("identities", "account#identities"),
];

/// A user at her own account.
pub(super) struct Owner {
    /// Her session in this browser.
    pub(super) session: Session,
    /// She herself; never a blocked user.
    pub(super) user: User,
}

/// Another answer than the page.
pub(super) type Instead = Box<Response>;

/// What a page asks of the login.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Login {
    /// Any live session.
    Any,
    /// One of the last minutes: whoever finds an open browser must not take the account over.
    Fresh,
}

/// Finds who is logged in; otherwise leads to a login that comes back to `page`.
pub(super) async fn open(
    visitor: &Visitor,
    login: Login,
    page: &str,
) -> Result<Result<Owner, Instead>, Fault> {
    let Some(session) = visitor.live_session().await? else {
        return Ok(Err(Box::new(log_in(visitor, page, false))));
    };
    let id = session.user_id.clone();
    let find = move |tx: &mut Tx<'_>| tx.users().by_id(&id);
    let user: Option<User> = visitor.app.store.read(&visitor.tenant.id, find).await?;
    let Some(user) = user.filter(|user| !user.blocked) else {
        return Ok(Err(Box::new(log_in(visitor, page, true))));
    };
    let stale = session.authenticated_at + FRESH <= visitor.now;
    if login == Login::Fresh && stale {
        return Ok(Err(Box::new(log_in(visitor, page, true))));
    }
    if let Some(chosen) = visitor.chosen_language() {
        let id = user.id.clone();
        let speak = move |tx: &mut Tx<'_>| tx.users().speak(&id, chosen.tag());
        visitor.app.store.write(&visitor.tenant.id, speak).await?;
    }
    Ok(Ok(Owner { session, user }))
}

/// Finds who sent a form of these pages, and refuses one that is not hers (WEB-01).
pub(super) async fn submitted(
    visitor: &Visitor,
    login: Login,
    page: &str,
    fields: &Params,
    form: &str,
) -> Result<Result<Owner, Instead>, Fault> {
    if let Err(refused) = visitor.check_form(fields, form).await {
        return Ok(Err(refused));
    }
    open(visitor, login, page).await
}

/// An authorization request of the account pages themselves. Nobody has the verifier of its code:
/// it only makes the session.
pub(crate) fn log_in(visitor: &Visitor, page: &str, again: bool) -> Response {
    let issuer = &visitor.tenant.issuer;
    let verifier = alphanumeric(&mut visitor.app.rng(), 43);
    let challenge = b64::encode(&digest::sha256(verifier.as_bytes()));
    let back = issuer.join(ACCOUNT_PATH);
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query
        .append_pair("client_id", ACCOUNT)
        .append_pair("response_type", "code")
        .append_pair("redirect_uri", &back)
        .append_pair("scope", "openid")
        .append_pair("state", page)
        .append_pair("code_challenge", &challenge)
        .append_pair("code_challenge_method", "S256");
    if again {
        query.append_pair("prompt", "login");
    }
    see_other(&issuer.join(&format!("authorize?{}", query.finish())))
}

/// Where a login that came back goes on: the page that its `state` names.
pub(super) fn onward(visitor: &Visitor, state: Option<&str>) -> Response {
    let found = PAGES.iter().find(|(name, _)| Some(*name) == state);
    let path = found.map_or(ACCOUNT_PATH, |(_, path)| path);
    see_other(&visitor.tenant.issuer.join(path))
}

/// Back to the overview, which tells what was done.
pub(super) fn done(visitor: &Visitor, what: &str, section: &str) -> Response {
    let path = format!("{ACCOUNT_PATH}?done={what}#{section}");
    see_other(&visitor.tenant.issuer.join(&path))
}

/// Shows one of these pages.
pub(super) async fn show<P: Page>(visitor: &Visitor, status: StatusCode, page: &P) -> Response {
    let chrome = visitor.chrome(None).await;
    let mut response = reply(status, page, &chrome, &Policy::page());
    visitor.remember_browser(&mut response);
    response
}

impl Owner {
    /// An event about her, by herself.
    pub(super) fn event(&self, visitor: &Visitor, kind: EventType, text: &str) -> Event {
        let mut event = visitor.event(kind, None);
        event.client_id = ClientId::parse(ACCOUNT).ok();
        event.user_id = Some(self.user.id.clone());
        event.user_name = Some(self.user.display_name().to_owned());
        event.description = text.to_owned();
        event
    }

    /// Whether her main account is one of this server's own, so that her profile is hers to change.
    pub(super) fn is_local(&self) -> bool {
        let main = self.user.identities.first();
        main.is_some_and(|main| ["auth0", "email", "sms"].contains(&main.provider.as_str()))
    }

    /// The hash of her password with the former ones, if she has one here.
    pub(super) async fn has_password(&self, visitor: &Visitor) -> Result<bool, StoreError> {
        let main = self.user.identities.first();
        if main.is_none_or(|main| main.provider != "auth0") {
            return Ok(false);
        }
        let id = self.user.id.clone();
        let find = move |tx: &mut Tx<'_>| Ok(tx.passwords().of(&id)?.is_some());
        visitor.app.store.read(&visitor.tenant.id, find).await
    }
}
