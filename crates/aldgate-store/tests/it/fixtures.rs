//! Things that tests store.

use aldgate_core::id::{ConnectionId, TenantId, UserId};
use aldgate_core::time::Timestamp;
use aldgate_core::user::{Identity, User};
use aldgate_store::scratch::Scratch;
use serde_json::json;

/// The time at which everything happens.
pub(crate) const NOW: Timestamp = Timestamp::from_seconds(1_795_000_000);

pub(crate) fn database() -> ConnectionId {
    ConnectionId::parse("con_db").unwrap()
}

pub(crate) fn tenant(name: &str) -> TenantId {
    TenantId::parse(name).unwrap()
}

/// A database user with an e-mail address.
pub(crate) fn user(number: u32, email: &str) -> User {
    let id = UserId::parse(&format!("auth0|{number}")).unwrap();
    let document = json!({"user_id": id.as_str(), "email": email, "created_at": NOW});
    let mut user: User = serde_json::from_value(document).unwrap();
    user.identities.push(Identity {
        connection: "Username-Password-Authentication".to_owned(),
        connection_id: database(),
        provider: "auth0".to_owned(),
        user_id: number.to_string(),
        is_social: false,
        profile_data: None,
    });
    user
}

/// Runs statements behind the store's back, as a fault or another program would.
pub(crate) fn behind_the_back(scratch: &Scratch, text: &str) {
    if let Some(path) = scratch.url().sqlite_path() {
        let connection = rusqlite::Connection::open(path).unwrap();
        return connection.execute_batch(text).unwrap();
    }
    let (url, text) = (scratch.url_text(), text.to_owned());
    // The blocking client may not be used on a thread of a runtime.
    let work = move || {
        let mut client = postgres::Client::connect(&url, postgres::NoTls).unwrap();
        client.batch_execute(&text).unwrap();
    };
    std::thread::spawn(work).join().unwrap();
}
