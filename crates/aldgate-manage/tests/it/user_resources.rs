//! `/tickets`, `/grants`, `/device-credentials`, `/user-blocks`, `/anomaly` and `/stats`.

use aldgate_core::attempts::{Account, Address, Penalty, Rule, Subject};
use aldgate_core::consent::Consent;
use aldgate_core::scope::Scopes;
use aldgate_core::time::Seconds;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::kit::Kit;

fn encoded(id: &str) -> String {
    id.replace('|', "%7C")
}

#[tokio::test]
async fn acc_05_tickets_lead_to_the_pages_of_the_house() {
    let kit = Kit::new().await;
    let ada = kit.world.ada.id.as_str();
    let body = json!({"user_id": ada, "result_url": "https://app.test/done", "ttl_sec": 60});
    let made = kit.post("/tickets/password-change", body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    let link = made.json()["ticket"].as_str().expect("a link").to_owned();
    let start = kit.server.url("u/reset-verify?ticket=aldt_");
    assert!(link.starts_with(&start), "{link}");
    let eve = json!({"user_id": kit.world.eve.id});
    let link = kit.post("/tickets/email-verification", eve).await.json();
    let link = link["ticket"].as_str().expect("a link");
    assert!(link.contains("/u/email-verification?ticket="), "{link}");
    assert!(kit.server.mails().await.is_empty(), "nobody mails them");
    let by_email = json!({"email": "ADA@example.com", "connection_id": kit.world.connection.id});
    let by_email = kit.post("/tickets/password-change", by_email).await;
    assert_eq!(by_email.status, StatusCode::CREATED);
    for bad in [
        json!({}),
        json!({"user_id": ada, "ttl_sec": 10_000_000}),
        json!({"user_id": ada, "result_url": "javascript:x"}),
        json!({"user_id": ada, "email": "x"}),
        json!({"user_id": ada, "new_password": "x"}),
    ] {
        let refused = kit.post("/tickets/password-change", bad.clone()).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{bad}");
    }
    let events = serde_json::to_string(&kit.server.events().await).expect("JSON");
    assert!(!events.contains("aldt_"), "LOG-01");
}

#[tokio::test]
async fn adm_04_a_ticket_is_worth_its_account() {
    let kit = Kit::new().await;
    let weak = &kit.world.pkj.id;
    kit.grant(weak, &["create:user_tickets"]).await;
    let token = kit.machine_token(weak, &["create:user_tickets"]).await;
    for path in ["/tickets/password-change", "/tickets/email-verification"] {
        let body = json!({"user_id": kit.world.admin.id});
        let refused = kit.call_as(&token, Method::POST, path, &body).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}");
    }
}

#[tokio::test]
async fn grants_are_what_users_allowed() {
    let kit = Kit::new().await;
    for (user, id) in [(&kit.world.ada, "one"), (&kit.world.eve, "two")] {
        let consent = Consent {
            id: id.to_owned(),
            user_id: user.id.clone(),
            client_id: kit.world.tp.id.clone(),
            audience: Some("https://api.test/".into()),
            scope: Scopes::collect(["read:things"]),
            created_at: kit.server.now(),
            updated_at: kit.server.now(),
        };
        kit.write(move |tx| tx.consents().give(&consent)).await;
    }
    assert_eq!(
        kit.get("/grants").await.json().as_array().map(Vec::len),
        Some(2)
    );
    let ada = encoded(kit.world.ada.id.as_str());
    let hers = kit
        .get(&format!("/grants?user_id={ada}&include_totals=true"))
        .await
        .json();
    assert_eq!(hers["total"], 1);
    assert_eq!(hers["grants"][0]["clientID"], json!(kit.world.tp.id));
    assert_eq!(hers["grants"][0]["scope"], json!(["read:things"]));
    assert_eq!(
        kit.delete("/grants/two").await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(kit.delete("/grants").await.status, StatusCode::BAD_REQUEST);
    let deleted = kit.delete(&format!("/grants?user_id={ada}")).await;
    assert_eq!(deleted.status, StatusCode::NO_CONTENT);
    assert_eq!(kit.get("/grants").await.json(), json!([]));
}

#[tokio::test]
async fn device_credentials_are_refresh_tokens() {
    let kit = Kit::new().await;
    let id = kit.refresh_family(&kit.world.ada).await;
    let ada = encoded(kit.world.ada.id.as_str());
    let list = format!("/device-credentials?user_id={ada}");
    let found = kit.get(&list).await.json();
    assert_eq!(found[0]["id"], json!(id));
    assert_eq!(found[0]["type"], "rotating_refresh_token");
    let none = kit.get(&format!("{list}&type=public_key")).await.json();
    assert_eq!(none, json!([]));
    let path = format!("/device-credentials/{id}");
    assert_eq!(kit.delete(&path).await.status, StatusCode::NO_CONTENT);
    assert_eq!(kit.get(&list).await.json(), json!([]));
}

#[tokio::test]
async fn acc_03_blocks_are_seen_and_lifted() {
    let kit = Kit::new().await;
    let address = Address::of("203.0.113.9".parse().expect("an address"));
    let rule = Rule {
        max: 1,
        memory: Seconds::days(1),
        penalty: Penalty::Block(Seconds::days(1)),
    };
    let (ada, now) = (Account::Known(kit.world.ada.id.clone()), kit.server.now());
    let subjects = [
        Subject::AccountAndAddress(ada, address),
        Subject::Address(address),
    ];
    kit.write(move |tx| {
        for subject in &subjects {
            tx.attempts().count(subject, &rule, now)?;
        }
        Ok(())
    })
    .await;
    let first = kit.get("/anomaly/blocks?take=1").await.json();
    assert_eq!(first["blocks"].as_array().map(Vec::len), Some(1), "{first}");
    let from = encoded(first["next"].as_str().expect("there is one more"));
    let rest = kit
        .get(&format!("/anomaly/blocks?take=1&from={from}"))
        .await
        .json();
    assert_eq!(rest["blocks"][0]["kind"], "user_and_ip", "{rest}");
    assert_eq!(rest["blocks"][0]["user_id"], kit.world.ada.id.as_str());
    assert_eq!(rest.get("next"), None);
    let by_name = "/user-blocks?identifier=ada%40example.com";
    let expected = json!({"blocked_for": [{"identifier": "ada@example.com", "ip": "203.0.113.9"}]});
    assert_eq!(kit.get(by_name).await.json(), expected);
    let by_id = format!("/user-blocks/{}", encoded(kit.world.ada.id.as_str()));
    assert_eq!(kit.get(&by_id).await.json(), expected);
    assert_eq!(kit.delete(by_name).await.status, StatusCode::NO_CONTENT);
    assert_eq!(kit.get(&by_id).await.json(), json!({"blocked_for": []}));

    let all = kit.get("/anomaly/blocks").await.json();
    let mut kinds = all["blocks"].as_array().into_iter().flatten();
    assert!(
        kinds.all(|block| block["kind"] == "ip" && block["ip"] == "203.0.113.9"),
        "{all}"
    );
    let ip = "/anomaly/blocks/ips/203.0.113.9";
    assert_eq!(kit.get(ip).await.status, StatusCode::OK);
    assert_eq!(kit.delete(ip).await.status, StatusCode::NO_CONTENT);
    assert_eq!(kit.get(ip).await.status, StatusCode::NOT_FOUND);
    let bad = kit.get("/anomaly/blocks/ips/nobody").await;
    assert_eq!(bad.json()["errorCode"], "invalid_uri");
}

#[tokio::test]
async fn statistics_count_users_and_days() {
    let kit = Kit::new().await;
    assert_eq!(kit.get("/stats/active-users").await.json(), json!(0));
    let mut ada = kit.world.ada.clone();
    ada.last_login = Some(kit.server.now());
    kit.write(move |tx| tx.users().touch(&ada)).await;
    assert_eq!(kit.get("/stats/active-users").await.json(), json!(1));
    let days = kit
        .get("/stats/daily?from=20261123&to=20261124")
        .await
        .json();
    let signups: Vec<&Value> = days
        .as_array()
        .expect("days")
        .iter()
        .map(|day| &day["signups"])
        .collect();
    assert_eq!(signups, [&json!(0), &json!(3)]);
    for bad in [
        "from=20261399",
        "from=20261125&to=20261124",
        "from=yesterday",
        "from=20200101",
    ] {
        let refused = kit.get(&format!("/stats/daily?{bad}")).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{bad}");
    }
}
