//! The pages of users.

use aldgate_test::PASSWORD;
use http::StatusCode;

use super::desk::{Desk, Person};

/// The page of a user, below `/dashboard`.
fn page_of(id: &str) -> String {
    format!("/users/{}", id.replace('|', "%7C"))
}

/// The path that the browser is at, below `/dashboard`.
fn here(person: &Person<'_>) -> String {
    let path = person.browser.url().path().to_owned();
    path.strip_prefix("/dashboard").expect("a page").to_owned()
}

#[tokio::test]
async fn a_user_is_created_found_edited_and_deleted() {
    let desk = Desk::new().await;
    let mut admin = desk.admin().await;
    admin.see("/users/new").await;
    let weak = [("email", "new@example.com"), ("password", "short")];
    let page = admin.send("/users/new", &weak).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    let text = page.text();
    assert!(text.contains("id=\"password-problem\""), "{text}");
    assert!(
        text.contains("new@example.com") && !text.contains("\"short\""),
        "{text}"
    );
    let new = [
        ("email", "new@example.com"),
        ("name", "New <person>"),
        ("password", PASSWORD),
    ];
    let page = admin.send("/users/new", &new).await;
    assert!(
        page.text().contains("New &lt;person&gt;"),
        "{}",
        page.text()
    );
    let own = here(&admin);
    for q in ["new@exam", "PERSON", "email:new@example.com", "new person"] {
        let list = admin
            .see(&format!("/users?q={}", q.replace(' ', "+")))
            .await;
        assert!(list.contains("1–1 of 1"), "{q}: {list}");
    }
    let wrong = admin.see("/users?q=shoe:42").await;
    assert!(wrong.contains("q-problem"), "says what is wrong: {wrong}");
    admin.see(&own).await;
    let broken = [("nickname", "Kept"), ("user_metadata", "{\"a\": }")];
    let page = admin.send(&own, &broken).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    assert!(page.text().contains("user_metadata-problem") && page.text().contains("Kept"));
    let good = [
        ("nickname", "Nick"),
        ("user_metadata", "{\"a\": 1, \"b\": 2}"),
    ];
    assert!(
        admin
            .send(&own, &good)
            .await
            .text()
            .contains("The user was saved")
    );
    let less = [("user_metadata", "{\"b\": 3}")];
    let page = admin.send(&own, &less).await.text();
    assert!(
        page.contains("&quot;b&quot;: 3") && !page.contains("&quot;a&quot;"),
        "{page}"
    );
    let reserved = [("app_metadata", "{\"blocked\": true}")];
    let page = admin.send(&own, &reserved).await;
    assert!(
        page.text().contains("app_metadata-problem"),
        "{}",
        page.text()
    );
    let question = admin.see(&format!("{own}/delete")).await;
    assert!(question.contains("cannot be undone"), "{question}");
    let page = admin.send(&format!("{own}/delete"), &[]).await;
    assert!(page.text().contains("was deleted"), "{}", page.text());
    assert_eq!(admin.open(&own).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_blocked_user_is_out_until_she_is_let_in_again() {
    let desk = Desk::new().await;
    let mut ada = desk.with_scopes(&["read:clients"]).await;
    let mut admin = desk.admin().await;
    let own = page_of(desk.world.ada.id.as_str());
    assert!(!admin.see(&own).await.contains("She is blocked"));
    let question = admin.see(&format!("{own}/block")).await;
    assert!(question.contains("cannot log in until"), "{question}");
    let page = admin.send(&format!("{own}/block"), &[]).await;
    assert!(page.text().contains("She is blocked"), "{}", page.text());
    ada.open("/applications").await;
    assert_eq!(
        ada.browser.url().path(),
        "/u/login",
        "her session has ended"
    );
    assert!(
        admin
            .see("/users?q=blocked:true")
            .await
            .contains("1–1 of 1")
    );
    admin.see(&own).await;
    let page = admin.send(&format!("{own}/unblock"), &[]).await;
    assert!(page.text().contains("may log in again"), "{}", page.text());
    desk.log_in("ada@example.com")
        .await
        .see("/applications")
        .await;
}

#[tokio::test]
async fn acc_03_a_block_after_failed_logins_is_shown_and_lifted() {
    let desk = Desk::new().await;
    let mut browser = desk.server.browser();
    browser.get(&desk.server.url("dashboard/")).await;
    for _ in 0..12 {
        let wrong = [
            ("username", "ada@example.com"),
            ("password", "wrong"),
            ("action", "default"),
        ];
        browser.submit("/u/login", &wrong).await;
    }
    let mut admin = desk.admin().await;
    let own = page_of(desk.world.ada.id.as_str());
    let page = admin.see(&own).await;
    assert!(page.contains("too many failed logins"), "{page}");
    let page = admin.send(&format!("{own}/unblock"), &[]).await.text();
    assert!(!page.contains("too many failed logins"), "{page}");
}

#[tokio::test]
async fn sessions_and_tokens_are_ended_one_by_one_and_all() {
    let desk = Desk::new().await;
    let mut ada = desk.with_scopes(&["read:clients"]).await;
    let mut admin = desk.admin().await;
    let own = page_of(desk.world.ada.id.as_str()) + "/sessions";
    let page = admin.see(&own).await;
    let end = link(&page, "/end\"");
    assert!(admin.see(&end).await.contains("End this session"));
    let page = admin.send(&end, &[]).await;
    assert!(
        page.text().contains("The session has ended."),
        "{}",
        page.text()
    );
    assert!(page.text().contains("logged in nowhere"), "{}", page.text());
    ada.open("/applications").await;
    assert_eq!(ada.browser.url().path(), "/u/login");
    drop(desk.log_in("ada@example.com").await);
    drop(desk.log_in("ada@example.com").await);
    let two = admin.see(&own).await.replace("&#x2f;", "/");
    assert_eq!(two.matches("/end\"").count(), 2, "{two}");
    admin.see(&format!("{own}/end-all")).await;
    let page = admin.send(&format!("{own}/end-all"), &[]).await;
    assert!(page.text().contains("logged in nowhere"), "{}", page.text());
    // Once more from an old page: nothing breaks.
    admin.see(&end).await;
    assert!(
        admin
            .send(&end, &[])
            .await
            .text()
            .contains("had ended already")
    );
}

/// The first link of the dashboard that ends in `end`, below `/dashboard`.
fn link(page: &str, end: &str) -> String {
    let page = page.replace("&#x2f;", "/");
    let found = page.split("href=\"/dashboard").skip(1);
    let mut found = found.filter_map(|rest| Some(&rest[..=rest.find('"')?]));
    let found = found.find(|href| href.ends_with(end));
    found.expect("a link").trim_end_matches('"').to_owned()
}

#[tokio::test]
async fn accounts_are_linked_and_unlinked_after_a_question() {
    let desk = Desk::new().await;
    let mut admin = desk.admin().await;
    let (ada, eve) = (&desk.world.ada.id, &desk.world.eve.id);
    let own = page_of(ada.as_str()) + "/identities";
    let page = admin
        .open(&format!("{own}/link?other=nobody@example.com"))
        .await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    assert!(
        page.text().contains("Nobody here goes by"),
        "{}",
        page.text()
    );
    let page = admin
        .open(&format!(
            "{own}/link?other={}",
            ada.as_str().replace('|', "%7C")
        ))
        .await;
    assert!(
        page.text().contains("This is the same user"),
        "{}",
        page.text()
    );
    let question = admin
        .see(&format!("{own}/link?other=eve@example.com"))
        .await;
    assert!(question.contains("is no user any more"), "{question}");
    let page = admin.send(&format!("{own}/link"), &[]).await;
    assert!(page.text().contains("is a part of"), "{}", page.text());
    assert_eq!(
        admin.open(&page_of(eve.as_str())).await.status,
        StatusCode::NOT_FOUND
    );
    let unlink = link(&admin.see(&own).await, "/unlink\"");
    admin.see(&unlink).await;
    let page = admin.send(&unlink, &[]).await;
    assert!(
        page.text().contains("a user of its own again"),
        "{}",
        page.text()
    );
    admin.see(&page_of(eve.as_str())).await;
}

#[tokio::test]
async fn permissions_show_where_they_come_from_and_are_given_directly() {
    let desk = Desk::new().await;
    desk.permit(&desk.world.ada, &["read:clients"]).await;
    let mut admin = desk.admin().await;
    let own = page_of(desk.world.ada.id.as_str()) + "/permissions";
    let page = admin.see(&own).await;
    assert!(
        page.contains("read:clients") && page.contains("Only read:clients"),
        "{page}"
    );
    assert!(
        !page.contains("Take away"),
        "what a role permits stays with the role"
    );
    admin
        .see(&format!("{own}/add?api=https%3A%2F%2Fapi.test%2F"))
        .await;
    let none = admin.send(&format!("{own}/add"), &[]).await;
    assert_eq!(none.status, StatusCode::BAD_REQUEST);
    assert!(
        none.text().contains("No permission was chosen."),
        "{}",
        none.text()
    );
    let page = admin.send(&format!("{own}/add"), &[("all", "true")]).await;
    assert!(
        page.text().contains("2 permissions were given."),
        "{}",
        page.text()
    );
    let remove = link(&page.text(), "read%3Athings\"");
    let remove = remove.replace("&amp;", "&");
    assert!(admin.see(&remove).await.contains("Take read:things"));
    let page = admin.send(&format!("{own}/remove"), &[]).await;
    assert!(
        page.text().contains("read:things was taken away."),
        "{}",
        page.text()
    );
}

#[tokio::test]
async fn adm_04_nobody_gives_a_permission_that_she_lacks() {
    let desk = Desk::new().await;
    let scopes = ["read:users", "update:users", "read:resource_servers"];
    let mut ada = desk.with_scopes(&scopes).await;
    let own = page_of(desk.world.eve.id.as_str()) + "/permissions";
    let api = desk.server.tenant.issuer.management();
    let api: String = url::form_urlencoded::byte_serialize(api.as_bytes()).collect();
    let page = ada.see(&format!("{own}/add?api={api}")).await;
    assert!(page.contains("You lack it yourself"), "{page}");
    let page = ada
        .send(&format!("{own}/add"), &[("scope", "delete:users")])
        .await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(
        page.text().contains("rights at the Management API"),
        "{}",
        page.text()
    );
    ada.see(&format!("{own}/add?api={api}")).await;
    let page = ada.send(&format!("{own}/add"), &[("all", "true")]).await;
    assert!(
        page.text().contains("3 permissions were given."),
        "only hers: {}",
        page.text()
    );
}

#[tokio::test]
async fn addresses_and_passwords_are_changed_and_mails_sent() {
    let desk = Desk::new().await;
    let mut admin = desk.admin().await;
    let own = page_of(desk.world.eve.id.as_str());
    admin.see(&format!("{own}/sign-in")).await;
    let page = admin.send(&format!("{own}/verification"), &[]).await;
    assert!(
        page.text().contains("verification mail is on its way"),
        "{}",
        page.text()
    );
    let page = admin.send(&format!("{own}/reset"), &[]).await;
    assert!(
        page.text().contains("on its way to eve@example.com"),
        "{}",
        page.text()
    );
    let page = admin.send(&format!("{own}/reset/link"), &[]).await;
    assert!(
        page.text().contains("chooses the password"),
        "{}",
        page.text()
    );
    admin.see(&format!("{own}/email")).await;
    let page = admin
        .send(&format!("{own}/email"), &[("email", "ada@example.com")])
        .await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    assert!(
        page.text().contains("email-problem"),
        "taken: {}",
        page.text()
    );
    let moved = [("email", "eva@example.com"), ("email_verified", "true")];
    let page = admin.send(&format!("{own}/email"), &moved).await;
    assert!(page.text().contains("eva@example.com"), "{}", page.text());
    assert!(page.text().contains(">Verified<"), "{}", page.text());
    admin.see(&format!("{own}/password")).await;
    let page = admin
        .send(&format!("{own}/password"), &[("password", "short")])
        .await;
    assert!(page.text().contains("password-problem"), "{}", page.text());
    let new = [("password", " another long and winding phrase 7 ")];
    let page = admin.send(&format!("{own}/password"), &new).await;
    assert!(
        page.text().contains("The password was set"),
        "{}",
        page.text()
    );
}

#[tokio::test]
async fn adm_01_who_may_change_metadata_only_is_offered_that() {
    let desk = Desk::new().await;
    let mut ada = desk
        .with_scopes(&["read:users", "update:users_app_metadata"])
        .await;
    let own = page_of(desk.world.eve.id.as_str());
    let page = ada.see(&own).await;
    assert!(
        page.contains("name=\"app_metadata\"") && page.contains(">Save<"),
        "{page}"
    );
    assert!(
        !page.contains("name=\"nickname\"") && !page.contains("/block\""),
        "{page}"
    );
    let page = ada
        .send(&own, &[("app_metadata", "{\"plan\": \"gold\"}")])
        .await;
    assert!(
        page.text().contains("The user was saved"),
        "{}",
        page.text()
    );
    for closed in ["/block", "/password", "/email", "/delete"] {
        let page = ada.open(&format!("{own}{closed}")).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{closed}");
    }
}
