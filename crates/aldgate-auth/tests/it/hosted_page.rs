//! What auth0.js asks for on a login page of the tenant's own (Auth0: embedded login).

use aldgate_test::{Form, PASSWORD};
use http::Method;
use serde_json::{Value, json};

use crate::stand::{Stand, params};

const OWN: (&str, &str) = ("origin", "http://localhost:4455");

fn body(stand: &Stand, password: &str) -> Value {
    json!({
        "client_id": stand.world.web.id,
        "redirect_uri": stand.world.web.callback,
        "response_type": "code",
        "scope": "openid",
        "state": "\"><script>",
        "tenant": "default",
        "connection": stand.world.connection.name,
        "username": "ada@example.com",
        "password": password,
        "_csrf": "x",
        "_intstate": "deprecated",
    })
}

/// The value of a hidden field of the form fragment.
fn field(html: &str, name: &str) -> String {
    let start = format!("name=\"{name}\" value=\"");
    let rest = html.split_once(&start).expect("the field").1;
    let value = rest.split('"').next().expect("its value");
    value
        .replace("&quot;", "\"")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

#[tokio::test]
async fn the_form_of_a_hosted_page_logs_in_in_its_browser_alone() {
    let stand = Stand::new().await;
    let target = stand.server.url("usernamepassword/login");
    let reply = stand
        .server
        .post_json(&target, &body(&stand, PASSWORD), &[OWN])
        .await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(
        reply.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    let html = reply.text();
    assert!(!html.contains("<script>"), "WEB-02: {html}");
    let fields = ["wa", "wresult", "wctx"].map(|name| (name.to_owned(), field(&html, name)));
    let form = Form {
        method: Method::POST,
        action: stand.server.url("login/callback"),
        fields: fields.into(),
    };
    let mut thief = stand.server.browser();
    assert_eq!(params(&thief.send(&form).await)["error"], "access_denied");
    assert_eq!(thief.cookie("aldgate"), None);
    // The thief's try used the ticket up; a new one works where it was made.
    let reply = stand
        .server
        .post_json(&target, &body(&stand, PASSWORD), &[OWN])
        .await;
    let cookie = reply.set_cookies().iter().find_map(|cookie| {
        let rest = cookie.strip_prefix("aldgate-browser=")?;
        rest.split(';').next().map(str::to_owned)
    });
    let ticket = field(&reply.text(), "wresult");
    let mut browser = stand.server.browser();
    browser.set_cookie("aldgate-browser", &cookie.expect("a cookie"));
    let answer = params(&browser.send(&form.fill(&[("wresult", &ticket)])).await);
    assert!(answer.contains_key("code"), "{answer:?}");
    assert_eq!(answer["state"], "\"><script>");
    let session = format!("aldgate={}", browser.cookie("aldgate").expect("a session"));
    let data = stand.server.url("user/ssodata");
    let known = stand
        .server
        .get(&data, &[("cookie", &session)])
        .await
        .json();
    assert_eq!(known["sso"], true);
    assert_eq!(
        known["lastUsedConnection"]["name"],
        stand.world.connection.name
    );
    assert_eq!(
        stand.server.get(&data, &[]).await.json(),
        json!({"sso": false})
    );
}

#[tokio::test]
async fn a_hosted_page_elsewhere_and_wrong_passwords_are_refused() {
    let stand = Stand::new().await;
    let target = stand.server.url("usernamepassword/login");
    let reply = stand
        .server
        .post_json(&target, &body(&stand, "wrong"), &[OWN])
        .await;
    assert_eq!((reply.status.as_u16(), reply.set_cookies().len()), (401, 0));
    assert_eq!(reply.json()["code"], "invalid_user_password");
    for origin in [
        &[][..],
        &[("origin", "https://evil.test")],
        &[("origin", "null")],
    ] {
        let reply = stand
            .server
            .post_json(&target, &body(&stand, PASSWORD), origin)
            .await;
        assert!(
            reply.status.is_client_error(),
            "{origin:?}: {}",
            reply.status
        );
        assert!(!reply.text().contains("wresult"));
    }
    let callback = stand.server.url("login/callback");
    let reply = stand
        .server
        .post_form(&callback, &[("wresult", "x"), ("wctx", "{")], &[])
        .await;
    assert_eq!((reply.status.as_u16(), reply.location()), (400, None));
}
