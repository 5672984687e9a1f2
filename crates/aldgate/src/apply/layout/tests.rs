//! Both layouts give back what was written, and refuse what leads astray.

use serde_json::json;

use super::*;

fn sections() -> Sections {
    serde_json::from_value(json!({
        "tenant": {"friendly_name": "A"},
        "clients": [{"name": "Shop / one", "custom_login_page": "<html>\n</html>"}],
        "clientGrants": [
            {"client_id": "Shop / one", "audience": "https://o/", "scope": ["read"]},
        ],
        "resourceServers": [{"identifier": "https://o/", "name": "Orders"}],
        "databases": [
            {"name": "Users", "options": {"customScripts": {"login": "function f() {}\n"}}},
        ],
        "emailProvider": {"name": "smtp"},
        "emailTemplates": [{"template": "verify_email", "body": "<p>\n", "enabled": true}],
        "branding": {
            "logo_url": "https://l/",
            "templates": [{"template": "universal_login", "body": "<html>{%- auth0:head -%}\n"}],
        },
        "prompts": {
            "identifier_first": false,
            "customText": {"en": {"login": {"login": {"title": "Hi"}}}},
        },
        "attackProtection": {"captcha": {"policy": "off"}},
        "guardianPolicies": {"policies": []},
        "guardianFactors": [{"name": "otp", "enabled": true}],
    }))
    .unwrap()
}

fn none(_: &str) -> Option<String> {
    None
}

fn read_back(path: &Path) -> Result<Read> {
    read(path, Keywords::load(None, &none).unwrap())
}

#[test]
fn a_directory_gives_back_what_was_written() {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), &sections()).unwrap();
    let page = directory
        .path()
        .join("clients/Shop - one_custom_login_page.html");
    assert!(page.is_file());
    assert!(
        directory
            .path()
            .join("grants/Shop - one-Orders.json")
            .is_file()
    );
    assert!(
        directory
            .path()
            .join("database-connections/Users/login.js")
            .is_file()
    );
    assert_eq!(read_back(directory.path()).unwrap().sections, sections());
    // What is gone is gone from the files as well.
    let mut fewer = sections();
    fewer.insert("clients".into(), json!([]));
    write(directory.path(), &fewer).unwrap();
    assert_eq!(read_back(directory.path()).unwrap().sections, fewer);
}

#[test]
fn a_yaml_file_gives_back_what_was_written() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("tenant.yaml");
    write(&file, &sections()).unwrap();
    assert!(
        directory
            .path()
            .join("emailTemplates/verify_email.html")
            .is_file()
    );
    assert_eq!(read_back(&file).unwrap().sections, sections());
    assert_eq!(read_back(directory.path()).unwrap().sections, sections());
}

#[test]
fn a_reference_must_not_lead_out_of_the_directory() {
    let outer = tempfile::tempdir().unwrap();
    std::fs::write(outer.path().join("secret"), "s").unwrap();
    let inner = outer.path().join("inner");
    std::fs::create_dir(&inner).unwrap();
    let file = inner.join("tenant.yaml");
    std::fs::write(&file, "clients: [{name: A, custom_login_page: ../secret}]").unwrap();
    let told = format!("{:#}", read_back(&file).unwrap_err());
    assert!(told.contains("leads out of"), "{told}");
    std::fs::write(
        &file,
        "clients: [{name: A, custom_login_page: ./nowhere.html}]",
    )
    .unwrap();
    let told = format!("{:#}", read_back(&file).unwrap_err());
    assert!(told.contains("is not there"), "{told}");
}

#[test]
fn what_is_no_configuration_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    assert!(read_back(directory.path()).is_err());
    let file = directory.path().join("a.yaml");
    for text in ["- a", "a: ["] {
        std::fs::write(&file, text).unwrap();
        assert!(read_back(&file).is_err(), "{text}");
    }
}
