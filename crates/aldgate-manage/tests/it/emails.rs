//! `/emails/provider` and `/email-templates`: what they set is what goes out, and by whom.

use aldgate_app::accounts::Post;
use aldgate_core::network::Cidr;
use aldgate_core::ticket::TicketPurpose;
use aldgate_store::Tx;
use http::{HeaderMap, Method, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;

use crate::kit::Kit;

fn provider(port: u16) -> Value {
    json!({
        "name": "smtp",
        "default_from_address": "us@orchard.test",
        "credentials": {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_user": "orchard",
            "smtp_pass": "hunter22"},
    })
}

fn template(body: &str) -> Value {
    json!({
        "template": "verify_email", "syntax": "liquid", "enabled": true,
        "from": "{{ friendly_name }} <mail@orchard.test>",
        "subject": "Welcome {{ user.name }}", "body": body,
    })
}

#[tokio::test]
async fn adm_07_the_provider_keeps_its_secrets() {
    let kit = Kit::new().await;
    let path = "/emails/provider";
    let none = kit.get(path).await;
    assert_eq!(none.json()["errorCode"], "inexistent_email_provider");
    let made = kit.post(path, provider(2525)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    assert_eq!(made.json()["credentials"]["smtp_port"], 2525);
    assert!(!made.text().contains("hunter22") && !made.text().contains("sealed"));
    let twice = kit.post(path, provider(2525)).await;
    assert_eq!(twice.status, StatusCode::CONFLICT);
    let changed = kit.patch(path, json!({"enabled": false})).await;
    assert_eq!(changed.json()["enabled"], false);
    assert_eq!(changed.json()["credentials"]["smtp_host"], "127.0.0.1");
    let bad = kit
        .patch(path, json!({"credentials": {"smtp_host": "a b"}}))
        .await;
    assert_eq!(bad.status, StatusCode::BAD_REQUEST);
    let told = serde_json::to_string(&kit.server.events().await).expect("JSON");
    assert!(!told.contains("hunter22"));
    assert_eq!(kit.delete(path).await.status, StatusCode::NO_CONTENT);
    assert_eq!(kit.get(path).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn templates_live_by_their_names() {
    let kit = Kit::new().await;
    let path = "/email-templates/verify_email";
    let none = kit.get(path).await;
    assert_eq!(none.json()["errorCode"], "inexistent_email_template");
    let made = kit.post("/email-templates", template("<p>x</p>")).await;
    assert_eq!(made.status, StatusCode::OK, "{made:?}");
    let twice = kit.post("/email-templates", template("<p>x</p>")).await;
    assert_eq!(twice.status, StatusCode::CONFLICT);
    let changed = kit.patch(path, json!({"subject": "S"})).await;
    assert_eq!(changed.json()["subject"], "S");
    let replaced = kit.call(Method::PUT, path, &template("<p>y</p>")).await;
    assert_eq!(replaced.json()["body"], "<p>y</p>", "{replaced:?}");
    let wrong = kit.patch(path, json!({"body": "a\n{% if %}"})).await;
    let message = wrong.json()["message"]
        .as_str()
        .expect("a message")
        .to_owned();
    assert!(message.contains("line 2"), "{message}");
    let unknown = kit.get("/email-templates/pigeon").await;
    assert_eq!(unknown.json()["errorCode"], "invalid_uri");
}

/// Asks for a mail that verifies Ada's address.
async fn ask(kit: &Kit) {
    let (app, tenant) = (&kit.server.app, &kit.server.tenant);
    let chrome = app.chrome(tenant, &HeaderMap::new(), "en").await;
    let post = Post {
        app,
        tenant,
        chrome: &chrome,
        application: Some("Shop"),
        ip: None,
    };
    let ada = &kit.world.ada;
    let ticket = post.ticket(TicketPurpose::VerifyEmail, ada, None, kit.server.now());
    let ticket = ticket.expect("renders").expect("she has an address");
    kit.write(move |tx: &mut Tx<'_>| ticket.issue(tx)).await;
}

#[tokio::test]
async fn an_enabled_template_is_what_people_read() {
    let kit = Kit::new().await;
    let body = "<p>{{ user.email }}{% if application.name == 'Shop' %}, from the shop{% endif %}\
                <a href=\"{{ url }}\">Go</a></p>";
    kit.post("/email-templates", template(body)).await;
    ask(&kit).await;
    let mail = kit.server.mails().await.pop().expect("a mail");
    let email = kit.world.ada.email.as_deref().expect("an address");
    assert!(
        mail.html
            .contains(&format!("<p>{email}, from the shop<a href=\"http://"))
    );
    assert!(
        mail.text
            .contains("Go (http://localhost:4455/u/email-verification?ticket=")
    );
    assert!(mail.subject.starts_with("Welcome "), "{}", mail.subject);
    assert!(
        !mail.from.contains("orchard"),
        "the sender is the server's: {}",
        mail.from
    );

    kit.patch("/email-templates/verify_email", json!({"enabled": false}))
        .await;
    ask(&kit).await;
    let mail = kit.server.mails().await.pop().expect("a mail");
    assert!(!mail.html.contains("from the shop"));
}

/// A server that takes one mail and gives back what it was told.
async fn take_one(listener: TcpListener) -> String {
    let (stream, _) = listener.accept().await.expect("a connection");
    let mut stream = BufReader::new(stream);
    let mut heard = String::new();
    stream.write_all(b"220 test\r\n").await.expect("written");
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.expect("read") == 0 {
            return heard;
        }
        heard.push_str(&line);
        let answer: &[u8] = match line.get(..4).unwrap_or_default() {
            "EHLO" => b"250-test\r\n250 AUTH PLAIN\r\n",
            "AUTH" => b"235 ok\r\n",
            "DATA" => b"354 go on\r\n",
            "QUIT" => {
                stream.write_all(b"221 bye\r\n").await.expect("written");
                return heard;
            }
            _ => b"250 ok\r\n",
        };
        stream.write_all(answer).await.expect("written");
        if line.starts_with("DATA") {
            while !heard.ends_with("\r\n.\r\n") {
                let byte = stream.read_u8().await.expect("read");
                heard.push(char::from(byte));
            }
            stream.write_all(b"250 taken\r\n").await.expect("written");
            return heard;
        }
    }
}

#[tokio::test]
async fn the_tenants_server_carries_its_mail_where_the_policy_allows() {
    for allowed in [false, true] {
        let kit = Kit::with(|config| {
            let network: Cidr = "127.0.0.0/8".parse().expect("a network");
            config
                .outbound
                .allow_cidrs
                .extend(allowed.then_some(network));
        })
        .await;
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        kit.post("/emails/provider", provider(port)).await;
        kit.patch("/tenants/settings", json!({"friendly_name": "Orchard"}))
            .await;
        kit.post("/email-templates", template("<p>Hi</p>")).await;
        ask(&kit).await;
        if !allowed {
            let sent = kit.server.app.deliver_mail().await.expect("delivered");
            assert_eq!(
                sent, 0,
                "NET-01: no inner address without the operator's word"
            );
            continue;
        }
        let (sent, heard) = tokio::join!(kit.server.app.deliver_mail(), take_one(listener));
        assert_eq!(sent.expect("delivered"), 1, "{heard}");
        for needle in [
            "AUTH PLAIN",
            "MAIL FROM:<mail@orchard.test>",
            "From: Orchard <mail@orchard.test>",
            "<p>Hi</p>",
        ] {
            assert!(heard.contains(needle), "{needle} in {heard}");
        }
        assert!(
            kit.server.mails().await.is_empty(),
            "it did not go elsewhere"
        );
    }
}

#[tokio::test]
async fn a_test_mail_goes_out_at_once_and_tells_what_the_server_said() {
    let network: Cidr = "127.0.0.0/8".parse().expect("a network");
    let kit = Kit::with(|config| config.outbound.allow_cidrs.push(network)).await;
    let test = json!({"to": "ada@example.com"});
    let kept = kit.call(Method::POST, "/emails/test", &test).await.json();
    assert_eq!(
        (&kept["sent"], &kept["carrier"]),
        (&json!(true), &json!("server"))
    );
    let mails = kit.server.mails().await;
    assert!(
        mails[0].subject.starts_with("A test mail from"),
        "{mails:?}"
    );

    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    kit.post("/emails/provider", provider(port)).await;
    let (told, heard) = tokio::join!(
        kit.call(Method::POST, "/emails/test", &test),
        take_one(listener)
    );
    let told = told.json();
    assert_eq!(told["answer"], "250 taken", "{told}");
    assert_eq!(told["server"], format!("127.0.0.1:{port}"));
    assert_eq!(told["from"], "us@orchard.test");
    assert!(heard.contains("RCPT TO:<ada@example.com>"), "{heard}");
    // Nobody listens there any more.
    let failed = kit.call(Method::POST, "/emails/test", &test).await;
    assert_eq!(failed.status, StatusCode::OK, "what failed is the answer");
    let failed = failed.json();
    assert_eq!(failed["sent"], false);
    assert!(
        failed["error"]
            .as_str()
            .is_some_and(|text| text.contains("SMTP")),
        "{failed}"
    );
    for bad in [
        json!({}),
        json!({"to": "nobody"}),
        json!({"to": "a@b.co", "cc": "x"}),
    ] {
        let refused = kit.call(Method::POST, "/emails/test", &bad).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{bad}");
    }
}

#[tokio::test]
async fn a_deleted_template_leaves_the_shipped_mail() {
    let kit = Kit::new().await;
    let path = "/email-templates/verify_email";
    assert_eq!(kit.delete(path).await.status, StatusCode::NOT_FOUND);
    kit.post("/email-templates", template("<p>x</p>")).await;
    assert_eq!(kit.delete(path).await.status, StatusCode::NO_CONTENT);
    assert_eq!(kit.get(path).await.status, StatusCode::NOT_FOUND);
    ask(&kit).await;
    kit.server.app.deliver_mail().await.expect("delivered");
    assert_eq!(
        kit.server.mails().await[0].subject,
        "Confirm your e-mail address"
    );
}
