//! ACC-01 and ACC-08: what is stored of a password, and what counts as the same one.

use aldgate_app::accounts::{CreateUser, CreateUserError, Credential, create_user};
use aldgate_core::secret::Secret;
use aldgate_core::signup::Draft;
use aldgate_core::user::User;
use aldgate_store::Tx;
use serde_json::json;

use super::{FRESH, connection, outcome, set_option, sign_up};
use crate::stand::Stand;

const HOME: &str = "192.0.2.1";

/// `bcrypt("imported otter wheel")`, cost 4.
const BCRYPT: &str = "$2b$04$abcdefghijklmnopqrstuu";

async fn import(stand: &Stand, hash: String) -> Result<User, CreateUserError> {
    let new = CreateUser {
        connection: &connection(&stand.server).await,
        draft: Draft {
            email: Some("old@example.com".into()),
            ..Draft::default()
        },
        credential: Credential::Hash(Secret::new(hash)),
        verify: None,
        client: None,
        event: None,
        request: None,
    };
    create_user(&stand.server.app, &stand.server.tenant, new).await
}

async fn stored_hash(stand: &Stand, user: &User) -> String {
    let id = user.id.clone();
    let read = move |tx: &mut Tx<'_>| tx.passwords().of(&id);
    let stored = stand
        .server
        .app
        .store
        .read(&stand.server.tenant.id, read)
        .await;
    let stored = stored.expect("the store answers").expect("she has one");
    stored.hash.expose().clone()
}

#[tokio::test]
async fn acc_01_passwords_are_stored_as_argon2id_and_imports_are_upgraded_at_login() {
    let stand = Stand::new().await;
    let fresh = stored_hash(&stand, &stand.world.ada).await;
    assert!(fresh.starts_with("$argon2id$v=19$m="), "{fresh}");
    let hash = bcrypt::hash("imported otter wheel", 4).expect("a hash");
    let user = import(&stand, hash.clone()).await.expect("she is made");
    assert_eq!(stored_hash(&stand, &user).await, hash);
    assert_eq!(
        outcome(&stand, HOME, "old@example.com", "wrong").await,
        "wrong"
    );
    assert_eq!(stored_hash(&stand, &user).await, hash);
    let right = "imported otter wheel";
    assert_eq!(outcome(&stand, HOME, "old@example.com", right).await, "in");
    assert!(stored_hash(&stand, &user).await.starts_with("$argon2id$"));
    assert_eq!(outcome(&stand, HOME, "old@example.com", right).await, "in");
    assert_eq!(
        outcome(&stand, HOME, "old@example.com", "wrong").await,
        "wrong"
    );
}

#[tokio::test]
async fn acc_15_a_hash_that_cannot_be_checked_or_costs_too_much_is_refused() {
    let stand = Stand::new().await;
    let costly = "$argon2id$v=19$m=4194304,t=3,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA";
    for hash in ["plain text", "$1$md5$x", BCRYPT, costly] {
        let refused = import(&stand, hash.to_owned()).await;
        assert!(
            matches!(refused, Err(CreateUserError::UnknownHash)),
            "{hash}"
        );
    }
}

#[tokio::test]
async fn acc_08_the_whole_password_counts_in_one_form() {
    let stand = Stand::new().await;
    let long = "wheel otter 9 ".repeat(6)[..72].to_owned();
    let pairs = [
        (format!("{long}a"), format!("{long}b")),
        (
            " with spaces around it ".to_owned(),
            "with spaces around it".to_owned(),
        ),
        (
            "Case of an otter wheel".to_owned(),
            "case of an otter wheel".to_owned(),
        ),
    ];
    for (n, (right, wrong)) in pairs.iter().enumerate() {
        let email = format!("long{n}@example.com");
        let made = sign_up(&stand, json!({"email": email, "password": right})).await;
        assert_eq!(made.status, 200, "{}", made.text());
        assert_eq!(outcome(&stand, HOME, &email, wrong).await, "wrong", "{n}");
        assert_eq!(outcome(&stand, HOME, &email, right).await, "in", "{n}");
    }
    let composed = json!({"email": "e@example.com", "password": "d\u{e9}j\u{e0} vu by an otter"});
    assert_eq!(sign_up(&stand, composed).await.status, 200);
    let decomposed = "de\u{301}ja\u{300} vu by an otter";
    assert_eq!(
        outcome(&stand, HOME, "e@example.com", decomposed).await,
        "in"
    );
}

#[tokio::test]
async fn acc_08_length_edges_lists_and_her_own_address() {
    let stand = Stand::new().await;
    set_option(
        &stand.server,
        "password_complexity_options",
        json!({"min_length": 15}),
    )
    .await;
    let of_length = |length: usize| "wheel-otter/93 Жук ".chars().cycle().take(length).collect();
    let long = "x9 otter ".repeat(57);
    let cases: [(String, &str); 8] = [
        (of_length(14), "PasswordStrengthError"),
        (of_length(15), ""),
        (of_length(64), ""),
        (of_length(128), ""),
        (long[..512].to_owned(), ""),
        (long[..513].to_owned(), "PasswordStrengthError"),
        ("passwordpassword".to_owned(), "PasswordDictionaryError"),
        ("case7@example.com".to_owned(), "PasswordNoUserInfoError"),
    ];
    for (n, (password, refused)) in cases.iter().enumerate() {
        let email = format!("case{n}@example.com");
        let reply = sign_up(&stand, json!({"email": email, "password": password})).await;
        let name = reply.json()["name"].as_str().unwrap_or_default().to_owned();
        if refused.is_empty() {
            assert_eq!(reply.status, 200, "{n}: {}", reply.text());
        } else {
            assert_eq!(
                (reply.status.as_u16(), name.as_str()),
                (400, *refused),
                "{n}"
            );
        }
    }
}

#[tokio::test]
async fn acc_08_the_most_common_passwords_are_refused() {
    let stand = Stand::new().await;
    let common = [
        "password",
        "12345678",
        "123456789",
        "baseball",
        "football",
        "jennifer",
        "superman",
        "trustno1",
        "sunshine",
        "princess",
        "iloveyou",
        "starwars",
        "computer",
        "corvette",
        "michelle",
        "jordan23",
        "qwertyuiop",
        "asdfghjkl",
        "mercedes",
        "changeme",
        "letmein1",
    ];
    for (n, password) in common.iter().enumerate() {
        let email = format!("common{n}@example.com");
        let reply = sign_up(&stand, json!({"email": email, "password": password})).await;
        assert_eq!(
            reply.json()["name"],
            "PasswordDictionaryError",
            "{password}"
        );
    }
    let good = sign_up(&stand, json!({"password": FRESH})).await;
    assert_eq!(good.status, 200, "{}", good.text());
}
