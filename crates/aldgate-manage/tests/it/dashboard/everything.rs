//! Every page that can be reached by links: opened by people who may do everything, and little.

use std::collections::BTreeSet;

use aldgate_test::Reply;
use http::StatusCode;

use super::desk::{Desk, Person};

/// Pages that one walk opens at most.
const PAGES_MAX: usize = 300;

/// Follows every link within the dashboard; gives the addresses that answered.
async fn walk(person: &mut Person<'_>) -> BTreeSet<String> {
    let mut waiting = vec!["/".to_owned()];
    let (mut seen, mut open) = (BTreeSet::new(), BTreeSet::new());
    while let Some(path) = waiting.pop() {
        if !seen.insert(path.clone()) || open.len() > PAGES_MAX {
            continue;
        }
        let page = person.open(&path).await;
        assert_eq!(
            page.status,
            StatusCode::OK,
            "{path} is offered: {}",
            page.text()
        );
        check(&path, &page);
        open.insert(path);
        waiting.extend(links(&page.text()));
    }
    open
}

/// What holds for every page.
fn check(path: &str, page: &Reply) {
    let header = |name| page.header(name).unwrap_or_default();
    let csp = header("content-security-policy");
    assert!(
        csp.contains("frame-ancestors 'none'") && !csp.contains("unsafe"),
        "{path}: {csp}"
    );
    assert_eq!(header("cache-control"), "no-store", "{path}");
    let text = page.text();
    for inline in ["<style", " style=\"", " onclick", "javascript:"] {
        assert!(!text.contains(inline), "{path} has {inline}");
    }
    assert_eq!(text.matches("<h1").count(), 1, "{path} has one heading");
    let posts = text.matches("method=\"post\"").count();
    let tokens = text.matches("name=\"csrf\" value=\"").count();
    assert_eq!(posts, tokens, "{path}: every form that acts has its token");
}

fn links(html: &str) -> Vec<String> {
    let html = html.replace("&#x2f;", "/").replace("&amp;", "&");
    let targets = html.split("href=\"/dashboard").skip(1);
    let targets = targets.filter_map(|rest| rest.split(['"', '#']).next());
    targets
        .filter(|target| target.starts_with('/'))
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn every_page_opens_for_an_administrator() {
    let desk = Desk::new().await;
    let mut admin = desk.admin().await;
    let pages = walk(&mut admin).await;
    assert!(pages.len() > 20, "{pages:?}");
    for page in [
        "/",
        "/start",
        "/applications",
        "/applications/new",
        "/apis",
        "/trust",
        "/actions",
        "/connections",
        "/users",
        "/roles",
        "/administrators",
        "/logs",
        "/email",
        "/keys",
        "/protection",
        "/branding",
        "/tenant",
    ] {
        assert!(pages.contains(page), "{page} is not linked: {pages:?}");
    }
}

#[tokio::test]
async fn adm_01_who_may_only_read_applications_sees_exactly_that() {
    let desk = Desk::new().await;
    let mut ada = desk.with_scopes(&["read:clients"]).await;
    let pages = walk(&mut ada).await;
    assert!(pages.contains("/applications"), "{pages:?}");
    let strange = |page: &&String| {
        let page = page.as_str();
        let own = page == "/" || page.starts_with("/applications");
        !own || page.ends_with("/new") || page.ends_with("/delete") || page.ends_with("/logs")
    };
    assert_eq!(pages.iter().find(strange), None, "{pages:?}");
    // What is not offered is not there either.
    let app = format!("/applications/{}", desk.world.spa.id);
    let closed = [
        "/applications/new".to_owned(),
        format!("{app}/delete"),
        format!("{app}/logs"),
    ];
    for path in closed {
        let page = ada.open(&path).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{path}");
        assert!(page.text().contains("Your roles do not permit"), "{path}");
    }
    let settings = ada.see(&app).await;
    assert!(
        !settings.contains(">Save<"),
        "no button that would be refused"
    );
    let form = ada.browser.form(&app);
    let forced = ada.browser.send(&form.fill(&[("name", "Taken")])).await;
    assert_eq!(forced.status, StatusCode::FORBIDDEN);
}

/// What somebody with these scopes finds: every page that is offered begins with one of these, each
/// of these is offered, and the others are closed.
#[tokio::test]
async fn adm_01_the_pages_of_people_follow_the_permissions() {
    let table: [(&[&str], &[&str], &[&str]); 4] = [
        (
            &["read:users"],
            &["/users"],
            &[
                "/users/new",
                "/roles",
                "/administrators",
                "/applications",
                "/logs",
            ],
        ),
        (
            &["read:roles"],
            &["/roles", "/administrators"],
            &["/roles/new", "/administrators/new", "/users"],
        ),
        (
            &[
                "read:users",
                "read:sessions",
                "read:grants",
                "read:logs_users",
            ],
            &["/users", "/logs"],
            &["/roles", "/users/new", "/applications"],
        ),
        (
            &["read:role_members"],
            &["/nothing"],
            &["/roles", "/administrators", "/users"],
        ),
    ];
    for (scopes, offered, closed) in table {
        let desk = Desk::new().await;
        let mut ada = desk.with_scopes(scopes).await;
        let pages = walk(&mut ada).await;
        let known =
            |page: &&String| *page == "/" || offered.iter().any(|own| page.starts_with(own));
        let strange = pages.iter().find(|page| !known(page));
        assert_eq!(strange, None, "{scopes:?}: {pages:?}");
        let first = offered.first().expect("one");
        assert_eq!(
            pages.contains(*first),
            *first != "/nothing",
            "{scopes:?}: {pages:?}"
        );
        for path in closed {
            let page = ada.open(path).await;
            assert_eq!(page.status, StatusCode::FORBIDDEN, "{scopes:?}: {path}");
        }
        let changing = [
            "/delete",
            "/block",
            "/add",
            "/email",
            "/password",
            "/end-all",
            "/take",
        ];
        let changes = |page: &&String| changing.iter().any(|end| page.ends_with(end));
        assert_eq!(pages.iter().find(changes), None, "{scopes:?}: {pages:?}");
        // Buttons that would be refused are not shown either.
        for path in pages {
            let text = ada.see(&path).await;
            let own = text.matches("method=\"post\"").count();
            let saves = text.contains(">Save<") || text.contains(">Give<");
            assert!(!saves && own <= 2, "{scopes:?}: {path}: {text}");
        }
    }
}

#[tokio::test]
async fn an_unknown_page_says_so() {
    let desk = Desk::new().await;
    let mut admin = desk.admin().await;
    for path in [
        "/nothing",
        "/applications/nobody",
        "/applications/no/such/page",
        "/users/auth0%7Cnobody",
        "/users/nonsense/sessions",
        "/roles/nothing/members",
        "/administrators/auth0%7Cnobody/dismiss",
    ] {
        let page = admin.open(path).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
    }
}
