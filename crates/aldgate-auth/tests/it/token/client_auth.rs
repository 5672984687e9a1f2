//! Client authentication from outside (OAU-06, OAU-07).

use aldgate_jose::{b64, jws};
use aldgate_test::{API, Client};
use serde_json::{Value, json};

use crate::kit::{Kit, Login, VERIFIER, error, refusal};

const GRANT: (&str, &str) = ("grant_type", "client_credentials");

fn basic(client: &Client) -> String {
    let pair = format!("{}:{}", client.id, client.secret);
    format!("Basic {}", b64::encode_standard(pair.as_bytes()))
}

#[tokio::test]
async fn oau_06_only_the_registered_method_is_accepted() {
    let kit = Kit::new().await;
    let (post, by_basic, public) = (&kit.world.web, &kit.world.web2, &kit.world.spa);
    let url = kit.server.url("oauth/token");
    for (client, registered) in [(post, "post"), (by_basic, "basic"), (public, "none")] {
        for used in ["post", "basic", "none"] {
            let code = kit.login(Login::full(client)).await;
            let mut fields = vec![
                ("grant_type", "authorization_code"),
                ("code", &code),
                ("redirect_uri", &client.callback),
                ("code_verifier", VERIFIER),
                ("client_id", client.id.as_str()),
            ];
            let secret = if client.secret.is_empty() {
                "guess"
            } else {
                &client.secret
            };
            let header = if client.secret.is_empty() {
                let pair = format!("{}:guess", client.id);
                format!("Basic {}", b64::encode_standard(pair.as_bytes()))
            } else {
                basic(client)
            };
            let mut headers = Vec::new();
            match used {
                "post" => fields.push(("client_secret", secret)),
                "basic" => headers.push(("authorization", header.as_str())),
                _ => {}
            }
            let reply = kit.server.post_form(&url, &fields, &headers).await;
            if used == registered {
                assert_eq!(reply.status, 200, "{used}: {}", reply.text());
            } else {
                let (status, code, text) = refusal(&reply);
                let expected = (401, "invalid_client", "Client authentication failed");
                assert_eq!((status, code.as_str(), text.as_str()), expected, "{used}");
                // A challenge only for those who tried: browsers would ask their users.
                let challenge = reply.header("www-authenticate");
                assert_eq!(challenge.is_some(), used == "basic");
            }
        }
    }
}

#[tokio::test]
async fn oau_06_unknown_client_and_wrong_secret_look_alike() {
    let kit = Kit::new().await;
    let m2m = &kit.world.m2m;
    let base = [GRANT, ("audience", API)];
    let wrong = kit.token(m2m, &base, &[("client_secret", "wrong")]).await;
    let unknown = kit.token(m2m, &base, &[("client_id", "nobody")]).await;
    let shapeless = kit.token(m2m, &base, &[("client_id", "no body")]).await;
    assert_eq!(refusal(&wrong), refusal(&unknown));
    assert_eq!(refusal(&wrong), refusal(&shapeless));
    let events = kit.server.events().await;
    let codes: Vec<_> = events
        .iter()
        .filter_map(|event| Some(event.refusal.as_ref()?.code.clone()))
        .collect();
    assert!(codes.contains(&"client_secret_wrong".into()), "{codes:?}");
    assert!(codes.contains(&"client_unknown".into()), "{codes:?}");
    assert!(
        events
            .iter()
            .all(|event| !json!(event).to_string().contains(&m2m.secret))
    );
    let id = wrong.header("x-auth0-requestid").unwrap();
    assert!(
        events
            .iter()
            .any(|event| event.support_code.as_deref() == Some(id))
    );
}

fn assertion(kit: &Kit, change: impl FnOnce(&mut Value)) -> String {
    let pkj = &kit.world.pkj;
    let mut claims = json!({
        "iss": pkj.id, "sub": pkj.id, "aud": kit.server.url(""), "jti": "one",
        "exp": kit.server.now().seconds() + 120,
    });
    change(&mut claims);
    kit.world.pkj_key.sign("JWT", claims.to_string().as_bytes())
}

async fn present(kit: &Kit, assertion: &str) -> aldgate_test::Reply {
    let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    let fields = [
        GRANT,
        ("audience", API),
        ("client_assertion_type", kind),
        ("client_assertion", assertion),
    ];
    kit.server
        .post_form(&kit.server.url("oauth/token"), &fields, &[])
        .await
}

#[tokio::test]
async fn oau_06_an_assertion_counts_once() {
    let kit = Kit::new().await;
    let first = assertion(&kit, |_| {});
    assert_eq!(present(&kit, &first).await.status, 200);
    assert_eq!(
        error(&present(&kit, &first).await),
        "invalid_client",
        "replay"
    );
    let second = assertion(&kit, |claims| claims["jti"] = json!("two"));
    assert_eq!(present(&kit, &second).await.status, 200);
}

#[tokio::test]
async fn oau_06_assertions_for_others_are_refused() {
    let kit = Kit::new().await;
    let (issuer, later) = (kit.server.url(""), kit.server.now().seconds() + 301);
    let web = kit.world.web.id.clone();
    let cases = [
        ("array", assertion(&kit, |c| c["aud"] = json!([issuer]))),
        (
            "token URL",
            assertion(&kit, |c| c["aud"] = json!(kit.server.url("oauth/token"))),
        ),
        ("too long", assertion(&kit, |c| c["exp"] = json!(later))),
        (
            "no jti",
            assertion(&kit, |c| drop(c.as_object_mut().unwrap().remove("jti"))),
        ),
        (
            "web",
            assertion(&kit, |c| (c["iss"], c["sub"]) = (json!(web), json!(web))),
        ),
    ];
    for (name, token) in cases {
        assert_eq!(
            error(&present(&kit, &token).await),
            "invalid_client",
            "{name}"
        );
    }
    let good = assertion(&kit, |_| {});
    let cut = &good[..good.len() - 4];
    assert!(jws::parse(cut).is_ok());
    assert_eq!(error(&present(&kit, cut).await), "invalid_client");
    assert_eq!(
        present(&kit, &good).await.status,
        200,
        "a refused one does not spend the jti"
    );
}

#[tokio::test]
async fn oau_07_repeated_and_misplaced_parameters_are_refused() {
    let kit = Kit::new().await;
    let m2m = &kit.world.m2m;
    let url = kit.server.url("oauth/token");
    let base = [
        GRANT,
        ("audience", API),
        ("client_id", m2m.id.as_str()),
        ("client_secret", m2m.secret.as_str()),
    ];
    for (name, value) in base {
        let mut fields = base.to_vec();
        fields.push((name, value));
        let reply = kit.server.post_form(&url, &fields, &[]).await;
        assert_eq!(
            (reply.status.as_u16(), error(&reply)),
            (400, "invalid_request".into()),
            "{name}"
        );
    }
    let in_query = format!("{url}?grant_type=client_credentials&audience={API}");
    let reply = kit.server.post_form(&in_query, &base[2..], &[]).await;
    assert_eq!(refusal(&reply).2, "Missing required parameter: grant_type");
    let header = basic(m2m);
    let both = kit
        .server
        .post_form(&url, &base, &[("authorization", &header)])
        .await;
    assert_eq!(error(&both), "invalid_request");
    assert_eq!(kit.server.get(&url, &[]).await.status, 405);
    let odd = kit.token(m2m, &[("grant_type", "magic")], &[]).await;
    assert_eq!(
        refusal(&odd),
        (
            400,
            "unsupported_grant_type".into(),
            "Grant type not supported".into()
        )
    );
    let device = "urn:ietf:params:oauth:grant-type:device_code";
    let device = kit.token(m2m, &[("grant_type", device)], &[]).await;
    assert_eq!(error(&device), "unsupported_grant_type");
}
