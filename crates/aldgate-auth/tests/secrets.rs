//! ACC-01 and LOG-01: after a whole session no secret is in the database and none in the trace.
//!
//! A program of its own, because the trace of a process can be listened to only once.

use std::io;
use std::sync::{Arc, Mutex};

use aldgate_test::{API, PASSWORD, Reply, TestServer, World};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tracing_subscriber::fmt::MakeWriter;

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const FRESH: &str = "seven wheels for an otter";
const WRONG: &str = "sentinel otter wheel 4711";

/// The trace, as a file would get it.
#[derive(Clone, Default)]
struct Trace(Arc<Mutex<Vec<u8>>>);

impl io::Write for Trace {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0
            .lock()
            .expect("not poisoned")
            .extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Trace {
    type Writer = Self;

    fn make_writer(&'w self) -> Self {
        self.clone()
    }
}

/// What must be nowhere, with a name for each.
#[derive(Default)]
struct Secrets(Vec<(&'static str, String)>);

impl Secrets {
    fn add(&mut self, name: &'static str, secret: &str) {
        assert!(
            secret.len() >= 8,
            "{name} is too short to be looked for: {secret}"
        );
        self.0.push((name, secret.to_owned()));
    }

    fn add_members(&mut self, tokens: &Value, names: &[&'static str]) {
        for name in names {
            let secret = tokens[*name].as_str();
            self.add(
                name,
                secret.unwrap_or_else(|| panic!("no {name} in {tokens}")),
            );
        }
    }

    /// The names of those that are in `haystack`, as they are, in hex or in base64.
    fn found_in(&self, haystack: &[u8]) -> Vec<&'static str> {
        let found = |(_, secret): &&(&str, String)| {
            let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
            let forms = [
                secret.clone(),
                hex,
                STANDARD_NO_PAD.encode(secret),
                URL_SAFE_NO_PAD.encode(secret),
            ];
            forms.iter().any(|form| contains(haystack, form.as_bytes()))
        };
        self.0.iter().filter(found).map(|(name, _)| *name).collect()
    }
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle)
}

#[tokio::test]
async fn acc_01_log_01_no_secret_of_a_whole_session_is_stored_or_traced() {
    let trace = Trace::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(trace.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).expect("nobody listens yet");
    let server = TestServer::start(aldgate_auth::routes()).await;
    let world = World::make(&server).await;
    let mut secrets = Secrets::default();
    secrets.add("password", PASSWORD);
    secrets.add("wrong password", WRONG);
    secrets.add("client secret", &world.web.secret);
    session(&server, &world, &mut secrets).await;
    machine(&server, &world, &mut secrets).await;
    recovery(&server, &world, &mut secrets).await;
    assert!(secrets.0.len() >= 16, "{}", secrets.0.len());

    server.app.events.flush().await;
    let database = server.dump();
    assert!(
        contains(&database, world.ada.id.as_str().as_bytes()),
        "it is the database"
    );
    assert_eq!(secrets.found_in(&database), [""; 0]);
    let trace = trace.0.lock().expect("not poisoned").clone();
    assert!(contains(&trace, b"/oauth/token"), "it is the trace");
    assert_eq!(secrets.found_in(&trace), [""; 0]);
}

/// Logs in with the page, redeems the code, refreshes, and shows each token where it is good.
async fn session(server: &TestServer, world: &World, secrets: &mut Secrets) {
    let mut browser = server.browser();
    for audience in [Some(API), None] {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query
            .append_pair("client_id", world.spa.id.as_str())
            .append_pair("redirect_uri", &world.spa.callback)
            .append_pair("response_type", "code")
            .append_pair("scope", "openid profile email offline_access")
            .append_pair("state", "state-of-the-application")
            .append_pair("nonce", "nonce-of-the-application")
            .append_pair("code_challenge", CHALLENGE)
            .append_pair("code_challenge_method", "S256");
        if let Some(audience) = audience {
            query.append_pair("audience", audience);
        }
        let url = server.url(&format!("authorize?{}", query.finish()));
        let mut reply = browser.get(&url).await;
        if reply.status == 200 {
            let login = |password| [("username", "ada@example.com"), ("password", password)];
            browser.submit("/u/login", &login(WRONG)).await;
            reply = browser.submit("/u/login", &login(PASSWORD)).await;
        }
        let code = parameter(&reply, "code");
        secrets.add("code", &code);
        let fields = [
            ("grant_type", "authorization_code"),
            ("client_id", world.spa.id.as_str()),
            ("redirect_uri", &world.spa.callback),
            ("code_verifier", VERIFIER),
            ("code", &code),
        ];
        let tokens = post(server, &fields).await;
        secrets.add_members(&tokens, &["access_token", "id_token", "refresh_token"]);
        let bearer = format!(
            "Bearer {}",
            tokens["access_token"].as_str().expect("a token")
        );
        let header = [("authorization", bearer.as_str())];
        let info = server.get(&server.url("userinfo"), &header).await;
        assert_eq!(info.status, 200, "{}", info.text());
        let fields = [
            ("grant_type", "refresh_token"),
            ("client_id", world.spa.id.as_str()),
            (
                "refresh_token",
                tokens["refresh_token"].as_str().expect("a token"),
            ),
        ];
        let next = post(server, &fields).await;
        secrets.add_members(&next, &["access_token", "id_token", "refresh_token"]);
    }
    for value in browser.cookies().values() {
        secrets.add("cookie", value);
    }
}

/// Client credentials by form and by Basic, right and wrong.
async fn machine(server: &TestServer, world: &World, secrets: &mut Secrets) {
    let secret = &world.m2m.secret;
    secrets.add("machine's secret", secret);
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_id", world.m2m.id.as_str()),
        ("client_secret", secret),
        ("audience", API),
    ];
    let tokens = post(server, &fields).await;
    secrets.add_members(&tokens, &["access_token"]);
    let basic = STANDARD_NO_PAD.encode(format!("{}:{WRONG}", world.web2.id));
    let header = format!("Basic {basic}");
    let fields = [("grant_type", "client_credentials"), ("audience", API)];
    let headers = [("authorization", header.as_str())];
    let url = server.url("oauth/token");
    let refused = server.post_form(&url, &fields, &headers).await;
    assert_eq!(refused.status, 401, "{}", refused.text());
    secrets.add("Basic header", &basic);
}

/// A sign-up, and a reset by the mailed link.
async fn recovery(server: &TestServer, world: &World, secrets: &mut Secrets) {
    let database = "Username-Password-Authentication";
    let fresh = "another pass phrase of nine words";
    secrets.add("new user's password", fresh);
    let body = json!({
        "client_id": world.web.id, "connection": database, "email": "new@example.com",
        "password": fresh,
    });
    let url = server.url("dbconnections/signup");
    assert_eq!(server.post_json(&url, &body, &[]).await.status, 200);
    let body = json!({
        "client_id": world.web.id, "connection": database, "email": "ada@example.com",
    });
    let url = server.url("dbconnections/change_password");
    assert_eq!(server.post_json(&url, &body, &[]).await.status, 200);
    // Before the queue is emptied: mails wait sealed.
    let waiting = server.dump();
    let mails = server.mails().await;
    assert_eq!(mails.len(), 2);
    let mut browser = server.browser();
    for mail in mails {
        let link = mail
            .text
            .split_whitespace()
            .find(|word| word.contains("ticket="));
        let link = link.expect("a link").to_owned();
        let ticket = link.split_once("ticket=").expect("a ticket").1;
        secrets.add("ticket", ticket);
        assert!(
            !contains(&waiting, ticket.as_bytes()),
            "a ticket waits in the clear"
        );
        browser.get(&link).await;
        if link.contains("reset") {
            let fields = [("password", FRESH), ("password_again", FRESH)];
            let done = browser.submit("/u/reset-verify", &fields).await;
            assert_eq!(done.status, 200, "{}", done.text());
        }
    }
    secrets.add("password set by reset", FRESH);
}

async fn post(server: &TestServer, fields: &[(&str, &str)]) -> Value {
    let reply = server
        .post_form(&server.url("oauth/token"), fields, &[])
        .await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()
}

fn parameter(reply: &Reply, name: &str) -> String {
    let location = reply.location().expect("a redirect");
    let url = url::Url::parse(location).expect("an absolute URL");
    let found = url.query_pairs().find(|(other, _)| other == name);
    found.expect("the parameter is there").1.into_owned()
}
