//! `GET /users`: searching, sorting, pages and keys.

use aldgate_core::time::Seconds;
use http::StatusCode;
use serde_json::{Value, json};

use crate::kit::Kit;
use crate::users::person;

/// Twelve users besides the world's three, a minute apart.
async fn crowd(kit: &Kit) {
    for n in 0..12 {
        kit.server.advance(Seconds::minutes(1));
        let plan = if n % 2 == 0 { "gold" } else { "free" };
        let body = json!({
            "email": format!("user{n:02}@crowd.test"), "name": format!("Person {n:02}"),
            "app_metadata": {"plan": plan, "seats": n}, "blocked": n == 5,
        });
        person(kit, body).await;
    }
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

async fn names(kit: &Kit, q: &str, rest: &str) -> Vec<String> {
    let found = kit.get(&format!("/users?q={}{rest}", encoded(q))).await;
    assert_eq!(found.status, StatusCode::OK, "{q}: {found:?}");
    let found = found.json();
    let list = found
        .as_array()
        .or_else(|| found["users"].as_array())
        .expect("a list");
    list.iter()
        .map(|user| user["name"].as_str().unwrap_or_default().to_owned())
        .collect()
}

#[tokio::test]
async fn users_are_found_by_what_they_are() {
    let kit = Kit::new().await;
    crowd(&kit).await;
    for (q, expected) in [
        ("email:\"USER03@crowd.test\"", 1),
        ("email:user0*", 10),
        ("email.domain:crowd.test", 12),
        ("name:person*", 12),
        ("name:\"person 04\"", 1),
        ("app_metadata.plan:gold", 6),
        ("app_metadata.seats:[3 TO 5]", 3),
        ("app_metadata.plan:gold AND app_metadata.seats:{2 TO *}", 4),
        ("blocked:true", 1),
        ("email.domain:crowd.test AND NOT blocked:true", 11),
        (
            "identities.connection:\"Username-Password-Authentication\"",
            15,
        ),
        ("identities.connection:other", 0),
        ("created_at:[2026-11-24T07:11:00Z TO *]", 2),
        ("_exists_:app_metadata.plan", 12),
        ("NOT _exists_:app_metadata.plan", 3),
        ("user_id:auth0*", 15),
        ("email:\"nobody@x.test\"", 0),
        ("user01@crowd.test OR user02@crowd.test", 2),
    ] {
        let found = names(&kit, q, "&include_totals=true&per_page=100").await;
        assert_eq!(found.len(), expected, "{q}: {found:?}");
    }
    let exact = format!("user_id:\"{}\"", kit.world.ada.id);
    assert_eq!(names(&kit, &exact, "").await, ["ada"]);
}

#[tokio::test]
async fn lists_are_sorted_by_what_has_an_index() {
    let kit = Kit::new().await;
    crowd(&kit).await;
    let up = names(&kit, "email.domain:crowd.test", "&sort=name:1").await;
    let mut sorted = up.clone();
    sorted.sort();
    assert_eq!(up, sorted);
    let down = names(
        &kit,
        "email.domain:crowd.test",
        "&sort=created_at:-1&per_page=2",
    )
    .await;
    assert_eq!(down, ["Person 11", "Person 10"]);
    let default = names(&kit, "", "&per_page=1").await;
    assert_eq!(default, ["Person 11"], "newest first");
    for bad in ["nickname:1", "name", "name:2", "name:1;drop"] {
        let refused = kit.get(&format!("/users?sort={bad}")).await;
        assert_eq!(refused.json()["errorCode"], "invalid_query_string", "{bad}");
    }
}

#[tokio::test]
async fn adm_06_pages_and_keys_give_every_user_once() {
    let kit = Kit::new().await;
    crowd(&kit).await;
    for sort in [
        "",
        "&sort=name:1",
        "&sort=email:-1",
        "&sort=last_login:1",
        "&sort=updated_at:-1",
    ] {
        let mut seen = Vec::new();
        let mut next = String::new();
        loop {
            let part = kit.get(&format!("/users?take=4{sort}{next}")).await.json();
            let users = part["users"].as_array().expect("a list");
            seen.extend(users.iter().map(|user| user["user_id"].clone()));
            let Some(key) = part["next"].as_str() else {
                break;
            };
            next = format!("&from={key}");
        }
        let mut unique: Vec<_> = seen.iter().map(Value::to_string).collect();
        unique.sort();
        unique.dedup();
        assert_eq!((seen.len(), unique.len()), (15, 15), "{sort}");
        let elsewhere = kit.get("/users?take=4").await.json();
        let key = elsewhere["next"].as_str().expect("more");
        let mixed = kit
            .get(&format!("/users?take=4&sort=name:-1&from={key}"))
            .await;
        assert_eq!(
            mixed.status,
            StatusCode::BAD_REQUEST,
            "a key belongs to its search"
        );
    }
    let page = kit
        .get("/users?page=1&per_page=10&include_totals=true")
        .await
        .json();
    assert_eq!(
        (&page["total"], &page["start"], &page["length"]),
        (&json!(15), &json!(10), &json!(5))
    );
    let deep = kit.get("/users?page=10&per_page=100").await;
    assert_eq!(
        deep.status,
        StatusCode::BAD_REQUEST,
        "beyond 1000 one reads by key"
    );
}

#[tokio::test]
async fn adm_06_queries_never_become_statements() {
    let kit = Kit::new().await;
    for bad in [
        "name:(",
        "name:\"x",
        "nmae:x",
        "logins_count:many",
        "email:*x*",
        "'; DROP TABLE users; --",
        "name:x' OR 1=1 --)",
        "created_at:[x TO y]",
    ] {
        let refused = kit.get(&format!("/users?q={}", encoded(bad))).await;
        let error = refused.json();
        assert!(refused.status == StatusCode::BAD_REQUEST, "{bad}: {error}");
        assert_eq!(error["errorCode"], "invalid_query_string", "{bad}");
    }
    let quoted = names(&kit, "name:\"' OR 1=1 --\"", "").await;
    assert!(quoted.is_empty());
    assert_eq!(
        kit.get("/users").await.json().as_array().map(Vec::len),
        Some(3)
    );
}
