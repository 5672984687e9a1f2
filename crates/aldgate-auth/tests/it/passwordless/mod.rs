//! Passwordless login: codes and links by mail, codes by text message.

mod api;
mod gateway;
mod pages;

use aldgate_core::application::GrantType;
use aldgate_core::connection::Connection;
use aldgate_core::id::ConnectionId;
use aldgate_core::user::User;
use aldgate_store::{LoginName, Tx};
use aldgate_test::{Client, Reply};
use serde_json::{Value, json};

use crate::stand::{Stand, allow};

pub(crate) const OTP: &str = "http://auth0.com/oauth/grant-type/passwordless/otp";

/// A stand whose applications may use the connections `email` and `sms`.
pub(crate) async fn stand() -> Stand {
    equip(Stand::new().await).await
}

pub(crate) async fn equip(stand: Stand) -> Stand {
    for strategy in ["email", "sms"] {
        add_connection(&stand, strategy, json!({})).await;
    }
    for id in [&stand.world.web.id, &stand.world.spa.id] {
        stand
            .change(id, |app| {
                allow(app, GrantType::PasswordlessOtp);
                app.cross_origin_authentication = true;
            })
            .await;
    }
    stand
}

async fn add_connection(stand: &Stand, strategy: &str, options: Value) -> ConnectionId {
    let id = ConnectionId::generate(&mut stand.server.app.rng());
    let connection: Connection = serde_json::from_value(json!({
        "id": id, "name": strategy, "strategy": strategy, "realms": [strategy],
        "is_domain_connection": true, "options": options,
    }))
    .expect("a connection");
    let write = move |tx: &mut Tx<'_>| tx.connections().create(&connection);
    let stored = stand.server.app.store.write(&stand.server.tenant.id, write);
    stored.await.expect("it is stored");
    id
}

/// Sets an option of the connection of that name.
pub(crate) async fn set(stand: &Stand, name: &'static str, option: &'static str, value: Value) {
    let now = stand.server.now();
    let write = move |tx: &mut Tx<'_>| {
        let mut changed = tx.connections().by_name(name)?.expect("it exists");
        changed.options.insert(option.to_owned(), value.clone());
        changed.updated_at = now;
        tx.connections().update(&changed)
    };
    let stored = stand.server.app.store.write(&stand.server.tenant.id, write);
    assert!(stored.await.expect("it is stored"));
}

/// Asks for a code for `web`, as an application does.
pub(crate) async fn start(stand: &Stand, email: &str, extra: Value) -> Reply {
    let mut body = json!({
        "client_id": stand.world.web.id, "connection": "email", "email": email, "send": "code",
    });
    let members = body.as_object_mut().expect("an object");
    members.extend(extra.as_object().expect("an object").clone());
    let url = stand.server.url("passwordless/start");
    stand.server.post_json(&url, &body, &[]).await
}

/// The code in the latest message to `to`.
pub(crate) async fn code(stand: &Stand, to: &str) -> String {
    let mails = stand.server.mails().await;
    let mail = mails.iter().rev().find(|mail| mail.to == to);
    let text = &mail.unwrap_or_else(|| panic!("no message to {to}")).text;
    let digits = |word: &&str| word.len() == 6 && word.bytes().all(|b| b.is_ascii_digit());
    text.split_whitespace()
        .find(digits)
        .expect("a code")
        .to_owned()
}

/// How many messages went to `to`.
async fn messages(stand: &Stand, to: &str) -> usize {
    let mails = stand.server.mails().await;
    mails.iter().filter(|mail| mail.to == to).count()
}

/// Exchanges a code at the token endpoint.
pub(crate) async fn exchange(stand: &Stand, client: &Client, username: &str, otp: &str) -> Reply {
    let body = json!({
        "grant_type": OTP, "client_id": client.id, "client_secret": client.secret,
        "username": username, "otp": otp, "realm": "email", "scope": "openid email",
    });
    let url = stand.server.url("oauth/token");
    stand.server.post_json(&url, &body, &[]).await
}

/// The user who has an address or number at the connection of that name.
pub(crate) async fn holder(
    stand: &Stand,
    connection: &'static str,
    kind: LoginName,
    name: &str,
) -> Option<User> {
    let name = name.to_owned();
    let read = move |tx: &mut Tx<'_>| {
        let id = tx.connections().by_name(connection)?.expect("it exists").id;
        tx.users().by_login(&id, kind, &name)
    };
    let found = stand.server.app.store.read(&stand.server.tenant.id, read);
    found.await.expect("the store answers")
}

/// Digits that are not `code`.
pub(crate) fn wrong(code: &str) -> String {
    let other = |c: char| if c == '9' { '0' } else { '9' };
    code.chars().map(other).collect()
}
