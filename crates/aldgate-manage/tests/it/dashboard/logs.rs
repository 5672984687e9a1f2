//! Finding what went wrong.

use http::StatusCode;

use super::desk::Desk;

#[tokio::test]
async fn a_support_code_tells_the_story_of_a_refused_login() {
    let desk = Desk::new().await;
    let spa = &desk.world.spa.id;
    let url =
        format!("authorize?client_id={spa}&response_type=code&redirect_uri=https://wrong.test/");
    let mut visitor = desk.server.browser();
    let refused = visitor.get(&desk.server.url(&url)).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let events = desk.server.events().await;
    let code = events
        .iter()
        .rev()
        .find_map(|event| event.support_code.clone());
    let code = code.expect("a support code");
    let mut admin = desk.admin().await;
    let list = admin.see(&format!("/logs?code={code}")).await;
    assert!(list.contains("1–1 of 1") && list.contains(&code), "{list}");
    let story = admin.see(&format!("/support/{code}")).await;
    let story = story.replace("&#x2f;", "/");
    assert!(
        story.contains("https://wrong.test/"),
        "the actual value: {story}"
    );
    assert!(
        story.contains("redirect_uri") && story.contains("not reached"),
        "the checks"
    );
    assert!(story.contains("What to change"), "the remedy");
    let overview = admin.see("/").await;
    assert!(overview.contains("Worth your attention") && overview.contains("once"));
}

#[tokio::test]
async fn adm_06_a_wrong_query_is_said_beside_its_field() {
    let desk = Desk::new().await;
    let mut admin = desk.admin().await;
    let page = admin.see("/logs?q=type:%28").await;
    assert!(page.contains("q-problem"), "{page}");
    let live = admin.see("/logs?live=1").await;
    assert!(live.contains("data-live=\"3\"") && live.contains("Stop live view"));
}
