//! `/roles`, and the roles and permissions of users.

use aldgate_core::event::EventType;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::kit::Kit;

const THINGS: &str = "https://api.test/";

fn thing(name: &str) -> Value {
    json!({"resource_server_identifier": THINGS, "permission_name": name})
}

async fn role(kit: &Kit, name: &str) -> String {
    let made = kit.post("/roles", json!({"name": name})).await;
    assert_eq!(made.status, StatusCode::OK, "{made:?}");
    made.json()["id"].as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn a_role_lives_its_whole_life() {
    let kit = Kit::new().await;
    let body = json!({"name": "Editor", "description": "Edits"});
    let made = kit.post("/roles", body).await;
    assert_eq!(made.status, StatusCode::OK);
    let made = made.json();
    assert_eq!(
        (&made["name"], &made["description"], &made["type"]),
        (&json!("Editor"), &json!("Edits"), &json!("tenant"))
    );
    let path = format!("/roles/{}", made["id"].as_str().expect("an id"));
    assert_eq!(kit.get(&path).await.json(), made);

    let taken = kit.post("/roles", json!({"name": "Editor"})).await;
    assert_eq!(taken.status, StatusCode::CONFLICT);
    let changed = kit
        .patch(&path, json!({"name": "Author", "description": null}))
        .await;
    assert_eq!(changed.json()["name"], "Author");
    assert!(changed.json().get("description").is_none());

    let listed = kit
        .get("/roles?name_filter=AUTH&include_totals=true&type=tenant")
        .await
        .json();
    assert_eq!(
        (&listed["total"], &listed["roles"][0]["name"]),
        (&json!(1), &json!("Author"))
    );
    let gone = kit.delete(&path).await;
    assert_eq!((gone.status, gone.json()), (StatusCode::OK, json!({})));
    let missing = kit.get(&path).await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    assert_eq!(missing.json()["errorCode"], "inexistent_role");
    let events = kit.server.events().await;
    let told = events
        .iter()
        .filter(|event| event.kind == EventType::ManagementOperation);
    assert_eq!(told.count(), 3, "ADM-08: create, update, delete");
}

#[tokio::test]
async fn a_role_permits_what_its_apis_define() {
    let kit = Kit::new().await;
    let id = role(&kit, "Editor").await;
    let path = format!("/roles/{id}/permissions");
    let body = json!({"permissions": [thing("read:things"), thing("write:things")]});
    let added = kit.post(&path, body.clone()).await;
    assert_eq!(added.status, StatusCode::CREATED);
    let listed = kit.get(&format!("{path}?include_totals=true")).await.json();
    assert_eq!(listed["total"], 2);
    assert_eq!(
        listed["permissions"][0],
        json!({
            "permission_name": "read:things", "resource_server_identifier": THINGS,
            "resource_server_name": "Things", "description": "See things",
        })
    );
    let unknown = kit
        .post(&path, json!({"permissions": [thing("fly:things")]}))
        .await;
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST);
    let nowhere = json!({"permissions": [
        {"resource_server_identifier": "https://no.test/", "permission_name": "x"},
    ]});
    assert_eq!(kit.post(&path, nowhere).await.status, StatusCode::NOT_FOUND);
    let removed = kit
        .delete_with(&path, json!({"permissions": [thing("read:things")]}))
        .await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT);
    assert_eq!(
        kit.get(&path).await.json().as_array().map(Vec::len),
        Some(1)
    );
}

#[tokio::test]
async fn users_hold_roles_and_permissions_with_their_sources() {
    let kit = Kit::new().await;
    let id = role(&kit, "Editor").await;
    let permissions = json!({"permissions": [thing("read:things"), thing("write:things")]});
    kit.post(&format!("/roles/{id}/permissions"), permissions)
        .await;
    let ada = kit.user_path("ada");
    let given = kit
        .post(&format!("{ada}/roles"), json!({"roles": [id]}))
        .await;
    assert_eq!(given.status, StatusCode::NO_CONTENT);
    let direct = json!({"permissions": [thing("read:things")]});
    let given = kit
        .post(&format!("{ada}/permissions"), direct.clone())
        .await;
    assert_eq!(given.status, StatusCode::CREATED);

    assert_eq!(
        kit.get(&format!("{ada}/roles")).await.json()[0]["name"],
        "Editor"
    );
    let held = kit
        .get(&format!("{ada}/permissions?include_totals=true"))
        .await
        .json();
    assert_eq!(held["total"], 2, "one entry for each permission");
    let sources = held["permissions"][0]["sources"]
        .as_array()
        .expect("sources");
    let kinds: Vec<_> = sources.iter().map(|one| &one["source_type"]).collect();
    assert!(
        kinds.contains(&&json!("DIRECT")) && kinds.contains(&&json!("ROLE")),
        "{held}"
    );
    let effective = kit.get(&format!("{ada}/effective-roles")).await.json();
    assert_eq!(effective["roles"][0]["id"], json!(id));

    let members = kit.get(&format!("/roles/{id}/users?take=10")).await.json();
    assert_eq!(members["users"][0]["email"], "ada@example.com");
    let withdrawn = kit
        .delete_with(&format!("{ada}/roles"), json!({"roles": [id]}))
        .await;
    assert_eq!(withdrawn.status, StatusCode::NO_CONTENT);
    let withdrawn = kit.delete_with(&format!("{ada}/permissions"), direct).await;
    assert_eq!(withdrawn.status, StatusCode::NO_CONTENT);
    assert_eq!(
        kit.get(&format!("{ada}/permissions")).await.json(),
        json!([])
    );
}

#[tokio::test]
async fn a_role_is_given_to_several_users() {
    let kit = Kit::new().await;
    let id = role(&kit, "Editor").await;
    let path = format!("/roles/{id}/users");
    let users = json!({"users": [kit.world.ada.id, kit.world.eve.id]});
    assert_eq!(kit.post(&path, users).await.status, StatusCode::OK);
    let listed = kit
        .get(&format!("{path}?include_totals=true&per_page=1"))
        .await
        .json();
    assert_eq!(
        (&listed["total"], listed["users"].as_array().map(Vec::len)),
        (&json!(2), Some(1))
    );
    let nobody = kit.post(&path, json!({"users": ["auth0|nobody"]})).await;
    assert_eq!(nobody.json()["errorCode"], "inexistent_user");
}

#[tokio::test]
async fn adm_04_nobody_gives_more_than_they_hold() {
    let kit = Kit::new().await;
    let weak = &kit.world.pkj.id;
    let scopes = [
        "update:roles",
        "update:users",
        "create:roles",
        "delete:roles",
        "read:roles",
    ];
    kit.grant(weak, &scopes).await;
    let token = kit.machine_token(weak, &scopes).await;
    let own = role(&kit, "Own").await;
    let administrator = kit.get("/roles?name_filter=Administrator").await.json();
    let administrator = administrator[0]["id"].as_str().expect("an id").to_owned();
    let (ada, more) = (
        kit.user_path("ada"),
        json!({"permissions": [
            {"resource_server_identifier": kit.audience(), "permission_name": "delete:clients"},
        ]}),
    );
    for (method, path, body) in [
        (
            Method::POST,
            format!("/roles/{own}/permissions"),
            more.clone(),
        ),
        (Method::POST, format!("{ada}/permissions"), more.clone()),
        (Method::DELETE, format!("{ada}/permissions"), more),
        (
            Method::POST,
            format!("{ada}/roles"),
            json!({"roles": [administrator]}),
        ),
        (
            Method::POST,
            format!("/roles/{administrator}/users"),
            json!({"users": [kit.world.ada.id]}),
        ),
        (
            Method::DELETE,
            format!("{}/roles", kit.user_path("admin")),
            json!({"roles": [administrator]}),
        ),
        (
            Method::PATCH,
            format!("/roles/{administrator}"),
            json!({"description": "x"}),
        ),
        (
            Method::DELETE,
            format!("/roles/{administrator}"),
            json!(null),
        ),
    ] {
        let refused = kit.call_as(&token, method, &path, &body).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}: {refused:?}");
    }
    assert_eq!(
        kit.get(&format!("{ada}/permissions")).await.json(),
        json!([])
    );
    assert_eq!(kit.get(&format!("{ada}/roles")).await.json(), json!([]));
}

#[tokio::test]
async fn adm_04_the_last_administrator_stays() {
    let kit = Kit::new().await;
    let role = kit.get("/roles?name_filter=Administrator").await.json();
    let role = json!({"roles": [role[0]["id"]]});
    let admin = format!("{}/roles", kit.user_path("admin"));
    let refused = kit.call(Method::DELETE, &admin, &role).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert_eq!(refused.json()["errorCode"], "last_administrator");
    kit.post(&format!("{}/roles", kit.user_path("ada")), role.clone())
        .await;
    let allowed = kit.call(Method::DELETE, &admin, &role).await;
    assert_eq!(allowed.status, StatusCode::NO_CONTENT, "ada is one now");
}
