//! The pages of signing keys.

use aldgate_core::time::Seconds;
use http::StatusCode;

use super::desk::Desk;

/// The ids of the RS256 keys in a state, as the page shows them.
fn kids(page: &str, label: &str) -> Vec<String> {
    let ring = page.split("id=\"ring-").nth(1).expect("a ring");
    let badges = ring.split("<h3>").skip(1);
    let with_label = badges.filter(|part| {
        let badge = part.split("</span>").next().unwrap_or_default();
        badge.ends_with(&format!(">{label}"))
    });
    with_label
        .filter_map(|part| part.split("<code>").nth(1)?.split('<').next())
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn jwk_02_keys_are_turned_after_the_page_has_said_what_happens() {
    let desk = Desk::new().await;
    desk.server.advance(Seconds::minutes(1));
    let mut admin = desk.admin().await;
    let page = admin.see("/keys").await;
    let (next, current) = (kids(&page, "Next"), kids(&page, "Signs"));
    assert_eq!((next.len(), current.len()), (1, 1), "{page}");
    assert!(page.contains("<svg") && page.contains("Will be replaced by itself on"));
    let ask = admin.see("/keys/rotate").await;
    for part in [
        &format!("RS256: {}… signs from now on", &next[0][..8]),
        "Tokens that were signed until now stay good",
        "Nobody is logged out",
    ] {
        assert!(ask.contains(part), "{part}: {ask}");
    }
    let page = admin.send("/keys/rotate", &[]).await.text();
    assert!(page.contains("The keys were rotated"), "{page}");
    assert_eq!(kids(&page, "Signs"), next);
    assert_eq!(kids(&page, "Previous"), current);
    // The session of the dashboard was signed by the former key, and goes on.
    let page = admin.see("/keys/rotate").await;
    assert!(
        page.contains("Not yet: the next key may sign from"),
        "{page}"
    );
    assert!(page.contains("You may rotate from") && !page.contains("The keys were rotated"));
}

#[tokio::test]
async fn jwk_02_revoking_says_what_breaks_and_does_it() {
    let desk = Desk::new().await;
    let mut admin = desk.admin().await;
    let page = admin.see("/keys").await;
    let (next, current) = (kids(&page, "Next"), kids(&page, "Signs"));
    let revoke = |kid: &str| format!("/keys/{kid}/revoke");
    let ask = admin.see(&revoke(&next[0])).await;
    assert!(ask.contains("It has signed nothing yet"), "{ask}");
    let page = admin.send(&revoke(&next[0]), &[]).await.text();
    assert_eq!(kids(&page, "Revoked"), next);
    assert_eq!(
        admin.open(&revoke(&next[0])).await.status,
        StatusCode::NOT_FOUND
    );
    let ask = admin.see(&revoke(&current[0])).await;
    assert!(
        ask.contains("stop working") && ask.contains("rotate instead"),
        "{ask}"
    );
    // Her own token was signed with it: she is logged in anew and comes back here.
    let page = admin.send(&revoke(&current[0]), &[]).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text());
    assert_eq!(admin.browser.url().path(), "/dashboard/keys");
    assert!(kids(&page.text(), "Revoked").contains(&current[0]));
}

#[tokio::test]
async fn adm_01_who_may_only_read_keys_turns_none() {
    let desk = Desk::new().await;
    let mut ada = desk.with_scopes(&["read:signing_keys"]).await;
    let page = ada.see("/keys").await;
    assert!(
        !page.contains(">Rotate<") && !page.contains(">Revoke<"),
        "{page}"
    );
    assert_eq!(ada.open("/keys/rotate").await.status, StatusCode::FORBIDDEN);
}
