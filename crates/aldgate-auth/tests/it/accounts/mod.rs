//! Accounts: passwords, guessing, sign-up, recovery, verification.

mod attributes;
mod cutting;
mod guessing;
mod hashes;
mod history;
mod recovery;
mod sameness;
mod settings;
mod sign_up;
mod tickets;

use aldgate_app::extract::Caller;
use aldgate_app::page::Chrome;
use aldgate_auth::accounts::{AuthenticatedUser, LoginFailure, PasswordAttempt, authenticate};
use aldgate_core::connection::{Connection, DEFAULT_DATABASE};
use aldgate_core::secret::Secret;
use aldgate_core::user::User;
use aldgate_store::Tx;
use aldgate_test::{Reply, TestServer};
use http::Request;
use serde_json::{Value, json};

use crate::stand::Stand;

/// A password that nobody has yet.
pub(crate) const FRESH: &str = "seven wheels for an otter";

/// Tries a password from an address.
pub(crate) async fn attempt(
    stand: &Stand,
    ip: &str,
    username: &str,
    password: &str,
) -> Result<AuthenticatedUser, LoginFailure> {
    let server = &stand.server;
    let request = Request::get("/").header("x-forwarded-for", ip);
    let (parts, ()) = request.body(()).expect("a request").into_parts();
    let proxies = ["127.0.0.0/8".parse().expect("a network")];
    let caller = Caller::read(&parts, &proxies, &mut server.app.rng());
    let client = server
        .app
        .application(&server.tenant.id, &stand.world.web.id);
    let client = client.await.expect("the store answers").expect("it exists");
    let chrome = Chrome::of(&server.tenant, "", "");
    let attempt = PasswordAttempt {
        connection: &connection(server).await,
        username,
        password: &Secret::new(password.to_owned()),
        client: &client,
        caller: &caller,
        chrome: &chrome,
    };
    authenticate(&server.app, &server.tenant, attempt).await
}

/// The name of what came of an attempt.
pub(crate) async fn outcome(stand: &Stand, ip: &str, name: &str, password: &str) -> &'static str {
    match attempt(stand, ip, name, password).await {
        Ok(_) => "in",
        Err(LoginFailure::WrongCredentials) => "wrong",
        Err(LoginFailure::UserBlocked) => "blocked",
        Err(LoginFailure::TooManyAttempts { .. }) => "too many",
        Err(error) => panic!("{error}"),
    }
}

/// The database of users as it is now.
pub(crate) async fn connection(server: &TestServer) -> Connection {
    let read = |tx: &mut Tx<'_>| tx.connections().by_name(DEFAULT_DATABASE);
    let found = server.app.store.read(&server.tenant.id, read).await;
    found.expect("the store answers").expect("it exists")
}

/// Changes an option of the database of users.
pub(crate) async fn set_option(server: &TestServer, name: &'static str, value: Value) {
    let now = server.now();
    let write = move |tx: &mut Tx<'_>| {
        let mut changed = tx
            .connections()
            .by_name(DEFAULT_DATABASE)?
            .expect("it exists");
        changed.options.insert(name.to_owned(), value.clone());
        changed.updated_at = now;
        tx.connections().update(&changed)
    };
    let stored = server.app.store.write(&server.tenant.id, write).await;
    assert!(stored.expect("it is stored"));
}

/// A user as she is now.
pub(crate) async fn user(stand: &Stand, user: &User) -> Option<User> {
    let id = user.id.clone();
    let read = move |tx: &mut Tx<'_>| tx.users().by_id(&id);
    let found = stand.server.app.store.read(&stand.server.tenant.id, read);
    found.await.expect("the store answers")
}

/// Changes a user as an administrator would.
pub(crate) async fn change_user(stand: &Stand, user: &User, change: fn(&mut User)) {
    let id = user.id.clone();
    let write = move |tx: &mut Tx<'_>| {
        let mut user = tx.users().by_id_to_change(&id)?.expect("she exists");
        change(&mut user);
        tx.users().update(&user)
    };
    let stored = stand.server.app.store.write(&stand.server.tenant.id, write);
    let _saved = stored.await.expect("it is stored");
}

/// Asks, as an application does, for the mail that resets a password.
pub(crate) async fn ask_for_reset(stand: &Stand, email: &str) -> Reply {
    let body = json!({
        "client_id": stand.world.web.id, "email": email, "connection": DEFAULT_DATABASE,
    });
    let url = stand.server.url("dbconnections/change_password");
    stand.server.post_json(&url, &body, &[]).await
}

/// Signs up as an application does; `extra` adds or replaces members.
pub(crate) async fn sign_up(stand: &Stand, extra: Value) -> Reply {
    let mut body = json!({
        "client_id": stand.world.web.id, "connection": DEFAULT_DATABASE,
        "email": "new@example.com", "password": FRESH,
    });
    let members = body.as_object_mut().expect("an object");
    members.extend(extra.as_object().expect("an object").clone());
    let url = stand.server.url("dbconnections/signup");
    stand.server.post_json(&url, &body, &[]).await
}

/// The link to `path` in the latest mail to `to`.
pub(crate) async fn mailed_link(stand: &Stand, to: &str, path: &str) -> String {
    let mails = stand.server.mails().await;
    let of_her = mails.iter().rev().filter(|mail| mail.to == to);
    let mut words = of_her.flat_map(|mail| mail.text.split_whitespace());
    let link = words.find(|word| word.contains(path));
    link.unwrap_or_else(|| panic!("no link to {path} for {to} in {mails:?}"))
        .to_owned()
}
