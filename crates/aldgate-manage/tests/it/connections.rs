//! `/connections`.

use aldgate_core::id::ConnectionId;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::kit::Kit;

async fn made(kit: &Kit, body: Value) -> Value {
    let made = kit.post("/connections", body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    made.json()
}

fn path_of(connection: &Value) -> String {
    format!("/connections/{}", connection["id"].as_str().expect("an id"))
}

#[tokio::test]
async fn a_database_lives_its_whole_life_with_auth0s_defaults() {
    let kit = Kit::new().await;
    let users = made(&kit, json!({"name": "users", "strategy": "auth0"})).await;
    assert_eq!(
        users["options"],
        json!({
            "passwordPolicy": "good",
            "mfa": {"active": true, "return_enroll_settings": true},
            "strategy_version": 2,
            "authentication_methods": {
                "password": {"enabled": true}, "passkey": {"enabled": false}},
            "brute_force_protection": true,
        })
    );
    assert_eq!(users["realms"], json!(["users"]));
    assert_eq!(users["enabled_clients"], json!([]));
    assert_eq!(users["authentication"], json!({"active": true}));
    let path = path_of(&users);
    assert_eq!(kit.get(&path).await.json(), users);

    let same = kit.post(
        "/connections",
        json!({"name": "users", "strategy": "auth0"}),
    );
    let same = same.await;
    assert_eq!(same.status, StatusCode::CONFLICT);
    let message = "A connection with the same name already exists";
    assert_eq!(same.json()["message"], message);

    let options = json!({"options": {"disable_signup": true}});
    let changed = kit.patch(&path, options.clone()).await;
    assert_eq!(changed.status, StatusCode::OK, "{changed:?}");
    assert_eq!(
        changed.json()["options"],
        options["options"],
        "replaced whole"
    );
    assert_eq!(
        kit.get(&format!("{path}/status")).await.status,
        StatusCode::OK
    );
    assert_eq!(kit.get(&format!("{path}/keys")).await.json(), json!([]));
    for unbuilt in ["scim-configuration", "directory-provisioning"] {
        let none = kit.get(&format!("{path}/{unbuilt}")).await;
        assert_eq!(none.status, StatusCode::NOT_FOUND);
        let refused = kit.post(&format!("{path}/{unbuilt}"), json!({})).await;
        assert_eq!(refused.json()["errorCode"], "operation_not_supported");
    }

    let deleted = kit.delete(&path).await;
    assert_eq!(deleted.status, StatusCode::ACCEPTED);
    assert!(deleted.json()["deleted_at"].is_string());
    let gone = kit.get(&path).await;
    assert_eq!(gone.json()["errorCode"], "inexistent_connection");
}

#[tokio::test]
async fn lists_filter_and_turn_pages() {
    let kit = Kit::new().await;
    for n in 0..5 {
        let body = json!({"name": format!("oidc-{n}"), "strategy": "oidc",
            "options": {"domain_aliases": [format!("d{n}.test")]}});
        made(&kit, body).await;
    }
    made(&kit, json!({"name": "mail", "strategy": "email"})).await;
    let count = async |query: &str| {
        let path = format!("/connections?include_totals=true&{query}");
        let page = kit.get(&path).await.json();
        let items = page["connections"].as_array().expect("a list").len();
        assert_eq!(page["total"], json!(items), "{query}");
        items
    };
    assert_eq!(count("per_page=50").await, 7);
    assert_eq!(count("strategy=auth0&take=50").await, 1);
    assert_eq!(count("strategy=auth0&strategy=email").await, 2);
    assert_eq!(count("name=oidc-3").await, 1);
    assert_eq!(count("domain_alias=d2.test").await, 1);
    assert_eq!(count("domain_alias=other.test").await, 0);
    let fields = kit.get("/connections?name=mail&fields=name,strategy").await;
    let one = fields.json()[0].as_object().expect("a connection").clone();
    let members: Vec<&str> = one.keys().map(String::as_str).collect();
    assert_eq!(
        members,
        ["id", "name", "strategy"],
        "terraform counts on the id"
    );

    let (mut path, mut names) = ("/connections?take=2&strategy=oidc".to_owned(), Vec::new());
    loop {
        let part = kit.get(&path).await.json();
        let items = part["connections"].as_array().expect("a list").clone();
        names.extend(items.iter().map(|one| one["name"].to_string()));
        let Some(next) = part["next"].as_str() else {
            break;
        };
        path = format!("/connections?take=2&strategy=oidc&from={next}");
    }
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 5);
}

#[tokio::test]
async fn fed_03_a_connection_keeps_its_secret_to_itself() {
    let kit = Kit::new().await;
    let options = json!({"client_id": "abc", "client_secret": "very hush"});
    let body = json!({"name": "google", "strategy": "google-oauth2", "options": options});
    let google = made(&kit, body).await;
    let path = path_of(&google);
    let again = kit
        .patch(&path, json!({"options": {"client_id": "def"}}))
        .await;
    for text in [
        google.to_string(),
        again.text(),
        kit.get(&path).await.text(),
    ] {
        assert!(
            !text.contains("hush") && !text.contains("client_secret"),
            "{text}"
        );
    }
    let told = serde_json::to_string(&kit.server.events().await).expect("events");
    assert!(!told.contains("hush"), "LOG-01");
    let id: ConnectionId = google["id"]
        .as_str()
        .expect("an id")
        .parse()
        .expect("an id");
    let find = id.clone();
    let stored = kit.write(move |tx| tx.connections().by_id(&find)).await;
    let stored = stored.expect("it is there");
    let sealed = aldgate_core::connection::rules::sealed(&stored, "client_secret");
    let place = aldgate_app::seal::Place {
        tenant: &kit.server.tenant.id,
        table: "connections",
        row: id.as_str(),
        column: "client_secret",
    };
    let opened = kit.server.app.open_text(&place, sealed.expect("kept"));
    assert_eq!(opened.expect("it opens").expose(), "very hush");
    let forged = json!({"options": {"client_secret_sealed": "x"}});
    assert_eq!(
        kit.patch(&path, forged).await.status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn applications_are_switched_on_and_off() {
    let kit = Kit::new().await;
    let mail = made(&kit, json!({"name": "mail", "strategy": "email"})).await;
    let clients = format!("{}/clients", path_of(&mail));
    let (web, spa) = (&kit.world.web.id, &kit.world.spa.id);
    let on = json!([{"client_id": web, "status": true}, {"client_id": spa, "status": true}]);
    assert_eq!(kit.patch(&clients, on).await.status, StatusCode::NO_CONTENT);
    let first = kit.get(&format!("{clients}?take=1")).await.json();
    let next = first["next"].as_str().expect("more");
    let rest = kit
        .get(&format!("{clients}?take=1&from={next}"))
        .await
        .json();
    assert_ne!(first["clients"], rest["clients"]);
    assert!(rest.get("next").is_none());
    let off = json!([{"client_id": spa, "status": false}]);
    assert_eq!(
        kit.patch(&clients, off).await.status,
        StatusCode::NO_CONTENT
    );
    let left = kit.get(&format!("{clients}?take=50")).await.json();
    assert_eq!(left, json!({"clients": [{"client_id": web}]}));
    for bad in [
        json!([]),
        json!({"client_id": web, "status": true}),
        json!([{"client_id": web}]),
        json!([{"client_id": "nobody", "status": true}]),
        json!([{"client_id": web, "status": true, "more": 1}]),
    ] {
        let refused = kit.patch(&clients, bad.clone()).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{bad}");
    }
}

#[tokio::test]
async fn bad_bodies_name_the_member() {
    let kit = Kit::new().await;
    for (more, needle) in [
        (json!({"name": null}), "name"),
        (json!({"name": "a b"}), "name"),
        (json!({"strategy": "auth1"}), "strategy"),
        (json!({"options": []}), "options"),
        (
            json!({"options": {"passwordPolicy": "best"}}),
            "passwordPolicy",
        ),
        (json!({"enabled_clients": ["not an id"]}), "enabled_clients"),
        (json!({"metadata": {"a": 1}}), "metadata"),
        (json!({"id": "con_mine"}), "id"),
    ] {
        let mut body = json!({"name": "x", "strategy": "auth0"});
        let object = body.as_object_mut().expect("an object");
        object.extend(more.as_object().expect("an object").clone());
        let refused = kit.post("/connections", body).await;
        assert_eq!(
            refused.status,
            StatusCode::BAD_REQUEST,
            "{needle}: {refused:?}"
        );
        let message = refused.json()["message"].as_str().expect("text").to_owned();
        assert!(message.contains(needle), "{message}");
    }
    let bad = kit.get("/connections/mine").await;
    assert_eq!(bad.json()["errorCode"], "invalid_uri");
}

#[tokio::test]
async fn a_user_is_removed_by_her_address() {
    let kit = Kit::new().await;
    let users = format!("/connections/{}/users", kit.world.connection.id);
    let missing = kit.delete(&users).await;
    assert_eq!(missing.status, StatusCode::BAD_REQUEST);
    let email = kit.world.eve.email.clone().expect("an address");
    let removed = kit.delete(&format!("{users}?email={email}")).await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT, "{removed:?}");
    let eve = kit.world.eve.id.clone();
    assert!(kit.write(move |tx| tx.users().by_id(&eve)).await.is_none());
    let admin = kit.world.admin.email.clone().expect("an address");
    let refused = kit.delete(&format!("{users}?email={admin}")).await;
    assert_eq!(
        refused.status,
        StatusCode::FORBIDDEN,
        "the last administrator"
    );
}

/// Whoever decides where administrators are known from is an administrator.
#[tokio::test]
async fn adm_04_a_connection_of_administrators_cannot_be_moved_or_removed() {
    let kit = Kit::new().await;
    let corp = made(
        &kit,
        json!({"name": "corp", "strategy": "oidc",
        "options": {"issuer": "https://idp.corp.test/"}}),
    )
    .await;
    let id: ConnectionId = corp["id"].as_str().expect("an id").parse().expect("an id");
    let mut boss = kit.world.admin.clone();
    let mut linked = boss.identities[0].clone();
    (linked.connection, linked.connection_id) = ("corp".into(), id);
    (linked.provider, linked.user_id) = ("oidc".into(), "corp|boss".into());
    boss.identities.push(linked);
    let saved = kit.write(move |tx| tx.users().update(&boss)).await;
    assert_eq!(saved, aldgate_store::Saved::Done);

    let weak = &kit.world.pkj.id;
    let scopes = ["update:connections", "delete:connections", "delete:users"];
    kit.grant(weak, &scopes).await;
    let token = kit.machine_token(weak, &scopes).await;
    let path = path_of(&corp);
    let evil = json!({"options": {"issuer": "https://evil.test/"}});
    let moved = kit.call_as(&token, Method::PATCH, &path, &evil).await;
    assert_eq!(moved.status, StatusCode::FORBIDDEN, "{moved:?}");
    let removed = kit
        .call_as(&token, Method::DELETE, &path, &Value::Null)
        .await;
    assert_eq!(removed.status, StatusCode::FORBIDDEN);
    let email = kit.world.admin.email.clone().expect("an address");
    let users = format!(
        "/connections/{}/users?email={email}",
        kit.world.connection.id
    );
    let taken = kit
        .call_as(&token, Method::DELETE, &users, &Value::Null)
        .await;
    assert_eq!(taken.status, StatusCode::FORBIDDEN);
    let script = json!({"options": {"enabledDatabaseCustomization": true}});
    let database = format!("/connections/{}", kit.world.connection.id);
    let scripted = kit.call_as(&token, Method::PATCH, &database, &script).await;
    assert_eq!(scripted.status, StatusCode::FORBIDDEN);
    let harmless = json!({"display_name": "Corp"});
    let allowed = kit.call_as(&token, Method::PATCH, &path, &harmless).await;
    assert_eq!(allowed.status, StatusCode::OK, "{allowed:?}");

    let all_gone = kit.delete(&database).await;
    assert_eq!(
        all_gone.status,
        StatusCode::FORBIDDEN,
        "the last administrators"
    );
    assert_eq!(kit.delete(&path).await.status, StatusCode::ACCEPTED);
    let boss = kit.world.admin.id.clone();
    let boss = kit.write(move |tx| tx.users().by_id(&boss)).await;
    let boss = boss.expect("only the link went");
    assert_eq!(boss.identities.len(), 1);
}

/// Users are known by their provider's ids: another provider may know others by them.
#[tokio::test]
async fn fed_03_another_provider_of_users_needs_a_word_that_names_it() {
    let kit = Kit::new().await;
    let options = json!({"client_id": "c", "issuer": "https://idp.corp.test/"});
    let body = json!({"name": "corp", "strategy": "oidc", "options": options});
    let corp = made(&kit, body).await;
    let path = path_of(&corp);
    let moved = |issuer: &str| json!({"options": {"client_id": "c", "issuer": issuer}});
    // Without users it is free.
    let free = kit.patch(&path, moved("https://id.corp.test/")).await;
    assert_eq!(free.status, StatusCode::OK, "{free:?}");

    let id: ConnectionId = corp["id"].as_str().expect("an id").parse().expect("an id");
    let mut ada = kit.world.ada.clone();
    let mut linked = ada.identities[0].clone();
    (linked.connection, linked.connection_id) = ("corp".into(), id);
    (linked.provider, linked.user_id) = ("oidc".into(), "corp|7".into());
    ada.identities.push(linked);
    let saved = kit.write(move |tx| tx.users().update(&ada)).await;
    assert_eq!(saved, aldgate_store::Saved::Done);

    for unconfirmed in [
        moved("https://evil.test/"),
        json!({"options": {"client_id": "c"}}),
        json!({"options": {"client_id": "c", "issuer": "https://id.corp.test/",
            "discovery_url": "https://evil.test/.well-known/openid-configuration"}}),
        json!({"options": {"client_id": "c", "issuer": "https://evil.test/",
            "confirmed_provider": "https://other.test/"}}),
    ] {
        let refused = kit.patch(&path, unconfirmed.clone()).await;
        assert_eq!(refused.status, StatusCode::CONFLICT, "{unconfirmed}");
        assert_eq!(refused.json()["errorCode"], "provider_change");
    }
    // What does not say who people are may change.
    let harmless = json!({"options": {"client_id": "d", "issuer": "https://id.corp.test/",
        "scope": "openid email"}});
    assert_eq!(kit.patch(&path, harmless).await.status, StatusCode::OK);
    // The word names the place, as the refusal says.
    let place = "https://new.corp.test/ https://new.corp.test/.well-known/openid-configuration";
    let refused = kit.patch(&path, moved("https://new.corp.test/")).await;
    assert!(refused.text().contains("confirmed_provider"), "{refused:?}");
    let mut confirmed = moved("https://new.corp.test/");
    confirmed["options"]["confirmed_provider"] = json!(place);
    let done = kit.patch(&path, confirmed.clone()).await;
    assert_eq!(done.status, StatusCode::OK, "{done:?}");
    // Applied again it changes nothing, and the word does not stand for any other place.
    assert_eq!(kit.patch(&path, confirmed).await.status, StatusCode::OK);
    let mut again = moved("https://evil.test/");
    again["options"]["confirmed_provider"] = json!(place);
    assert_eq!(kit.patch(&path, again).await.status, StatusCode::CONFLICT);
}
