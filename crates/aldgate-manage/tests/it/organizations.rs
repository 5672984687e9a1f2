//! `/organizations`: empty but valid.

use http::StatusCode;
use serde_json::json;

use crate::kit::Kit;

#[tokio::test]
async fn lists_are_empty_in_every_form_and_making_one_is_refused() {
    let kit = Kit::new().await;
    let keyset = kit.get("/organizations?take=50&include_totals=true").await;
    assert_eq!(keyset.json(), json!({"organizations": [], "total": 0}));
    let page = kit
        .get("/organizations?page=0&per_page=50&include_totals=true")
        .await;
    let page = page.json();
    assert_eq!(
        (&page["organizations"], &page["total"]),
        (&json!([]), &json!(0))
    );
    assert_eq!(kit.get("/organizations").await.json(), json!([]));
    let made = kit.post("/organizations", json!({"name": "acme"})).await;
    assert_eq!(made.status, StatusCode::FORBIDDEN);
    assert_eq!(made.json()["errorCode"], "operation_not_supported");
    assert!(made.json()["remedy"].is_string());
    for path in [
        "/organizations/org_0123456789abcdef",
        "/organizations/name/acme",
        "/organizations/org_0123456789abcdef/members?take=50",
        "/organizations/org_0123456789abcdef/connections",
    ] {
        let none = kit.get(path).await;
        assert_eq!(none.status, StatusCode::NOT_FOUND, "{path}");
        let body = none.json();
        assert_eq!(body["message"], "No organization found by that id or name");
        assert!(body.get("errorCode").is_none());
    }
}
