//! Logging in with another provider, from outside: the journey, and everything that can be wrong.

mod accounts;
mod faults;
mod journey;
mod linking;
mod prehijack;
mod realm;

use aldgate_app::shared_keys::connection_secret_place;
use aldgate_core::connection::Connection;
use aldgate_core::connection::rules::put_sealed;
use aldgate_core::event::Event;
use aldgate_core::id::{ConnectionId, UserId};
use aldgate_core::secret::Secret;
use aldgate_core::user::User;
use aldgate_store::Tx;
use aldgate_test::provider::{CLIENT_ID, CLIENT_SECRET, FakeProvider};
use aldgate_test::{Browser, Client, Reply, START, TestServer, World};
use serde_json::{Value, json};

use crate::stand::{Extra, Stand};

/// A server, its world, and a provider with a connection `corp` of strategy `oidc`.
pub(crate) struct Abroad {
    pub(crate) stand: Stand,
    pub(crate) provider: FakeProvider,
    pub(crate) connection: Connection,
}

impl Abroad {
    pub(crate) async fn new() -> Self {
        Self::of("oidc", json!({})).await
    }

    /// A connection of another strategy, with further options.
    pub(crate) async fn of(strategy: &str, options: Value) -> Self {
        let provider = FakeProvider::start(START).await;
        let routes = aldgate_auth::routes();
        let server = TestServer::start_with(routes, |config| {
            config.outbound.allow_http = true;
            config.outbound.allow_cidrs = vec!["127.0.0.0/8".parse().expect("a network")];
        });
        let server = server.await;
        let world = World::make(&server).await;
        let stand = Stand { server, world };
        let mut own = provider.options();
        let members = own.as_object_mut().expect("an object");
        members.extend(options.as_object().expect("an object").clone());
        let connection = add(&stand, "corp", strategy, own).await;
        Self {
            stand,
            provider,
            connection,
        }
    }

    /// The same server with a fresh provider behind a fresh connection.
    pub(crate) async fn renew(&mut self, name: &str) {
        self.provider = FakeProvider::start(START).await;
        let options = self.provider.options();
        self.connection = add(&self.stand, name, "oidc", options).await;
    }

    /// From now on a connection to the same provider by OAuth 2.0 alone, without ID tokens.
    pub(crate) async fn oauth2(&mut self, strategy: &str) {
        let at = |path: &str| format!("{}/{path}", self.provider.issuer);
        let options = json!({"client_id": CLIENT_ID, "authorization_endpoint": at("authorize"),
            "token_endpoint": at("token"), "userinfo_endpoint": at("userinfo")});
        self.connection = add(&self.stand, strategy, strategy, options).await;
    }

    /// Goes to `/authorize` with `connection`: the redirect to the provider, or a page.
    pub(crate) async fn leave(&self, browser: &mut Browser<'_>, extra: Extra<'_>) -> Reply {
        let mut all = vec![("connection", self.connection.name.as_str())];
        all.extend_from_slice(extra);
        let url = self.stand.authorize(self.client(), &all);
        browser.get(&url).await
    }

    /// The whole journey: the redirect to the application, or a page.
    pub(crate) async fn travel(&self, browser: &mut Browser<'_>) -> Reply {
        let departure = self.leave(browser, &[]).await;
        match departure.location() {
            Some(location) => browser.get(&self.provider.log_in(location)).await,
            None => departure,
        }
    }

    pub(crate) fn client(&self) -> &Client {
        &self.stand.world.web
    }

    /// Changes the connection as the Management API would.
    pub(crate) async fn change(&self, change: fn(&mut Connection)) {
        let (id, mut changed) = (self.connection.id.clone(), self.connection.clone());
        change(&mut changed);
        let write = move |tx: &mut Tx<'_>| {
            assert!(tx.connections().by_id_to_change(&id)?.is_some());
            tx.connections().update(&changed).map(drop)
        };
        self.write(write).await;
    }

    pub(crate) async fn write<F>(&self, work: F)
    where
        F: Fn(&mut Tx<'_>) -> Result<(), aldgate_store::StoreError> + Send + 'static,
    {
        let server = &self.stand.server;
        let done = server.app.store.write(&server.tenant.id, work).await;
        done.expect("it is stored");
    }

    pub(crate) async fn user(&self, id: &str) -> Option<User> {
        let id = UserId::parse(id).expect("a user id");
        let server = &self.stand.server;
        let read = move |tx: &mut Tx<'_>| tx.users().by_id(&id);
        server
            .app
            .store
            .read(&server.tenant.id, read)
            .await
            .expect("an answer")
    }

    /// How many users the connection has.
    pub(crate) async fn users(&self) -> usize {
        let id = self.connection.id.clone();
        let server = &self.stand.server;
        let read = move |tx: &mut Tx<'_>| tx.connections().users(&id, 1000);
        let users = server.app.store.read(&server.tenant.id, read).await;
        users.expect("an answer").len()
    }

    /// The event with the support code of a page.
    pub(crate) async fn story(&self, page: &Reply) -> Event {
        let events = self.stand.server.events().await;
        let text = page.text();
        let told = |event: &Event| {
            let code = event.support_code.as_deref();
            code.is_some_and(|code| text.contains(code))
        };
        events
            .into_iter()
            .rev()
            .find(told)
            .unwrap_or_else(|| panic!("no story of {text}"))
    }
}

/// Adds a connection that every application may use.
pub(crate) async fn add(stand: &Stand, name: &str, strategy: &str, options: Value) -> Connection {
    let server = &stand.server;
    let id = ConnectionId::generate(&mut server.app.rng());
    let place = connection_secret_place(&server.tenant.id, id.as_str(), "client_secret");
    let sealed = server
        .app
        .seal_text(&place, &Secret::new(CLIENT_SECRET.to_owned()));
    let mut body = json!({"id": id, "name": name, "strategy": strategy, "options": options,
        "is_domain_connection": true});
    put_sealed(
        body.as_object_mut().expect("an object"),
        "client_secret",
        Some(sealed),
    );
    let connection: Connection = serde_json::from_value(body).expect("a connection");
    let stored = connection.clone();
    let create = move |tx: &mut Tx<'_>| tx.connections().create(&stored);
    let done = server.app.store.write(&server.tenant.id, create).await;
    done.expect("it is stored");
    connection
}
