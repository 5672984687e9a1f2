//! What every page of a running authorization stands on: the transaction, the application, the
//! connection, and the links between the pages.

use std::sync::Arc;

use aldgate_app::page::{ApplicationView, CodeLink, ConnectionButton, Page, Policy, reply};
use aldgate_core::application::Application;
use aldgate_core::connection::Connection;
use aldgate_core::error::{ErrorCode, OAuthError, Refusal};
use aldgate_core::event::EventType;
use aldgate_core::federation::preset::Preset;
use aldgate_core::params::Params;
use aldgate_core::passwordless::Channel;
use axum::response::Response;
use http::StatusCode;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::authorize::facts::find_application;
use crate::authorize::running::{self, Running};
use crate::visitor::{Fault, Visitor, view};

/// A page of a running authorization.
pub(crate) struct Stage {
    pub(crate) running: Running,
    pub(crate) application: Arc<Application>,
}

/// Stands for every provider: only the scheme counts.
const PROVIDERS: &str = "https://provider.invalid/";

/// A page that is shown instead.
pub(crate) type Instead = Box<Response>;

/// Opens the stage for a `state`, or makes the page that says why not.
pub(crate) async fn open(
    visitor: &Visitor,
    state: Option<&str>,
) -> Result<Result<Stage, Instead>, Fault> {
    let running = match running::open(visitor, state).await? {
        Ok(running) => running,
        Err(page) => return Ok(Err(page)),
    };
    let client_id = running.transaction.request.client_id.as_deref();
    let application = find_application(visitor, client_id).await?;
    let usable = application.filter(|application| !application.disabled);
    Ok(match usable {
        Some(application) => Ok(Stage {
            running,
            application,
        }),
        None => {
            let text = "This application is disabled";
            let error = OAuthError::unauthorized_client(text);
            Err(Box::new(
                visitor
                    .refuse(&error, EventType::FailedLogin, None, None)
                    .await,
            ))
        }
    })
}

/// Opens the stage that a sent form belongs to, or makes the page that says why not. The form must
/// have been shown in this browser for this authorization (WEB-01).
pub(super) async fn of_form(
    visitor: &Visitor,
    fields: &Params,
    form: &str,
) -> Result<Result<Stage, Instead>, Fault> {
    let stage = match open(visitor, fields.get("state")).await? {
        Ok(stage) => stage,
        Err(instead) => return Ok(Err(instead)),
    };
    let checked = visitor.check_form(fields, &stage.form_name(form)).await;
    Ok(checked.map(|()| stage))
}

/// The ways in that a login page offers.
pub(crate) struct Doors {
    /// The database that people log in to with a password.
    pub(crate) database: Option<Arc<Connection>>,
    /// Other providers, as buttons.
    pub(crate) buttons: Vec<ConnectionButton>,
}

impl Stage {
    /// The ways in: those of the connection that the request names, else all that the application
    /// may use.
    pub(crate) async fn doors(&self, visitor: &Visitor) -> Result<Result<Doors, Instead>, Fault> {
        let all = visitor.app.connections(&visitor.tenant.id).await?;
        let named = self.running.transaction.request.connection.as_deref();
        let mut usable = all
            .iter()
            .filter(|one| one.is_active() && one.is_enabled_for(&self.application.id))
            .filter(|one| named.is_none_or(|name| one.name == name));
        let database = usable.clone().find(|one| one.is_database()).cloned();
        let others = usable.clone().filter(|one| one.is_federated());
        let buttons: Vec<ConnectionButton> = others
            .filter(|one| one.shows_button())
            .map(|one| self.button(one))
            .collect();
        // A connection without a button is found by the domain of an address.
        let any = usable.any(|one| one.is_database() || one.is_federated());
        Ok(match any {
            true => Ok(Doors { database, buttons }),
            false => Err(Box::new(self.no_connection(visitor).await)),
        })
    }

    fn button(&self, connection: &Connection) -> ConnectionButton {
        let name = utf8_percent_encode(&connection.name, NON_ALPHANUMERIC);
        let own = connection.options.get("icon_url").and_then(Value::as_str);
        let own = own.filter(|url| url.starts_with("https://"));
        let icon = Preset::of(&connection.strategy).and_then(|preset| preset.icon);
        ConnectionButton {
            label: connection.label().to_owned(),
            href: format!("/u/login/connection?name={name}&state={}", self.handle()),
            icon: icon.filter(|_| own.is_none()).map(str::to_owned),
            icon_url: own.map(str::to_owned),
        }
    }

    /// The database that people log in to here: the connection that the request names, if it is a
    /// database, else the first one that the application may use.
    pub(crate) async fn database(
        &self,
        visitor: &Visitor,
    ) -> Result<Result<Arc<Connection>, Instead>, Fault> {
        let all = visitor.app.connections(&visitor.tenant.id).await?;
        let named = self.running.transaction.request.connection.as_deref();
        let mut usable = all
            .iter()
            .filter(|one| one.is_database() && one.is_enabled_for(&self.application.id))
            .filter(|one| named.is_none_or(|name| one.name == name));
        Ok(match usable.next() {
            Some(connection) => Ok(Arc::clone(connection)),
            None => Err(Box::new(self.no_connection(visitor).await)),
        })
    }

    /// The passwordless connection that people log in to here: the one of this name, else the one
    /// that the request names, else the first that the application may use.
    pub(crate) async fn passwordless(
        &self,
        visitor: &Visitor,
        name: Option<&str>,
    ) -> Result<Option<(Arc<Connection>, Channel)>, Fault> {
        let all = visitor.app.connections(&visitor.tenant.id).await?;
        let asked = self.running.transaction.request.connection.as_deref();
        let fits = |one: &&Arc<Connection>| {
            one.is_active()
                && one.is_enabled_for(&self.application.id)
                && [name, asked]
                    .iter()
                    .flatten()
                    .all(|name| one.name == **name)
        };
        let mut usable = all.iter().filter(fits);
        Ok(usable.find_map(|one| Some((Arc::clone(one), Channel::of(one)?))))
    }

    /// Whether the login begins with a code: the request names a passwordless connection, or the
    /// application may use no other.
    pub(crate) async fn begins_with_code(&self, visitor: &Visitor) -> Result<bool, Fault> {
        let all = visitor.app.connections(&visitor.tenant.id).await?;
        let asked = self.running.transaction.request.connection.as_deref();
        let usable = |one: &&Arc<Connection>| {
            let named = asked.is_none_or(|name| one.name == name);
            named && one.is_active() && one.is_enabled_for(&self.application.id)
        };
        let other = |one: &Arc<Connection>| one.is_database() || one.is_federated();
        let others = all.iter().filter(usable).any(other);
        let code = all
            .iter()
            .filter(usable)
            .any(|one| Channel::of(one).is_some());
        Ok(code && !others)
    }

    /// Links to the login by a code, for the pages that ask for a password.
    pub(crate) async fn code_links(&self, visitor: &Visitor) -> Result<Vec<CodeLink>, Fault> {
        if self.running.transaction.request.connection.is_some() {
            return Ok(Vec::new());
        }
        let all = visitor.app.connections(&visitor.tenant.id).await?;
        let mut links: Vec<CodeLink> = Vec::new();
        for one in all
            .iter()
            .filter(|one| one.is_active() && one.is_enabled_for(&self.application.id))
        {
            let Some(channel) = Channel::of(one) else {
                continue;
            };
            if links.iter().all(|link| link.channel != channel) {
                let page = self.link("u/login/passwordless");
                let href = format!("{page}&connection={}", one.name);
                links.push(CodeLink { channel, href });
            }
        }
        Ok(links)
    }

    pub(super) async fn no_connection(&self, visitor: &Visitor) -> Response {
        let refusal = Refusal::new(
            "no_connection",
            "Nobody can log in: the application has no connection.",
        )
        .remedy("Enable a connection for the application.");
        let text = "no connections enabled for the client";
        let error = OAuthError::new(ErrorCode::InvalidRequest, text).because(refusal);
        visitor
            .refuse(
                &error,
                EventType::FailedLogin,
                Some(&self.application),
                None,
            )
            .await
    }

    /// The handle of the transaction.
    pub(crate) fn handle(&self) -> &str {
        &self.running.handle
    }

    /// The name of a form of this transaction, to which its token is bound.
    pub(crate) fn form_name(&self, page: &str) -> String {
        format!("{page} {}", self.handle())
    }

    /// The path of another page of this transaction.
    pub(crate) fn link(&self, page: &str) -> String {
        format!("/{page}?state={}", self.handle())
    }

    /// The path of the sign-up page, if people may sign up.
    pub(crate) fn signup_link(&self, connection: &Connection) -> Option<String> {
        (!connection.disables_signup()).then(|| self.link("u/signup"))
    }

    /// The path of "forgot password".
    pub(crate) fn forgot_link(&self) -> String {
        self.link("u/reset-password/request")
    }

    /// The application as the page shows it.
    pub(crate) fn view(&self) -> ApplicationView {
        view(&self.application)
    }

    /// Who will probably log in.
    pub(crate) fn login_hint(&self) -> String {
        self.running
            .transaction
            .request
            .login_hint
            .clone()
            .unwrap_or_default()
    }

    /// `ui_locales`.
    pub(crate) fn locales(&self) -> Option<&str> {
        self.running.transaction.request.ui_locales.as_deref()
    }

    /// Shows a page whose form may end at the application.
    pub(crate) async fn show<P: Page>(
        &self,
        visitor: &Visitor,
        status: StatusCode,
        page: &P,
    ) -> Response {
        let callbacks = self.application.callbacks.iter().map(String::as_str);
        // A loopback port may differ from the registered one.
        let sent = self.running.transaction.request.redirect_uri.as_deref();
        // The form with an address may lead to the provider of its domain.
        let policy = Policy::transaction(sent.into_iter().chain(callbacks).chain([PROVIDERS]));
        let mut response = reply(status, page, &visitor.chrome(self.locales()).await, &policy);
        visitor.remember_browser(&mut response);
        response
    }
}
