//! `/users`.

use aldgate_core::event::EventType;
use aldgate_test::PASSWORD;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::kit::Kit;

const DATABASE: &str = "Username-Password-Authentication";

pub(crate) async fn person(kit: &Kit, members: Value) -> Value {
    let mut body = json!({"connection": DATABASE, "verify_email": false});
    let members = members.as_object().expect("an object").clone();
    body.as_object_mut().expect("an object").extend(members);
    let made = kit.post("/users", body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    made.json()
}

pub(crate) fn path(user: &Value) -> String {
    let id = user["user_id"].as_str().expect("an id");
    format!("/users/{}", id.replace('|', "%7C"))
}

#[tokio::test]
async fn a_user_lives_her_whole_life() {
    let kit = Kit::new().await;
    let made = person(
        &kit,
        json!({
            "email": "Bob@example.com", "password": "correct horse battery 7", "given_name": "Bob",
            "user_metadata": {"colour": "red"}, "app_metadata": {"plan": "gold"},
        }),
    )
    .await;
    assert_eq!(
        (&made["email"], &made["email_verified"]),
        (&json!("Bob@example.com"), &json!(false))
    );
    assert_eq!(made["identities"][0]["connection"], DATABASE);
    let absent = ["logins_count", "last_login", "blocked", "password"];
    assert!(absent.iter().all(|name| made.get(name).is_none()), "{made}");
    let path = path(&made);
    assert_eq!(kit.get(&path).await.json(), made);
    assert_eq!(
        kit.get(&format!("{path}?fields=email,user_id"))
            .await
            .json(),
        json!({"email": "Bob@example.com", "user_id": made["user_id"]})
    );

    let changed = kit
        .patch(
            &path,
            json!({
                "name": "Robert", "email_verified": true,
                "user_metadata": {"colour": null, "size": 4}, "app_metadata": {"seats": 2},
            }),
        )
        .await;
    assert_eq!(changed.status, StatusCode::OK, "{changed:?}");
    let changed = changed.json();
    assert_eq!(
        (&changed["name"], &changed["email_verified"]),
        (&json!("Robert"), &json!(true))
    );
    assert_eq!(changed["user_metadata"], json!({"size": 4}));
    assert_eq!(changed["app_metadata"], json!({"plan": "gold", "seats": 2}));

    let twice = kit
        .post(
            "/users",
            json!({"connection": DATABASE, "email": "bob@EXAMPLE.com"}),
        )
        .await;
    assert_eq!(twice.status, StatusCode::CONFLICT);
    assert_eq!(twice.json()["errorCode"], "auth0_idp_error");
    let by_email = kit
        .get("/users-by-email?email=BOB%40example.com")
        .await
        .json();
    assert_eq!(by_email[0]["user_id"], made["user_id"]);

    assert_eq!(kit.delete(&path).await.status, StatusCode::NO_CONTENT);
    assert_eq!(kit.get(&path).await.json()["errorCode"], "inexistent_user");
    assert_eq!(
        kit.delete(&path).await.status,
        StatusCode::NO_CONTENT,
        "as Auth0 answers"
    );
    let events = kit.server.events().await;
    let told: Vec<_> = events
        .iter()
        .filter(|event| event.kind == EventType::ManagementOperation)
        .map(|event| event.description.as_str())
        .collect();
    for name in ["Create a user", "Update a user", "Delete a user"] {
        assert!(told.contains(&name), "ADM-08: {told:?}");
    }
    let all = serde_json::to_string(&events).expect("JSON");
    assert!(!all.contains("correct horse"), "LOG-01");
}

#[tokio::test]
async fn a_new_address_is_verified_by_mail_unless_unwanted() {
    let kit = Kit::new().await;
    let body = json!({"connection": DATABASE, "email": "carol@example.com"});
    assert_eq!(kit.post("/users", body).await.status, StatusCode::CREATED);
    person(&kit, json!({"email": "dave@example.com"})).await;
    let mails = kit.server.mails().await;
    let to: Vec<_> = mails.iter().map(|mail| mail.to.as_str()).collect();
    assert_eq!(to, ["carol@example.com"]);
}

#[tokio::test]
async fn acc_07_a_new_password_cuts_every_access() {
    let kit = Kit::new().await;
    let token = kit.user_token(&kit.world.admin, &["read:clients"]).await;
    let admin = kit.user_path("admin");
    let weak = kit.patch(&admin, json!({"password": "short"})).await;
    assert_eq!(weak.status, StatusCode::BAD_REQUEST);
    assert!(
        weak.json()["message"]
            .as_str()
            .is_some_and(|text| text.starts_with("Password"))
    );
    let body = json!({"password": "another battery staple 4", "connection": DATABASE});
    let changed = kit.patch(&admin, body).await;
    assert_eq!(changed.status, StatusCode::OK, "{changed:?}");
    assert!(changed.json()["last_password_reset"].is_string());
    let cut = kit
        .call_as(&token, Method::GET, "/clients", &Value::Null)
        .await;
    assert_eq!(cut.status, StatusCode::UNAUTHORIZED);
    let events = kit.server.events().await;
    assert!(
        events
            .iter()
            .any(|event| event.kind == EventType::ChangePassword)
    );
}

#[tokio::test]
async fn acc_06_a_new_address_is_told_to_the_old_one() {
    let kit = Kit::new().await;
    let ada = kit.user_path("ada");
    let both = kit
        .patch(
            &ada,
            json!({"email": "x@example.com", "password": PASSWORD}),
        )
        .await;
    assert_eq!(both.status, StatusCode::BAD_REQUEST);
    let taken = kit.patch(&ada, json!({"email": "EVE@example.com"})).await;
    assert_eq!(taken.status, StatusCode::CONFLICT);
    let moved = kit
        .patch(
            &ada,
            json!({"email": "ada@example.org", "verify_email": true}),
        )
        .await;
    let moved = moved.json();
    assert_eq!(
        (&moved["email"], &moved["email_verified"]),
        (&json!("ada@example.org"), &json!(false))
    );
    let mails = kit.server.mails().await;
    let mut to: Vec<_> = mails.iter().map(|mail| mail.to.as_str()).collect();
    to.sort_unstable();
    assert_eq!(
        to,
        ["ada@example.com", "ada@example.org"],
        "one to verify, one to take back"
    );
}

#[tokio::test]
async fn a_block_ends_every_session() {
    let kit = Kit::new().await;
    kit.give_administrator(&kit.world.ada).await;
    let token = kit.user_token(&kit.world.admin, &["read:clients"]).await;
    let blocked = kit
        .patch(&kit.user_path("admin"), json!({"blocked": true}))
        .await;
    assert_eq!(blocked.json()["blocked"], true);
    let refused = kit
        .call_as(&token, Method::GET, "/clients", &Value::Null)
        .await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn adm_03_only_listed_members_are_written() {
    let kit = Kit::new().await;
    let sentinel = "sentinel-7f3a";
    let members = [
        "roles",
        "permissions",
        "identities",
        "created_at",
        "updated_at",
        "last_login",
        "last_ip",
        "logins_count",
        "tenant",
        "tenant_id",
        "is_global",
        "password_hash",
        "multifactor",
        "last_password_reset",
        "scope",
        "id",
        "_id",
        "document",
    ];
    let user = person(&kit, json!({"email": "f@example.com"})).await;
    for member in members {
        let mut body = json!({"connection": DATABASE, "email": "g@example.com"});
        body[member] = sentinel.into();
        let refused = kit.post("/users", body).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{member}");
        let mut body = json!({});
        body[member] = sentinel.into();
        let refused = kit.patch(&path(&user), body).await;
        assert_eq!(refused.json()["errorCode"], "invalid_body", "{member}");
    }
    assert!(!kit.get("/users").await.text().contains(sentinel));
    let reserved = json!({"app_metadata": {"email_verified": sentinel}});
    assert_eq!(
        kit.patch(&path(&user), reserved).await.status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn adm_04_a_stronger_user_cannot_be_taken_over() {
    let kit = Kit::new().await;
    let weak = &kit.world.pkj.id;
    let scopes = [
        "update:users",
        "delete:users",
        "delete:sessions",
        "update:users_app_metadata",
    ];
    kit.grant(weak, &scopes).await;
    let token = kit.machine_token(weak, &scopes).await;
    let admin = kit.user_path("admin");
    let link = json!({"provider": "auth0", "user_id": kit.world.admin.id});
    for (method, path, body) in [
        (
            Method::PATCH,
            admin.clone(),
            json!({"password": "another battery staple 4"}),
        ),
        (
            Method::PATCH,
            admin.clone(),
            json!({"email": "mine@example.com"}),
        ),
        (Method::PATCH, admin.clone(), json!({"blocked": true})),
        (
            Method::PATCH,
            admin.clone(),
            json!({"app_metadata": {"a": 1}}),
        ),
        (Method::DELETE, admin.clone(), Value::Null),
        (Method::DELETE, format!("{admin}/sessions"), Value::Null),
        (Method::POST, format!("{admin}/revoke-access"), json!({})),
        (
            Method::POST,
            format!("{}/identities", kit.user_path("ada")),
            link,
        ),
    ] {
        let refused = kit.call_as(&token, method, &path, &body).await;
        assert_eq!(
            refused.status,
            StatusCode::FORBIDDEN,
            "{path} {body}: {refused:?}"
        );
    }
    let last = kit.delete(&admin).await;
    assert_eq!(last.json()["errorCode"], "last_administrator");
    let last = kit.patch(&admin, json!({"blocked": true})).await;
    assert_eq!(last.json()["errorCode"], "last_administrator");
}

#[tokio::test]
async fn metadata_has_a_scope_of_its_own() {
    let kit = Kit::new().await;
    let scopes = ["update:users_app_metadata"];
    let token = kit.machine_token(&kit.world.m2m.id, &scopes).await;
    let ada = kit.user_path("ada");
    let allowed = json!({"app_metadata": {"plan": "gold"}});
    let allowed = kit.call_as(&token, Method::PATCH, &ada, &allowed).await;
    assert_eq!(allowed.status, StatusCode::OK, "{allowed:?}");
    let more = json!({"app_metadata": {"plan": "gold"}, "blocked": true});
    let refused = kit.call_as(&token, Method::PATCH, &ada, &more).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn accounts_are_linked_and_unlinked() {
    let kit = Kit::new().await;
    let (ada, eve) = (kit.user_path("ada"), &kit.world.eve);
    let link = json!({"provider": "auth0", "user_id": eve.id.subject()});
    let linked = kit.post(&format!("{ada}/identities"), link).await;
    assert_eq!(linked.status, StatusCode::CREATED, "{linked:?}");
    let linked = linked.json();
    assert_eq!(linked[1]["profileData"]["email"], "eve@example.com");
    let eve_path = kit.user_path("eve");
    assert_eq!(
        kit.get(&eve_path).await.status,
        StatusCode::NOT_FOUND,
        "she is ada now"
    );

    let main = format!("{ada}/identities/auth0/{}", kit.world.ada.id.subject());
    assert_eq!(kit.delete(&main).await.status, StatusCode::BAD_REQUEST);
    let unlink = format!("{ada}/identities/auth0/{}", eve.id.subject());
    let unlinked = kit.delete(&unlink).await;
    assert_eq!(unlinked.status, StatusCode::OK);
    assert_eq!(unlinked.json().as_array().map(Vec::len), Some(1));
    assert_eq!(kit.get(&eve_path).await.json()["email"], "eve@example.com");
}

#[tokio::test]
async fn an_id_token_proves_the_account_to_link() {
    let kit = Kit::new().await;
    let now = kit.server.now().seconds();
    let good = json!({
        "iss": kit.server.tenant.issuer.as_str(), "sub": kit.world.eve.id,
        "aud": kit.world.spa.id, "iat": now, "exp": now + 60,
    });
    let path = format!("{}/identities", kit.user_path("ada"));
    let mut expired = good.clone();
    expired["exp"] = json!(now - 1);
    let mut foreign = good.clone();
    foreign["aud"] = json!("stranger");
    let mut other = good.clone();
    other["iss"] = json!("https://other.test/");
    let mut access = good.clone();
    access["scope"] = json!("openid");
    for (what, claims) in [
        ("expired", expired),
        ("of a stranger", foreign),
        ("of another issuer", other),
        ("an access token", access),
    ] {
        let token = kit.sign("JWT", &claims).await;
        let refused = kit.post(&path, json!({"link_with": token})).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{what}");
    }
    let token = kit.sign("JWT", &good).await;
    let at = token.len() - 20;
    let other = if &token[at..=at] == "A" { "B" } else { "A" };
    let forged = format!("{}{other}{}", &token[..at], &token[at + 1..]);
    let refused = kit.post(&path, json!({"link_with": forged})).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let linked = kit.post(&path, json!({"link_with": token})).await;
    assert_eq!(linked.status, StatusCode::CREATED, "{linked:?}");
}

#[tokio::test]
async fn what_she_has_not_is_an_empty_list() {
    let kit = Kit::new().await;
    let ada = kit.user_path("ada");
    for (below, expected) in [
        ("organizations", json!([])),
        ("enrollments", json!([])),
        ("authentication-methods", json!([])),
        ("sessions", json!({"sessions": []})),
        ("refresh-tokens", json!({"tokens": []})),
        ("connected-accounts", json!({"connected_accounts": []})),
    ] {
        assert_eq!(
            kit.get(&format!("{ada}/{below}")).await.json(),
            expected,
            "{below}"
        );
    }
    let reset = kit
        .delete(&format!("{ada}/multifactor/google-authenticator"))
        .await;
    assert_eq!(reset.status, StatusCode::NO_CONTENT);
    let nobody = kit.get("/users/auth0%7Cnobody/sessions").await;
    assert_eq!(nobody.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn second_factors_are_refused_honestly() {
    let kit = Kit::new().await;
    let methods = format!("{}/authentication-methods", kit.user_path("eve"));
    let body = json!({"type": "totp", "name": "phone", "totp_secret": "JBSWY3DPEHPK3PXP"});
    let refused = kit.post(&methods, body.clone()).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert_eq!(refused.json()["errorCode"], "operation_not_supported");
    let none = kit.call(Method::PUT, &methods, &json!([])).await;
    assert_eq!((none.status, none.json()), (StatusCode::OK, json!([])));
    let some = kit.call(Method::PUT, &methods, &json!([body])).await;
    assert_eq!(some.status, StatusCode::BAD_REQUEST);
    let change = kit
        .patch(&format!("{methods}/phone%7C1"), json!({"name": "x"}))
        .await;
    assert_eq!(change.status, StatusCode::NOT_FOUND);
    let code = format!("{}/recovery-code-regeneration", kit.user_path("eve"));
    let code = kit.post(&code, Value::Null).await;
    assert_eq!(code.status, StatusCode::NOT_FOUND);
    assert_eq!(code.json()["errorCode"], "inexistent_recovery_code");
}

/// What a provider gave is shown to who may read it, in the identity it was given for, and nowhere
/// else.
#[tokio::test]
async fn acc_01_tokens_of_a_provider_need_their_own_scope() {
    let kit = Kit::new().await;
    let ada = kit.world.ada.clone();
    let account = (
        ada.identities[0].connection_id.clone(),
        ada.identities[0].user_id.clone(),
    );
    let tokens = serde_json::from_value(json!({
        "access_token": "upstream-access", "refresh_token": "upstream-refresh",
    }));
    let tokens = tokens.expect("tokens");
    let sealed = kit.server.app.seal_upstream_tokens(
        &kit.server.tenant.id,
        (&account.0, &account.1),
        &tokens,
    );
    let (sealed, now) = (sealed.expect("sealed"), kit.server.now());
    kit.write(move |tx| tx.upstream_tokens().keep(&sealed, now))
        .await;
    let reader = &kit.world.pkj.id;
    let scopes = ["read:users", "read:user_idp_tokens"];
    kit.grant(reader, &scopes).await;
    let path = kit.user_path("ada");
    let may = kit.machine_token(reader, &scopes).await;
    let shown = kit.call_as(&may, Method::GET, &path, &Value::Null).await;
    let identity = &shown.json()["identities"][0];
    assert_eq!(identity["access_token"], "upstream-access");
    assert_eq!(identity["refresh_token"], "upstream-refresh");
    let may_not = kit.machine_token(reader, &scopes[..1]).await;
    let email = ada.email.expect("an address");
    for path in [
        path,
        "/users".to_owned(),
        format!("/users-by-email?email={email}"),
        format!("/users?q=email:{email}&search_engine=v3"),
    ] {
        let shown = kit
            .call_as(&may_not, Method::GET, &path, &Value::Null)
            .await;
        assert_eq!(shown.status, StatusCode::OK, "{path}: {shown:?}");
        assert!(shown.text().contains(&email), "{path}");
        assert!(!shown.text().contains("upstream-"), "{path}: {shown:?}");
    }
    let events = serde_json::to_string(&kit.server.events().await).expect("events");
    assert!(!events.contains("upstream-"), "LOG-01");
}
