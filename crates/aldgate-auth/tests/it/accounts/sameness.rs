//! ACC-04: the same answer, whoever exists.

use aldgate_core::user::User;
use aldgate_store::{LoginName, Tx};
use aldgate_test::Reply;
use serde_json::json;

use super::{ask_for_reset, change_user};
use crate::passwordless;
use crate::stand::Stand;

/// One account of each kind, and one that nobody has; names of one length.
const NAMES: [&str; 5] = ["ada", "eve", "blk", "fed", "nob"];

async fn stand() -> Stand {
    let stand = Stand::new().await;
    let (mut blocked, mut federated) = (stand.world.ada.clone(), stand.world.ada.clone());
    rename(&mut blocked, "blk");
    blocked.blocked = true;
    rename(&mut federated, "fed");
    federated.identities[0].provider = "google-oauth2".into();
    let write = move |tx: &mut Tx<'_>| {
        let _saved = tx.users().create(&blocked)?;
        tx.users().create(&federated)
    };
    let stored = stand.server.app.store.write(&stand.server.tenant.id, write);
    let _saved = stored.await.expect("they are stored");
    change_user(&stand, &stand.world.ada, |_| ()).await;
    stand
}

fn rename(user: &mut User, name: &str) {
    user.id = format!("auth0|{name}").parse().expect("an id");
    user.email = Some(format!("{name}@example.com"));
    user.identities[0].user_id = name.to_owned();
}

/// What an answer shows, without what differs between any two requests.
fn shape(reply: &Reply, name: &str) -> String {
    let mut lines = vec![reply.status.to_string()];
    for (header, value) in &reply.headers {
        let value = value
            .to_str()
            .expect("text")
            .split(['=', ';'])
            .next()
            .unwrap_or_default();
        if header != "x-auth0-requestid" {
            lines.push(format!("{header}: {value}"));
        }
    }
    lines.sort();
    let mut body = reply.text().replace(&format!("{name}@"), "NAME@");
    for field in [
        "name=\"csrf\" value=\"",
        "name=\"state\" value=\"",
        "state=",
    ] {
        let mut clean = String::new();
        let mut rest = body.as_str();
        while let Some((before, after)) = rest.split_once(field) {
            clean = format!("{clean}{before}{field}");
            rest =
                after.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "-_".contains(c));
        }
        body = clean + rest;
    }
    lines.push(body);
    lines.join("\n")
}

fn all_alike(shapes: &[String]) {
    for (shape, name) in shapes.iter().zip(NAMES) {
        assert_eq!(*shape, shapes[0], "{name} differs from {}", NAMES[0]);
    }
}

#[tokio::test]
async fn acc_04_the_login_page_answers_alike() {
    let stand = stand().await;
    let mut shapes = Vec::new();
    for name in NAMES {
        let mut browser = stand.server.browser();
        browser.get(&stand.authorize(&stand.world.web, &[])).await;
        let email = format!("{name}@example.com");
        let fields = [
            ("username", email.as_str()),
            ("password", "wrong otter wheel"),
        ];
        shapes.push(shape(&browser.submit("/u/login", &fields).await, name));
    }
    all_alike(&shapes);
}

#[tokio::test]
async fn acc_04_recovery_answers_alike_and_mails_only_whom_it_may() {
    let stand = stand().await;
    let mut shapes = Vec::new();
    for name in NAMES {
        shapes.push(shape(
            &ask_for_reset(&stand, &format!("{name}@example.com")).await,
            name,
        ));
    }
    all_alike(&shapes);
    let page = stand.server.url("u/reset-password/request");
    let mut shapes = Vec::new();
    for name in NAMES {
        let mut browser = stand.server.browser();
        browser.get(&page).await;
        let email = format!("{name}@example.com");
        let reply = browser
            .submit("/u/reset-password/request", &[("email", &email)])
            .await;
        assert_eq!(reply.status, 200);
        shapes.push(shape(&reply, name));
    }
    all_alike(&shapes);
    let mut to: Vec<String> = stand
        .server
        .mails()
        .await
        .into_iter()
        .map(|mail| mail.to)
        .collect();
    to.sort();
    to.dedup();
    assert_eq!(to, ["ada@example.com", "eve@example.com"]);
}

/// The work that was done so far: password hashes, and units of work in the database.
async fn work(stand: &Stand) -> (u64, u64) {
    stand.server.app.events.flush().await;
    let metrics = stand.server.app.metrics.render();
    let name = "aldgate_events_total{what=\"password_hashed\"} ";
    let hashes = metrics.lines().find_map(|line| line.strip_prefix(name));
    let hashes = hashes.map_or(0, |count| count.parse().expect("a number"));
    (hashes, stand.server.app.store.stats().units)
}

#[tokio::test]
async fn acc_04_the_same_work_is_done_for_everybody() {
    let stand = stand().await;
    let (mut logins, mut recoveries) = (Vec::new(), Vec::new());
    for name in NAMES {
        let mut browser = stand.server.browser();
        browser.get(&stand.authorize(&stand.world.web, &[])).await;
        let email = format!("{name}@example.com");
        let fields = [("username", email.as_str()), ("password", "wrong wheel")];
        let before = work(&stand).await;
        browser.submit("/u/login", &fields).await;
        let after = work(&stand).await;
        logins.push((after.0 - before.0, after.1 - before.1));
        ask_for_reset(&stand, &email).await;
        let last = work(&stand).await;
        recoveries.push((last.0 - after.0, last.1 - after.1));
    }
    assert_eq!(logins[0].0, 1, "one hash");
    assert!(logins[0].1 > 0 && recoveries[0].1 > 0);
    assert_eq!(logins, [logins[0]; NAMES.len()]);
    assert_eq!(recoveries, [recoveries[0]; NAMES.len()]);
}

/// The passwordless ways, for somebody known, somebody blocked, and nobody; sign-up is off.
#[tokio::test]
async fn acc_04_a_code_is_asked_for_and_refused_alike_with_the_same_work() {
    let stand = passwordless::equip(stand().await).await;
    let web = &stand.world.web;
    for name in ["ada", "blk"] {
        let email = format!("{name}@example.com");
        passwordless::start(&stand, &email, json!({})).await;
        let otp = passwordless::code(&stand, &email).await;
        let reply = passwordless::exchange(&stand, web, &email, &otp).await;
        assert_eq!(reply.status, 200);
    }
    let email = "blk@example.com";
    let mut blocked = passwordless::holder(&stand, "email", LoginName::Email, email)
        .await
        .expect("a user");
    blocked.blocked = true;
    let write = move |tx: &mut Tx<'_>| tx.users().touch(&blocked);
    let stored = stand.server.app.store.write(&stand.server.tenant.id, write);
    assert!(stored.await.expect("it is stored"));
    passwordless::set(&stand, "email", "disable_signup", json!(true)).await;
    let (mut pages, mut answers, mut works) = (Vec::new(), Vec::new(), Vec::new());
    for name in ["ada", "blk", "nob"] {
        let email = format!("{name}@example.com");
        let mut done = vec![work(&stand).await];
        // The endpoint, and a wrong code for it.
        answers.push(shape(
            &passwordless::start(&stand, &email, json!({})).await,
            name,
        ));
        done.push(work(&stand).await);
        let reply = passwordless::exchange(&stand, web, &email, "000000").await;
        answers.push(shape(&reply, name));
        done.push(work(&stand).await);
        // The pages.
        let mut browser = stand.server.browser();
        browser
            .get(&stand.authorize(web, &[("connection", "email")]))
            .await;
        done.push(work(&stand).await);
        let fields = [("email", email.as_str())];
        let page = browser.submit("/u/login/passwordless", &fields).await;
        pages.push(shape(&page, name));
        done.push(work(&stand).await);
        let fields = [("code", "000000")];
        let page = browser.submit("/u/login/passwordless/code", &fields).await;
        pages.push(shape(&page, name));
        done.push(work(&stand).await);
        let steps = done.windows(2);
        works.push(
            steps
                .map(|two| (two[1].0 - two[0].0, two[1].1 - two[0].1))
                .collect::<Vec<_>>(),
        );
    }
    let answer = |kind: usize| {
        answers[kind..]
            .iter()
            .step_by(2)
            .map(|one| blind(one))
            .collect()
    };
    let page = |kind: usize| {
        pages[kind..]
            .iter()
            .step_by(2)
            .map(|one| blind(one))
            .collect()
    };
    let shapes: [Vec<String>; 4] = [answer(0), answer(1), page(0), page(1)];
    for shapes in shapes {
        all_alike(&shapes);
    }
    assert!(works[0].iter().all(|(_, units)| *units > 0), "{works:?}");
    assert_eq!(works, vec![works[0].clone(); 3]);
}

/// Without the id that is made from the address: it has one form for everybody.
fn blind(shape: &str) -> String {
    match shape.split_once("\"_id\":\"") {
        Some((before, after)) => format!("{before}{}", &after[24..]),
        None => shape.to_owned(),
    }
}

/// Signing up with an address that somebody has: the answer of a tenant that hides it, and the same
/// work as for one that is free.
#[tokio::test]
async fn acc_04_signing_up_hides_who_is_there_already() {
    let stand = stand().await;
    let mut shapes = Vec::new();
    for name in ["ada", "eve", "blk"] {
        let email = format!("{name}@example.com");
        let body = json!({"email": email, "password": "nine otters on a wheel"});
        shapes.push(shape(&super::sign_up(&stand, body).await, name));
    }
    all_alike(&shapes);
    assert!(!shapes[0].contains("exists"), "{}", shapes[0]);
    let mut hashes = Vec::new();
    for email in ["ada@example.com", "free@example.com"] {
        let before = work(&stand).await;
        let body = json!({"email": email, "password": "nine otters on a wheel"});
        super::sign_up(&stand, body).await;
        hashes.push(work(&stand).await.0 - before.0);
    }
    assert_eq!(hashes, [1, 1], "a hash for either");
}

#[tokio::test]
async fn acc_04_the_text_of_recovery_is_auth0s() {
    let stand = Stand::new().await;
    let reply = ask_for_reset(&stand, "nobody@example.com").await;
    assert_eq!(
        reply.text(),
        "We've just sent you an email to reset your password."
    );
    assert_eq!(
        reply.header("content-type"),
        Some("text/html; charset=utf-8")
    );
}
