//! Redirect URIs: the variants that must not pass, and the rules of registration.

use proptest::prelude::*;

use super::*;

fn application(app_type: AppType, callbacks: &[&str]) -> Application {
    let json = serde_json::json!({
        "client_id": "abc", "name": "A", "app_type": app_type, "callbacks": callbacks,
    });
    serde_json::from_value(json).unwrap()
}

const REGISTERED: [&str; 3] = [
    "https://rp.test/cb",
    "https://rp.test/cb2?x=1",
    "http://127.0.0.1/cb",
];

#[test]
fn oau_01_every_other_spelling_is_another_address() {
    let web = application(AppType::RegularWeb, &REGISTERED);
    let native = application(AppType::Native, &REGISTERED);
    let variants = [
        "https://rp.test.evil.test/cb",
        "https://evil-rp.test/cb",
        "https://rp.test/cb/extra",
        "https://rp.test/cb/",
        "https://rp.test/cb/../cb",
        "https://rp.test/cb/..;/",
        "https://rp.test/%63b",
        "https://rp.test/%2563b",
        "https://rp.test@evil.test/cb",
        "https://evil.test@rp.test/cb",
        "https://rp.test:443/cb",
        "https://rp.test:8443/cb",
        "https://rp.test/cb?x=1",
        "https://rp.test/cb?",
        "https://rp.test/cb#",
        "https://rp.test/cb#frag",
        "https://rp.test/CB",
        "https://RP.test/cb",
        "HTTPS://rp.test/cb",
        "http://rp.test/cb",
        "https://rp.test//cb",
        "https:/rp.test/cb",
        "https:\\\\rp.test/cb",
        "//rp.test/cb",
        "https://rp.test/cb2",
        "https://rp.test/cb2?x=1&y=2",
        "https://rp.test/cb2?y=2&x=1",
        "https://rp.test/cb2?x=2",
        " https://rp.test/cb",
        "https://rp.test/cb\n",
        "https://rp.test/cb\0",
        "https://*.test/cb",
        "javascript:alert(1)",
        "",
        "http://127.0.0.1@evil.test/cb",
        "http://127.0.0.1:@evil.test/cb",
        "http://127.0.0.1:80@evil.test/cb",
        "http://127.0.0.1.evil.test/cb",
        "http://127.0.0.1:54321/cb/x",
        "http://127.0.0.1:54321/cb?x",
        "http://127.0.0.1:0/cb",
        "http://127.0.0.1:99999/cb",
        "http://127.0.0.1:/cb",
        "http://127.0.0.1:1e3/cb",
        "http://[::1]:54321/cb",
        "http://localhost:54321/cb",
        "https://127.0.0.1:54321/cb",
    ];
    for uri in variants {
        for app in [&web, &native] {
            let refusal = CheckedRedirect::assertion(app, Some(uri), true).unwrap_err();
            assert_eq!(refusal.code, "redirect_uri_mismatch", "{uri}");
        }
    }
    for uri in REGISTERED {
        assert!(
            is_registered(&web, uri) && is_registered(&native, uri),
            "{uri}"
        );
    }
}

#[test]
fn oau_01_only_the_port_of_a_loopback_literal_floats_and_only_for_native() {
    let web = application(AppType::RegularWeb, &REGISTERED);
    let native = application(AppType::Native, &REGISTERED);
    let sent = "http://127.0.0.1:54321/cb";
    assert!(!is_registered(&web, sent));
    let checked = CheckedRedirect::assertion(&native, Some(sent), true).unwrap();
    assert_eq!(checked.as_sent(), Some(sent));
    let six = application(AppType::Native, &["http://[::1]:1/cb"]);
    assert!(is_registered(&six, "http://[::1]:65535/cb") && is_registered(&six, "http://[::1]/cb"));
    let name = application(AppType::Native, &["http://localhost/cb"]);
    assert!(!is_registered(&name, "http://localhost:3000/cb"));
}

#[test]
fn r3_redirect_uri_may_be_left_out_only_without_openid_and_with_one_registered() {
    let one = application(AppType::RegularWeb, &["https://rp.test/cb"]);
    let checked = CheckedRedirect::assertion(&one, None, false).unwrap();
    assert_eq!(
        (checked.as_str(), checked.as_sent()),
        ("https://rp.test/cb", None)
    );
    let many = application(AppType::RegularWeb, &REGISTERED);
    let none = application(AppType::RegularWeb, &[]);
    for (app, openid) in [(&one, true), (&many, false), (&none, false)] {
        let refusal = CheckedRedirect::assertion(app, None, openid).unwrap_err();
        assert_eq!(refusal.code, "redirect_uri_missing");
    }
}

#[test]
fn oau_01_registration_refuses_what_could_harm() {
    let bad = [
        "https://a.test/cb#x",
        "https://u@a.test/cb",
        "https://u:p@a.test/cb",
        "https://@a.test/cb",
        "http://a.example/cb",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "https://*.a.test/cb",
        "https://a.test\\@b.test/",
        "https://a.test/ö",
        "https://a%2etest/",
        "https://",
        "/relative",
        "a.test",
        "",
        "https://a.test/\n",
    ];
    for uri in bad {
        assert!(check_callback(uri).is_err(), "{uri}");
    }
    let good = [
        "https://a.test/cb?x=1",
        "http://localhost:3000/cb",
        "http://127.0.0.1/cb",
        "http://[::1]:8080/",
        "com.example.app:/cb",
        "com.example.app://id.example/ios/com.example.app/callback",
        "https://a.test",
    ];
    for uri in good {
        assert_eq!(check_callback(uri), Ok(()), "{uri}");
    }
    assert!(check_callback(&format!("https://a.test/{}", "x".repeat(2048))).is_err());
    assert_eq!(check_logout_url("https://a.test/#/bye"), Ok(()));
}

#[test]
fn an_origin_is_scheme_host_and_port() {
    let good = [
        "https://a.test",
        "http://localhost:3000",
        "https://a.test/",
        "ionic://localhost",
    ];
    for good in good {
        assert_eq!(check_origin(good), Ok(()), "{good}");
    }
    for bad in [
        "https://a.test/x",
        "https://a.test:443",
        "https://A.test",
        "null",
        "app:/",
    ] {
        assert!(check_origin(bad).is_err(), "{bad}");
    }
    assert_eq!(
        web_origin("https://a.test:8443/cb?x").as_deref(),
        Some("https://a.test:8443")
    );
    assert_eq!(web_origin("com.example.app:/cb"), None);
}

proptest! {
    #[test]
    fn oau_01_what_is_accepted_was_registered(uri in "[ -~]{0,60}", native: bool) {
        let kind = if native { AppType::Native } else { AppType::Spa };
        let app = application(kind, &REGISTERED);
        if is_registered(&app, &uri) {
            prop_assert!(
                REGISTERED.contains(&uri.as_str())
                    || native && uri.starts_with("http://127.0.0.1:") && uri.ends_with("/cb")
            );
        }
    }

    #[test]
    fn oau_01_any_port_of_the_loopback_literal_is_the_same_address(port in 1_u16..) {
        let app = application(AppType::Native, &REGISTERED);
        let sent = format!("http://127.0.0.1:{port}/cb");
        prop_assert!(is_registered(&app, &sent));
    }
}
