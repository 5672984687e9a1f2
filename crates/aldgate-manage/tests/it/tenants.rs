//! `/tenants/settings`, `/branding`, `/prompts`: what they set is what the house does.

use aldgate_core::session::Lifetimes;
use aldgate_core::time::Seconds;
use http::{HeaderMap, Method, StatusCode};
use serde_json::{Value, json};

use crate::kit::Kit;

#[tokio::test]
async fn tenant_settings_are_stored_shown_and_acted_on() {
    let kit = Kit::new().await;
    let before = kit.get("/tenants/settings").await.json();
    assert_eq!(before["session_lifetime"], 168);
    let changed = kit
        .patch(
            "/tenants/settings",
            json!({
                "friendly_name": "Orchard",
                "session_lifetime_in_minutes": 90,
                "default_audience": "https://api.test/",
                "flags": {"enable_public_signup_user_exists_error": true, "enable_sso": true},
                "session_cookie": {"mode": "non-persistent"},
                "change_password": {"enabled": false, "html": ""},
            }),
        )
        .await;
    assert_eq!(changed.status, StatusCode::OK, "{changed:?}");
    let shown = kit.get("/tenants/settings").await.json();
    assert_eq!(shown, changed.json());
    assert_eq!(shown["session_lifetime"], 1.5);
    assert_eq!(shown["flags"]["enable_sso"], true);
    let tenant = kit.server.app.tenant(&kit.server.tenant.id).await;
    let settings = &tenant.expect("found").expect("a tenant").settings;
    assert_eq!(Lifetimes::of(settings).absolute, Seconds::minutes(90));
    assert!(!Lifetimes::of(settings).persistent);
    assert!(settings.enable_public_signup_user_exists_error);
    assert_eq!(
        settings.default_audience.as_deref(),
        Some("https://api.test/")
    );
    let chosen = kit
        .get("/tenants/settings?fields=friendly_name")
        .await
        .json();
    assert_eq!(chosen, json!({"friendly_name": "Orchard"}));
    for bad in [
        json!({"nothing": 1}),
        json!({"session_lifetime": -1}),
        json!([]),
    ] {
        let refused = kit.patch("/tenants/settings", bad).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        assert_eq!(refused.json()["errorCode"], "invalid_body");
    }
}

#[tokio::test]
async fn branding_and_theme_show_on_the_pages() {
    let kit = Kit::new().await;
    assert_eq!(kit.get("/branding").await.json(), json!({}));
    let branding = json!({
        "colors": {"primary": "#123456", "page_background": "#ffffff"},
        "logo_url": "https://cdn.test/logo.png",
    });
    let changed = kit.patch("/branding", branding.clone()).await;
    assert_eq!(changed.json(), branding, "{changed:?}");
    let brand = brand(&kit).await;
    assert!(brand.contains("brand-p123456-bffffff.css"), "{brand}");
    assert!(brand.contains("https://cdn.test/logo.png"), "{brand}");
    let refused = kit
        .patch("/branding", json!({"colors": {"primary": "red}"}}))
        .await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);

    let none = kit.get("/branding/themes/default").await;
    assert_eq!(none.json()["errorCode"], "theme_not_found");
    let theme = json!({
        "borders": {}, "fonts": {}, "widget": {},
        "colors": {"primary_button": "#abcdef"},
        "page_background": {"background_color": "#000000"},
    });
    let made = kit.post("/branding/themes", theme).await;
    assert_eq!(made.status, StatusCode::OK, "{made:?}");
    let id = made.json()["themeId"].as_str().expect("an id").to_owned();
    assert!(
        self::brand(&kit)
            .await
            .contains("brand-pabcdef-b000000.css")
    );
    let path = format!("/branding/themes/{id}");
    assert_eq!(kit.get(&path).await.json()["themeId"], json!(id));
    assert_eq!(kit.delete(&path).await.status, StatusCode::NO_CONTENT);
    assert_eq!(kit.get(&path).await.status, StatusCode::NOT_FOUND);
}

async fn brand(kit: &Kit) -> String {
    let (app, tenant) = (&kit.server.app, &kit.server.tenant);
    let chrome = app.chrome(tenant, &HeaderMap::new(), "en").await;
    serde_json::to_string(&*chrome.brand).expect("JSON")
}

#[tokio::test]
async fn the_template_of_the_login_pages_is_kept() {
    let kit = Kit::new().await;
    let path = "/branding/templates/universal-login";
    let none = kit.get(path).await;
    let code = "inexistent_templates_universal_login";
    assert_eq!(none.json()["errorCode"], code);
    let template = "<html><head>{%- auth0:head -%}</head><body>{%- auth0:widget -%}</body></html>";
    let body = json!({"template": template});
    for expected in [StatusCode::CREATED, StatusCode::NO_CONTENT] {
        assert_eq!(kit.call(Method::PUT, path, &body).await.status, expected);
    }
    assert_eq!(kit.get(path).await.json()["body"], template);
    let bad = json!({"template": "<html></html>"});
    let refused = kit.call(Method::PUT, path, &bad).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert_eq!(kit.delete(path).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn custom_texts_reach_the_pages_of_their_language() {
    let kit = Kit::new().await;
    let path = "/prompts/login/custom-text/de";
    assert_eq!(kit.get(path).await.json(), json!({}));
    let texts = json!({"login": {"title": "Willkommen bei ${companyName}"}});
    let saved = kit.call(Method::PUT, path, &texts).await;
    assert_eq!((saved.status, saved.json()), (StatusCode::OK, texts));
    let locales = json!({"enabled_locales": ["en", "de"]});
    kit.patch("/tenants/settings", locales).await;
    let app = &kit.server.app;
    let tenant = app.tenant(&kit.server.tenant.id).await;
    let tenant = tenant.expect("found").expect("a tenant");
    for (language, expected) in [("de", Some("Willkommen bei {tenant}")), ("en", None)] {
        let chrome = app.chrome(&tenant, &HeaderMap::new(), language).await;
        let own = chrome.overrides.get(language);
        let title = own.and_then(|texts| texts.get("login.title"));
        assert_eq!(title.map(String::as_str), expected, "{language}");
    }
    for bad in [
        "/prompts/nothing/custom-text/de",
        "/prompts/login/custom-text/x",
    ] {
        assert_eq!(
            kit.get(bad).await.json()["errorCode"],
            "invalid_uri",
            "{bad}"
        );
    }
    let wrong = kit.call(Method::PUT, path, &json!({"login": "x"})).await;
    assert_eq!(wrong.json()["errorCode"], "invalid_body");
}

#[tokio::test]
async fn prompts_and_partials_are_kept() {
    let kit = Kit::new().await;
    let changed = kit
        .patch("/prompts", json!({"identifier_first": true}))
        .await;
    assert_eq!(changed.json()["identifier_first"], true);
    assert_eq!(changed.json()["universal_login_experience"], "new");
    let partials = json!({"login": {"form-content-start": "<b>x</b>"}});
    let path = "/prompts/login/partials";
    assert_eq!(kit.get(path).await.json(), json!({}));
    let saved = kit.call(Method::PUT, path, &partials).await;
    assert_eq!(saved.json(), partials);
    let rendering = kit
        .get("/prompts/rendering?include_totals=true")
        .await
        .json();
    assert_eq!(rendering["configs"], Value::Array(Vec::new()));
}
