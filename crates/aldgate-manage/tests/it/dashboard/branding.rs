//! The pages of the look and the texts of the login pages.

use aldgate_test::{Browser, Reply};
use http::StatusCode;

use super::desk::{Desk, Person};

/// The addresses of the frames on the page that somebody sees.
fn frames(page: &str) -> Vec<String> {
    let page = page.replace("&#x2f;", "/").replace("&amp;", "&");
    let frames = page.split("<iframe").skip(1);
    frames
        .filter_map(|frame| {
            frame
                .split(" src=\"")
                .nth(1)?
                .split('"')
                .next()
                .map(str::to_owned)
        })
        .collect()
}

/// Opens a frame.
async fn open(desk: &Desk, browser: &mut Browser<'_>, frame: &str) -> Reply {
    let page = browser
        .get(&desk.server.url(frame.trim_start_matches('/')))
        .await;
    assert_eq!(page.status, StatusCode::OK, "{frame}");
    let csp = page
        .header("content-security-policy")
        .unwrap_or_default()
        .to_owned();
    assert!(
        csp.contains("frame-ancestors 'self'") && csp.contains("form-action 'none'"),
        "{csp}"
    );
    assert!(!csp.contains("unsafe"), "{csp}");
    page
}

/// The login page of the tenant, as people meet it.
async fn login_page(desk: &Desk) -> Reply {
    let mut browser = desk.server.browser();
    browser.get(&desk.server.url("dashboard/")).await
}

const LOOK: [(&str, &str); 6] = [
    ("colors.primary", "#635dff"),
    ("gradient.start", "#102030"),
    ("gradient.end", "#405060"),
    ("gradient.angle_deg", "35"),
    ("favicon_url", "https://orchard.test/icon.png"),
    ("font.url", "https://fonts.test/orchard.woff2"),
];

#[tokio::test]
async fn a_look_is_previewed_and_saved() {
    let desk = Desk::new().await;
    let mut admin = desk.admin().await;
    admin.see("/branding").await;
    let mut draft = LOOK.to_vec();
    draft.push(("preview", "1"));
    let page = admin.send("/branding", &draft).await;
    assert_eq!(page.status, StatusCode::OK);
    let frames = frames(&page.text());
    assert_eq!(frames.len(), 2, "{}", page.text());
    let night = open(&desk, &mut admin.browser, &frames[1]).await;
    assert!(night.text().contains("data-scheme=\"dark\"") && night.text().contains("p635dff"));
    let shown = night.header("content-security-policy").unwrap_or_default();
    assert!(shown.contains("font-src https://fonts.test;"), "{shown}");
    // Nothing was saved by looking.
    assert!(!login_page(&desk).await.text().contains("p635dff"));

    admin.see("/branding").await;
    let page = admin.send("/branding", &LOOK).await;
    assert!(
        page.text().contains("The look was saved."),
        "{}",
        page.text()
    );
    let login = login_page(&desk).await;
    let text = login.text();
    assert!(text.contains("p635dff-g102030.405060.35"), "{text}");
    assert!(
        text.replace("&#x2f;", "/")
            .contains("href=\"https://orchard.test/icon.png\"")
    );
    let csp = login.header("content-security-policy").unwrap_or_default();
    assert!(
        csp.contains("font-src https://fonts.test;") && !csp.contains("unsafe"),
        "{csp}"
    );
    // What is emptied is Aldgate's own again.
    let none = LOOK.map(|(name, _)| (name, ""));
    admin.see("/branding").await;
    admin.send("/branding", &none).await;
    assert!(!login_page(&desk).await.text().contains("brand-"));
}

#[tokio::test]
async fn web_02_what_is_no_colour_is_marked_and_kept() {
    let desk = Desk::new().await;
    let mut admin = desk.admin().await;
    admin.see("/branding").await;
    let wrong = [
        ("colors.primary", "red;}body{display:none"),
        ("gradient.start", "#102030"),
        ("logo_url", "https://kept.test/logo.png"),
    ];
    let page = admin.send("/branding", &wrong).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    let text = page.text();
    assert!(text.contains("id=\"colors-primary-problem\""), "{text}");
    assert!(text.contains("id=\"gradient-end-problem\""), "{text}");
    assert!(text.contains("kept.test"));
    for frame in frames(&text) {
        let shown = open(&desk, &mut admin.browser, &frame).await.text();
        assert!(!shown.contains("display:none"), "{shown}");
    }
    admin.see("/branding").await;
    let page = admin
        .send(
            "/branding",
            &[
                ("colors.primary", ""),
                ("gradient.start", ""),
                ("logo_url", "ftp://x/y"),
            ],
        )
        .await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    assert!(
        page.text().contains("id=\"logo_url-problem\""),
        "{}",
        page.text()
    );
}

async fn german(admin: &mut Person<'_>) -> String {
    admin.see("/branding/texts?prompt=login&language=de").await
}

#[tokio::test]
async fn texts_are_written_for_one_page_and_language() {
    let desk = Desk::new().await;
    let mut admin = desk.admin().await;
    let text = german(&mut admin).await;
    assert!(
        text.contains("lang=\"de\"") && text.contains("Anmelden"),
        "{text}"
    );
    let own = [
        ("text.login.title", "Willkommen im Garten"),
        ("preview", "1"),
    ];
    let page = admin.send("/branding/texts", &own).await;
    let frames = frames(&page.text());
    let shown = open(&desk, &mut admin.browser, &frames[0]).await.text();
    assert!(
        shown.contains("Willkommen im Garten") && shown.contains("lang=\"de\""),
        "{shown}"
    );
    german(&mut admin).await;
    let page = admin.send("/branding/texts", &[own[0]]).await;
    assert!(
        page.text().contains("The texts were saved."),
        "{}",
        page.text()
    );
    assert!(page.text().contains("value=\"Willkommen im Garten\""));
    let stored = "/dashboard/branding/preview?scheme=light&prompt=login&language=de";
    let shown = open(&desk, &mut admin.browser, stored).await.text();
    assert!(shown.contains("Willkommen im Garten"), "{shown}");
    let english = stored.replace("=de", "=en");
    let shown = open(&desk, &mut admin.browser, &english).await.text();
    assert!(!shown.contains("Willkommen"), "{shown}");
    // Too long is refused in words; the input is still there.
    german(&mut admin).await;
    let long = "x".repeat(2001);
    let page = admin
        .send("/branding/texts", &[("text.login.title", &long)])
        .await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    assert!(page.text().contains("2000 characters") && page.text().contains(&long));
    // Each screen of a prompt can be looked at.
    for (screen, needle) in [
        ("reset-password-request", "<form"),
        ("reset-password-success", "changed"),
    ] {
        let frame = format!(
            "/dashboard/branding/preview?scheme=light&prompt=reset-password&screen={screen}"
        );
        let shown = open(&desk, &mut admin.browser, &frame).await.text();
        assert!(shown.contains(needle), "{screen}: {shown}");
    }
}

#[tokio::test]
async fn a_theme_of_auth0s_tools_comes_first_until_it_is_deleted() {
    let desk = Desk::new().await;
    let mut admin = desk.admin().await;
    assert!(
        admin
            .see("/branding/theme")
            .await
            .contains("There is no theme.")
    );
    let theme = serde_json::json!({
        "themeId": "0123456789abcdef", "displayName": "Imported", "borders": {}, "fonts": {},
        "colors": {"primary_button": "#aa0000"}, "page_background": {}, "widget": {},
    });
    let now = desk.server.now();
    desk.write(move |tx| tx.settings().save("branding_theme", "", &theme, now))
        .await;
    assert!(admin.see("/branding").await.contains("comes first"));
    let text = admin.see("/branding/theme").await;
    assert!(text.contains("#aa0000"), "{text}");
    let change = [
        ("colors.primary_button", "#00aa00"),
        ("widget.logo_url", "https://orchard.test/l.png"),
    ];
    let page = admin.send("/branding/theme", &change).await;
    assert!(
        page.text().contains("The theme was saved."),
        "{}",
        page.text()
    );
    assert!(login_page(&desk).await.text().contains("p00aa00"));
    admin.see("/branding/theme/delete").await;
    let page = admin.send("/branding/theme/delete", &[]).await;
    assert!(
        page.text().contains("The theme was deleted."),
        "{}",
        page.text()
    );
}

#[tokio::test]
async fn adm_01_who_may_only_read_the_branding_may_look_but_not_save() {
    let desk = Desk::new().await;
    let mut ada = desk.with_scopes(&["read:branding"]).await;
    let text = ada.see("/branding").await;
    assert!(
        !text.contains(">Save<") && text.contains(">Preview<"),
        "{text}"
    );
    let page = ada
        .send(
            "/branding",
            &[("colors.primary", "#635dff"), ("preview", "1")],
        )
        .await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text());
    let page = ada
        .send("/branding", &[("colors.primary", "#635dff")])
        .await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert!(page.text().contains("update:branding"), "{}", page.text());
}
