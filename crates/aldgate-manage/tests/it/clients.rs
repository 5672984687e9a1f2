//! `/clients`.

use aldgate_core::event::EventType;
use http::{Method, StatusCode};
use serde_json::json;

use crate::kit::Kit;

#[tokio::test]
async fn an_application_lives_its_whole_life() {
    let kit = Kit::new().await;
    let made = kit
        .post(
            "/clients",
            json!({"name": "Shop", "app_type": "regular_web", "callbacks": ["https://shop.test/cb"]}),
        )
        .await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let made = made.json();
    let id = made["client_id"].as_str().expect("an id").to_owned();
    let secret = made["client_secret"].as_str().expect("shown once");
    let path = format!("/clients/{id}");

    let shown = kit.get(&path).await.json();
    assert_eq!(shown["name"], "Shop");
    assert!(
        shown.get("client_secret").is_none(),
        "secrets are write-only"
    );

    let changed = kit
        .patch(&path, json!({"name": "Shop 2", "callbacks": null}))
        .await;
    assert_eq!(changed.status, StatusCode::OK);
    assert_eq!(changed.json()["name"], "Shop 2");

    let rotated = kit.post(&format!("{path}/rotate-secret"), json!({})).await;
    assert_eq!(rotated.status, StatusCode::OK);
    assert_ne!(rotated.json()["client_secret"], json!(secret));

    assert_eq!(kit.delete(&path).await.status, StatusCode::NO_CONTENT);
    let gone = kit.get(&path).await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    assert_eq!(gone.json()["errorCode"], "inexistent_client");
    assert_eq!(kit.delete(&path).await.status, StatusCode::NO_CONTENT);

    let told = kit.server.events().await;
    let changes = told
        .iter()
        .filter(|event| event.kind == EventType::ManagementOperation);
    let mut names: Vec<_> = changes.map(|event| event.description.as_str()).collect();
    names.reverse();
    let expected = [
        "Create an application",
        "Update an application",
        "Rotate a client secret",
        "Delete an application",
    ];
    assert_eq!(names.len(), expected.len());
    assert!(
        expected.iter().all(|name| names.contains(name)),
        "{names:?}"
    );
}

#[tokio::test]
async fn lists_turn_pages_in_both_ways() {
    let kit = Kit::new().await;
    let all = kit.get("/clients?per_page=100").await.json();
    let all = all.as_array().expect("a bare list");
    let page = kit
        .get("/clients?page=1&per_page=3&include_totals=true&fields=client_id")
        .await
        .json();
    assert_eq!((&page["start"], &page["limit"]), (&json!(3), &json!(3)));
    assert_eq!(page["total"], json!(all.len()));
    assert_eq!(
        page["clients"][0],
        json!({"client_id": all[3]["client_id"]})
    );

    let (mut path, mut seen) = ("/clients?take=2".to_owned(), 0);
    loop {
        let part = kit.get(&path).await.json();
        seen += part["clients"].as_array().expect("a list").len();
        let Some(next) = part["next"].as_str() else {
            break;
        };
        path = format!("/clients?take=2&from={next}");
    }
    assert_eq!(seen, all.len());
    let forged = kit.get("/clients?from=AAAAAAAAAAAAAAAAAAAAAAAA").await;
    assert_eq!(
        forged.status,
        StatusCode::BAD_REQUEST,
        "ADM-06: cursors are authenticated"
    );
}

#[tokio::test]
async fn bad_bodies_name_the_member() {
    let kit = Kit::new().await;
    for (body, needle) in [
        (json!({}), "name"),
        (json!({"name": 5}), "name"),
        (json!({"name": "x", "calbacks": []}), "calbacks"),
        (
            json!({"name": "x", "callbacks": ["javascript:x"]}),
            "callbacks",
        ),
        (json!(["x"]), "object"),
    ] {
        let refused = kit.post("/clients", body).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        let body = refused.json();
        assert_eq!(body["errorCode"], "invalid_body");
        let message = body["message"].as_str().expect("a message");
        assert!(message.contains(needle), "{message}");
    }
}

#[tokio::test]
async fn adm_04_a_stronger_application_cannot_be_taken_over() {
    let kit = Kit::new().await;
    let weak = &kit.world.pkj.id;
    let scopes = ["update:clients", "update:client_keys", "delete:clients"];
    kit.grant(weak, &scopes).await;
    let token = kit.machine_token(weak, &scopes).await;
    let strong = format!("/clients/{}", kit.world.m2m.id);
    for (method, path, body) in [
        (Method::PATCH, strong.clone(), json!({"name": "mine"})),
        (Method::POST, format!("{strong}/rotate-secret"), json!({})),
        (Method::DELETE, strong.clone(), json!(null)),
    ] {
        let refused = kit.call_as(&token, method, &path, &body).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(kit.get(&strong).await.json()["name"], "M2M");
}

#[tokio::test]
async fn filters_count_what_they_find() {
    let kit = Kit::new().await;
    let count = async |query: &str| {
        let page = kit
            .get(&format!("/clients?include_totals=true&{query}"))
            .await;
        let page = page.json();
        let items = page["clients"].as_array().expect("a list").len();
        assert_eq!(page["total"], json!(items), "{query}");
        items
    };
    let all = count("per_page=100").await;
    assert_eq!(count("page=0&per_page=100&is_global=false").await, all);
    assert_eq!(
        count("is_global=true").await,
        1,
        "a placeholder, for deploy-cli"
    );
    assert_eq!(count("is_first_party=false").await, 1);
    let spas = count("app_type=spa").await;
    assert!(spas > 0 && spas < all);
    assert!(count("app_type=spa%2Cnative").await > spas);
    assert_eq!(count("app_type=rms").await, 0);
    assert_eq!(count("external_client_id=https%3A%2F%2Fx.test%2F").await, 0);
    assert_eq!(count("q=third").await, 1);
}

#[tokio::test]
async fn read_client_summary_shows_the_summary_alone() {
    let kit = Kit::new().await;
    let reader = &kit.world.web2.id;
    let path = format!("/clients/{}", kit.world.pkj.id);
    for (scope, callbacks, methods) in [
        ("read:client_summary", false, false),
        ("read:clients", true, false),
        ("read:client_keys", true, true),
    ] {
        let id = kit.grant(reader, &[scope]).await;
        let token = kit.machine_token(reader, &[scope]).await;
        let get = kit.call_as(&token, Method::GET, &path, &json!(null)).await;
        let one = get.json();
        let list = kit.call_as(&token, Method::GET, "/clients", &json!(null));
        let list = list.await.json();
        let listed = list.as_array().expect("a list").iter();
        let listed = listed.filter(|one| one["client_id"] == json!(kit.world.pkj.id));
        for shown in listed.chain([&one]) {
            assert_eq!(shown["name"], "PKJ");
            assert_eq!(shown.get("callbacks").is_some(), callbacks, "{scope}");
            let has = shown.get("client_authentication_methods").is_some();
            assert_eq!(has, methods, "{scope}: {shown}");
        }
        kit.delete(&format!("/client-grants/{id}")).await;
    }
}

#[tokio::test]
async fn r11_a_given_secret_is_kept_as_auth0_does_and_hs256_needs_one() {
    let kit = Kit::new().await;
    let secret = "a secret that has more than 256 bits ....".replace(' ', "_");
    let body = json!({"name": "A", "app_type": "regular_web", "client_secret": secret});
    let made = kit.post("/clients", body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    assert_eq!(made.json()["client_secret"], json!(secret));
    let id = made.json()["client_id"].as_str().expect("an id").to_owned();
    let path = format!("/clients/{id}");
    assert!(!kit.get(&path).await.text().contains(&secret), "write-only");

    let hs256 = json!({"jwt_configuration": {"alg": "HS256"}});
    let refused = kit.patch(&path, hs256.clone()).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let remedy = refused.json()["remedy"]
        .as_str()
        .expect("a remedy")
        .to_owned();
    assert!(remedy.contains("client_secret in the same request"));
    let mut both = hs256;
    both["client_secret"] = json!(secret);
    assert_eq!(kit.patch(&path, both).await.status, StatusCode::OK);
    let client = id.parse().expect("an id");
    let stored = kit.write(move |tx| tx.applications().by_id(&client)).await;
    let stored = stored.expect("it is there");
    assert!(stored.secret_sealed.is_some());
    let place = aldgate_app::shared_keys::client_secret_place(&kit.server.tenant.id, &stored.id);
    let sealed = stored.secret_sealed.as_deref().expect("sealed");
    let opened = kit.server.app.open_text(&place, sealed).expect("it opens");
    assert_eq!(opened.expose(), &secret);
    let rotated = kit.post(&format!("{path}/rotate-secret"), json!({})).await;
    assert_eq!(rotated.status, StatusCode::OK, "HS256 goes on");

    for bad in [json!("short"), json!(5), json!("ä".repeat(40))] {
        let refused = kit.patch(&path, json!({"client_secret": bad})).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        assert!(!refused.text().contains("ää"), "it is not repeated");
    }
    let public = json!({"name": "P", "app_type": "spa", "client_secret": secret});
    assert_eq!(
        kit.post("/clients", public).await.status,
        StatusCode::BAD_REQUEST
    );
    let told = serde_json::to_string(&kit.server.events().await).expect("events");
    assert!(!told.contains(&secret), "LOG-01");
}

#[tokio::test]
async fn an_application_that_becomes_confidential_gets_a_secret() {
    let kit = Kit::new().await;
    let made = kit
        .post("/clients", json!({"name": "S", "app_type": "spa"}))
        .await
        .json();
    assert!(made.get("client_secret").is_none());
    let path = format!("/clients/{}", made["client_id"].as_str().expect("an id"));
    let post = json!({"token_endpoint_auth_method": "client_secret_post"});
    let changed = kit.patch(&path, post.clone()).await.json();
    assert!(changed["client_secret"].is_string(), "{changed}");
    let again = kit.patch(&path, post).await.json();
    assert!(again.get("client_secret").is_none());
}

#[tokio::test]
async fn a_deleted_application_leaves_nothing_behind() {
    let kit = Kit::new().await;
    let made = kit.post("/clients", json!({"name": "Gone"})).await.json();
    let id = made["client_id"].as_str().expect("an id");
    let grant =
        json!({"client_id": id, "audience": kit.world.api.identifier, "scope": ["read:things"]});
    assert_eq!(
        kit.post("/client-grants", grant).await.status,
        StatusCode::CREATED
    );
    let clients = format!("/connections/{}/clients", kit.world.connection.id);
    let on = json!([{"client_id": id, "status": true}]);
    assert_eq!(kit.patch(&clients, on).await.status, StatusCode::NO_CONTENT);
    let of_client = kit.get(&format!("/clients/{id}/connections")).await.json();
    assert_eq!(of_client["connections"].as_array().map(Vec::len), Some(1));
    kit.delete(&format!("/clients/{id}")).await;
    assert_eq!(kit.get(&clients).await.json(), json!({"clients": []}));
    let grants = kit.get(&format!("/client-grants?client_id={id}")).await;
    assert_eq!(grants.json(), json!([]));
}

#[tokio::test]
async fn adm_03_no_known_member_sets_what_is_not_writable() {
    let kit = Kit::new().await;
    for (path, body) in [
        ("/clients", json!({"name": "S"})),
        (
            "/resource-servers",
            json!({"identifier": "https://s.test/"}),
        ),
        ("/connections", json!({"name": "s", "strategy": "auth0"})),
        (
            "/client-grants",
            json!({"client_id": kit.world.web.id, "audience": kit.world.api.identifier}),
        ),
    ] {
        let id_member = if path == "/clients" {
            "client_id"
        } else {
            "id"
        };
        for member in PRIVILEGED.iter().copied() {
            let mut body = body.clone();
            if body.get(member).is_some() {
                continue;
            }
            body[member] = json!("sentinel");
            let refused = kit.post(path, body).await;
            let status = refused.status;
            assert_eq!(status, StatusCode::BAD_REQUEST, "POST {path} with {member}");
        }
        let made = kit.post(path, body).await;
        assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
        let made = made.json();
        let one = format!("{path}/{}", made[id_member].as_str().expect("an id"));
        for member in PRIVILEGED.iter().copied() {
            let refused = kit.patch(&one, json!({member: "sentinel"})).await;
            let renames = path == "/resource-servers" && member == "identifier";
            let expected = if renames {
                StatusCode::OK
            } else {
                StatusCode::BAD_REQUEST
            };
            assert_eq!(refused.status, expected, "PATCH {path} with {member}");
        }
        let read = kit.get(&one).await;
        let sentinel = read.text().matches("sentinel").count();
        let renamed = usize::from(path == "/resource-servers");
        assert_eq!(sentinel, renamed, "{path}: {read:?}");
        let told = serde_json::to_string(&kit.server.events().await).expect("events");
        assert!(
            told.contains(made[id_member].as_str().expect("an id")),
            "ADM-08"
        );
    }
}

/// Members of all resources and their stored forms that no body may set.
const PRIVILEGED: &[&str] = &[
    "aliases",
    "blocked",
    "created_at",
    "credentials",
    "email_verified",
    "global",
    "id",
    "identifier",
    "identities",
    "in_use",
    "is_system",
    "permissions",
    "roles",
    "secret_hash",
    "secret_sealed",
    "secrets",
    "signing_secret_sealed",
    "strategy",
    "subject_type",
    "tenant",
    "tenant_id",
    "updated_at",
    "user_id",
];

#[tokio::test]
async fn adm_08_a_change_that_is_refused_leaves_no_event_of_a_change() {
    let kit = Kit::new().await;
    let changes = async || {
        let told = kit.server.events().await;
        let kind = EventType::ManagementOperation;
        told.iter().filter(|event| event.kind == kind).count()
    };
    let before = changes().await;
    let body = json!({"client_id": kit.world.m2m.id, "audience": kit.world.api.identifier});
    let taken = kit.post("/client-grants", body).await;
    assert_eq!(taken.status, StatusCode::CONFLICT);
    assert_eq!(changes().await, before);
    let made = kit.post("/clients", json!({"name": "X"})).await;
    assert_eq!(made.status, StatusCode::CREATED);
    assert_eq!(changes().await, before + 1);
}
