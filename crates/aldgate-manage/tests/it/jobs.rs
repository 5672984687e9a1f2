//! `/jobs`: imports, exports and verification mails.

use std::io::Read as _;

use aldgate_app::serve::Stop;
use aldgate_core::job::{LIFETIME, UNFINISHED_MAX};
use aldgate_core::time::Seconds;
use aldgate_test::Reply;
use axum::body::Body;
use flate2::read::MultiGzDecoder;
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};

use crate::kit::Kit;

/// A form with these fields; `users` is the file.
fn form(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut body = String::new();
    for (name, value) in fields {
        let file = match *name {
            "users" => "; filename=\"users.json\"\r\nContent-Type: application/json",
            _ => "",
        };
        body.push_str(&format!(
            "--frontier\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{value}\r\n"
        ));
    }
    body.push_str("--frontier--\r\n");
    body.into_bytes()
}

impl Kit {
    async fn send_form(&self, token: &str, fields: &[(&str, &str)]) -> Reply {
        let request = Request::post(self.server.url("api/v2/jobs/users-imports"))
            .header("authorization", format!("Bearer {token}"))
            .header("content-type", "multipart/form-data; boundary=frontier")
            .body(Body::from(form(fields)));
        self.server.send(request.expect("a request")).await
    }

    async fn import(&self, users: &Value, more: &[(&str, &str)]) -> Reply {
        let (file, connection) = (users.to_string(), self.world.connection.id.to_string());
        let mut fields = vec![
            ("users", file.as_str()),
            ("connection_id", connection.as_str()),
        ];
        fields.extend(more);
        self.send_form(&self.token, &fields).await
    }

    async fn run_jobs(&self) {
        let ran = self.server.app.run_transfers(&Stop::new()).await;
        ran.expect("the database answers");
    }

    async fn job(&self, made: &Reply) -> Value {
        let id = made.json()["id"].as_str().expect("an id").to_owned();
        let read = self.get(&format!("/jobs/{id}")).await;
        assert_eq!(read.status, StatusCode::OK, "{read:?}");
        read.json()
    }

    /// Downloads a file once; what is in it.
    async fn file(&self, location: &str) -> String {
        let file = self.server.get(location, &[]).await;
        assert_eq!(file.status, StatusCode::OK, "{file:?}");
        assert_eq!(file.header("content-type"), Some("application/gzip"));
        assert_eq!(file.header("cache-control"), Some("no-store"));
        let length = file.header("content-length").map(str::to_owned);
        assert_eq!(length, Some(file.body.len().to_string()));
        let mut text = String::new();
        let mut gzip = MultiGzDecoder::new(file.body.as_ref());
        gzip.read_to_string(&mut text).expect("gzip");
        text
    }
}

fn many(count: usize) -> Value {
    (0..count)
        .map(|n| json!({"email": format!("import{n}@example.com"), "user_id": format!("i{n}")}))
        .collect()
}

#[tokio::test]
async fn an_import_runs_in_the_background_and_tells_how_far_it_is() {
    let kit = Kit::new().await;
    let mut users = many(250);
    users[3] = json!({"email": "nonsense", "password_hash": "hunter2"});
    users[4] = json!({"email": "import5@example.com", "user_id": "i4"});
    let made = kit.import(&users, &[("external_id", "mine")]).await;
    assert_eq!(made.status, StatusCode::ACCEPTED, "{made:?}");
    let waiting = made.json();
    assert_eq!(waiting["type"], "users_import");
    assert_eq!(waiting["status"], "pending");
    assert_eq!(waiting["external_id"], "mine");
    assert_eq!(waiting["connection_id"], json!(kit.world.connection.id));
    kit.run_jobs().await;
    let over = kit.job(&made).await;
    assert_eq!(over["status"], "completed", "{over}");
    assert_eq!(over["percentage_done"], 100);
    let summary = json!({"failed": 2, "updated": 0, "inserted": 248, "total": 250});
    assert_eq!(over["summary"], summary);
    let id = over["id"].as_str().expect("an id");
    let errors = kit.get(&format!("/jobs/{id}/errors")).await;
    assert_eq!(errors.status, StatusCode::OK);
    let errors = errors.json();
    assert_eq!(errors[0]["user"]["email"], "nonsense");
    assert_eq!(errors[0]["errors"][0]["path"], "email");
    assert_eq!(errors[1]["errors"][0]["code"], "DUPLICATED_USER");
    assert!(!errors.to_string().contains("hunter2"), "LOG-01: {errors}");
    let found = kit.get("/users-by-email?email=import249@example.com").await;
    assert_eq!(found.json()[0]["user_id"], "auth0|i249");
    let again = kit.import(&many(10), &[("upsert", "true")]).await;
    kit.run_jobs().await;
    let again = kit.job(&again).await;
    assert_eq!(again["summary"]["updated"], 9, "{again}");
    let id = again["id"].as_str().expect("an id");
    let none = kit.import(&many(1), &[("upsert", "true")]).await;
    kit.run_jobs().await;
    let none = kit.job(&none).await["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let nothing = kit.get(&format!("/jobs/{none}/errors")).await;
    assert_eq!(nothing.status, StatusCode::NO_CONTENT);
    kit.server.advance(Seconds(LIFETIME.0 + 1));
    let token = kit.machine_token(&kit.world.m2m.id, &["read:users"]).await;
    let path = format!("/jobs/{id}");
    let forgotten = kit.call_as(&token, Method::GET, &path, &Value::Null).await;
    assert_eq!(forgotten.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn forms_that_say_nothing_useful_are_refused() {
    let kit = Kit::new().await;
    let connection = kit.world.connection.id.to_string();
    let one = many(1).to_string();
    let users = ("users", one.as_str());
    let id = ("connection_id", connection.as_str());
    for (status, fields) in [
        (400, vec![]),
        (400, vec![users]),
        (400, vec![id]),
        (400, vec![("users", "[{\"email\":"), id]),
        (400, vec![("users", "[]"), id]),
        (400, vec![("users", "not json"), id]),
        (400, vec![users, id, ("upsert", "perhaps")]),
        (400, vec![users, id, ("role", "admin")]),
        (400, vec![users, users, id]),
        (400, vec![users, ("connection_id", "con_ ")]),
        (404, vec![users, ("connection_id", "con_0000000000000000")]),
    ] {
        let refused = kit.send_form(&kit.token, &fields).await;
        assert_eq!(refused.status.as_u16(), status, "{fields:?}: {refused:?}");
    }
    let json = kit.post("/jobs/users-imports", json!({"users": []})).await;
    assert_eq!(json.status, StatusCode::BAD_REQUEST);
    kit.run_jobs().await;
    let nobody = kit.get("/users-by-email?email=import0@example.com").await;
    assert_eq!(nobody.json(), json!([]));
    for _ in 0..UNFINISHED_MAX {
        assert_eq!(kit.import(&many(1), &[]).await.status, StatusCode::ACCEPTED);
    }
    let full = kit.import(&many(1), &[]).await;
    assert_eq!(full.status, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn acc_01_a_waiting_file_cannot_be_read_in_the_database() {
    let kit = Kit::new().await;
    let users = json!([{"email": "waits@example.com", "user_metadata": {"n": "plainmarker"}}]);
    let made = kit.import(&users, &[]).await;
    assert_eq!(made.status, StatusCode::ACCEPTED);
    let dump = kit.server.dump();
    assert!(!dump.windows(11).any(|part| part == b"plainmarker"));
}

#[tokio::test]
async fn an_interrupted_import_goes_on_where_it_was() {
    let kit = Kit::new().await;
    let made = kit.import(&many(250), &[]).await;
    let stopped = Stop::new();
    stopped.now();
    let ran = kit.server.app.run_transfers(&stopped).await;
    assert_eq!(
        ran.expect("it answers"),
        0,
        "a server that stops begins nothing"
    );
    // A node that died holds the claim for a while.
    let now = kit.server.now();
    let claim = move |system: &mut aldgate_store::SystemTx<'_>| {
        let until = now + Seconds::minutes(1);
        system.job_queue().claim("users_import", now, until, 1)
    };
    let claimed = kit.server.app.store.write_system(claim).await;
    let claimed: Vec<aldgate_store::StoredJob> = claimed.expect("it answers");
    assert_eq!(claimed.len(), 1);
    kit.run_jobs().await;
    assert_eq!(
        kit.job(&made).await["status"],
        "pending",
        "somebody else has it"
    );
    kit.server.advance(Seconds(61));
    kit.run_jobs().await;
    let over = kit.job(&made).await;
    assert_eq!(over["summary"]["inserted"], 250, "{over}");
    // The dead node wakes up: its claim is lost, so it writes nothing.
    let lost = claimed.into_iter().next().expect("one");
    let kept = kit.write(move |tx| tx.jobs().retry(&lost, now, now)).await;
    assert!(!kept);
}

#[tokio::test]
async fn adm_04_an_import_changes_nobody_above_its_caller() {
    let kit = Kit::new().await;
    let weak = &kit.world.pkj.id;
    kit.grant(weak, &["create:users"]).await;
    let token = kit.machine_token(weak, &["create:users"]).await;
    let user = json!([{"email": kit.world.admin.email, "user_metadata": {"taken": true}}]);
    let (file, connection) = (user.to_string(), kit.world.connection.id.to_string());
    let fields = [
        ("users", file.as_str()),
        ("connection_id", connection.as_str()),
        ("upsert", "true"),
    ];
    kit.give_administrator(&kit.world.admin).await;
    let made = kit.send_form(&token, &fields).await;
    assert_eq!(made.status, StatusCode::ACCEPTED, "{made:?}");
    kit.run_jobs().await;
    let over = kit.job(&made).await;
    assert_eq!(over["summary"]["failed"], 1, "{over}");
    let admin = kit.get(&kit.user_path("admin")).await.json();
    assert_eq!(admin["user_metadata"]["taken"], Value::Null);
}

#[tokio::test]
async fn an_export_is_downloaded_once_by_who_has_its_address() {
    let kit = Kit::new().await;
    kit.import(&many(600), &[("send_completion_email", "false")])
        .await;
    kit.run_jobs().await;
    let body = json!({"fields": [{"name": "user_id"}, {"name": "email", "export_as": "mail"}]});
    let made = kit.post("/jobs/users-exports", body).await;
    assert_eq!(made.status, StatusCode::OK, "{made:?}");
    assert_eq!(kit.job(&made).await.get("location"), None);
    kit.run_jobs().await;
    let over = kit.job(&made).await;
    assert_eq!(over["status"], "completed", "{over}");
    let location = over["location"].as_str().expect("an address").to_owned();
    let text = kit.file(&location).await;
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let total = kit
        .get("/users?include_totals=true&per_page=1")
        .await
        .json()["total"]
        .clone();
    assert_eq!(json!(lines.len()), total);
    let one = lines.iter().find(|line| line["user_id"] == "auth0|i599");
    assert_eq!(one.expect("her line")["mail"], "import599@example.com");
    let spent = kit.server.get(&location, &[]).await;
    assert_eq!(spent.status, StatusCode::NOT_FOUND, "once");
    let late = kit.job(&made).await["location"]
        .as_str()
        .expect("one")
        .to_owned();
    kit.server.advance(Seconds(61));
    assert_eq!(
        kit.server.get(&late, &[]).await.status,
        StatusCode::NOT_FOUND
    );
    let guess = kit.server.url("exports/users?ticket=aldt_guess");
    assert_eq!(
        kit.server.get(&guess, &[]).await.status,
        StatusCode::NOT_FOUND
    );
    let events = serde_json::to_string(&kit.server.events().await).expect("JSON");
    assert!(!events.contains("aldt_"), "LOG-01");
}

#[tokio::test]
async fn adm_11_exports_are_bounded_and_run_nothing_in_a_spreadsheet() {
    let kit = Kit::new().await;
    let connection = kit.world.connection.id.to_string();
    let name = "=cmd()|' /C calc'!A0";
    kit.import(
        &json!([{"email": "aaa@example.com", "user_id": "0", "name": name}]),
        &[],
    )
    .await;
    kit.run_jobs().await;
    let body = json!({"format": "csv", "limit": 1, "connection_id": connection,
        "fields": [{"name": "name"}]});
    let made = kit.post("/jobs/users-exports", body).await;
    kit.run_jobs().await;
    let location = kit.job(&made).await["location"]
        .as_str()
        .expect("one")
        .to_owned();
    let file = kit.file(&location).await;
    assert_eq!(file, "\"name\"\r\n\"'=cmd()|' /C calc'!A0\"\r\n");
    for bad in [
        json!({"limit": 0}),
        json!({"format": "xml"}),
        json!({"fields": [{"name": "a..b"}]}),
        json!({"fields": [{}]}),
        json!({"where": "1=1"}),
        json!({"connection_id": "x"}),
    ] {
        let refused = kit.post("/jobs/users-exports", bad.clone()).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{bad}");
    }
}

#[tokio::test]
async fn adm_01_who_makes_users_need_not_read_them() {
    let kit = Kit::new().await;
    let made = kit.post("/jobs/users-exports", Value::Null).await;
    kit.run_jobs().await;
    let id = made.json()["id"].as_str().expect("an id").to_owned();
    let weak = &kit.world.pkj.id;
    kit.grant(weak, &["create:users"]).await;
    let token = kit.machine_token(weak, &["create:users"]).await;
    let path = format!("/jobs/{id}");
    let seen = kit.call_as(&token, Method::GET, &path, &Value::Null).await;
    assert_eq!(seen.json()["status"], "completed");
    assert_eq!(seen.json().get("location"), None);
}

#[tokio::test]
async fn administrators_are_told_when_an_import_is_over() {
    let kit = Kit::new().await;
    kit.give_administrator(&kit.world.admin).await;
    kit.import(&many(3), &[]).await;
    kit.import(&many(3), &[("send_completion_email", "false")])
        .await;
    kit.run_jobs().await;
    let mails = kit.server.mails().await;
    assert_eq!(mails.len(), 1, "{mails:?}");
    assert!(
        mails[0].text.contains("3 inserted, 0 updated, 0 refused"),
        "{mails:?}"
    );
}

#[tokio::test]
async fn a_verification_mail_is_sent_and_told_about() {
    let kit = Kit::new().await;
    let body = json!({"user_id": kit.world.eve.id, "client_id": kit.world.spa.id});
    let made = kit.post("/jobs/verification-email", body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{made:?}");
    assert_eq!(kit.job(&made).await["type"], "verification_email");
    let mails = kit.server.mails().await;
    assert!(
        mails[0].text.contains("/u/email-verification?ticket="),
        "{mails:?}"
    );
    // In the language in which she last used the pages, whoever asks for the mail.
    let id = kit.world.eve.id.clone();
    kit.write(move |tx| tx.users().speak(&id, "ja")).await;
    kit.post(
        "/jobs/verification-email",
        json!({"user_id": kit.world.eve.id}),
    )
    .await;
    let mail = kit.server.mails().await.pop().expect("a mail");
    assert!(mail.html.contains("lang=\"ja\""), "{}", mail.subject);
    for (status, bad) in [
        (400, json!({})),
        (404, json!({"user_id": "auth0|nobody"})),
        (
            404,
            json!({"user_id": kit.world.eve.id, "client_id": "nobody"}),
        ),
        (
            404,
            json!({"user_id": kit.world.eve.id, "organization_id": "org_1"}),
        ),
        (
            400,
            json!({"user_id": kit.world.eve.id, "identity": {"user_id": "x", "provider": "y"}}),
        ),
        (400, json!({"user_id": kit.world.eve.id, "new": 1})),
    ] {
        let refused = kit.post("/jobs/verification-email", bad.clone()).await;
        assert_eq!(refused.status.as_u16(), status, "{bad}: {refused:?}");
    }
}
