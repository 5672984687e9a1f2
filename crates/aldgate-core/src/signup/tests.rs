//! What a sign-up may and may not say.

use super::*;
use crate::random::tests::Counting;

const NOW: Timestamp = Timestamp::from_seconds(1_000);
const PICTURES: &str = "http://localhost:4455/avatars/";

fn connection(options: Value) -> Connection {
    let options = options.as_object().cloned().unwrap_or_default();
    let json = serde_json::json!({
        "id": "con_1", "name": "db", "strategy": "auth0", "options": options,
    });
    serde_json::from_value(json).unwrap()
}

fn sign_up(body: Value, options: Value) -> Result<User, RefusedField> {
    let body = body.as_object().unwrap().clone();
    let connection = connection(options);
    Draft::public(&body)?.into_user(&connection, PICTURES, NOW, &mut Counting(1))
}

#[test]
fn a_user_has_defaults_for_what_she_did_not_say() {
    let user = sign_up(
        serde_json::json!({"email": " Ann.B@example.com "}),
        Value::Null,
    );
    let user = user.unwrap();
    assert_eq!(user.email.as_deref(), Some("Ann.B@example.com"));
    assert_eq!(user.profile.name.as_deref(), Some("Ann.B@example.com"));
    assert_eq!(user.profile.nickname.as_deref(), Some("Ann.B"));
    let picture = "http://localhost:4455/avatars/an.svg";
    assert_eq!(user.profile.picture.as_deref(), Some(picture));
    assert_eq!(user.identities[0].user_id, user.id.subject());
    assert_eq!(user.id.subject().len(), 24);
}

#[test]
fn adm_03_a_public_sign_up_sets_no_privileged_field() {
    let body = serde_json::json!({
        "email": "a@example.com", "email_verified": true, "phone_verified": true,
        "blocked": true, "app_metadata": {"role": "admin"}, "user_id": "1", "subject": "1",
        "identities": [{"provider": "google-oauth2"}], "logins_count": 7,
        "created_at": "2000-01-01T00:00:00Z", "tenant": "other", "roles": ["rol_1"],
        "user_metadata": {"colour": "green"}, "given_name": "Ann",
    });
    let user = sign_up(body, Value::Null).unwrap();
    let plain = serde_json::json!({
        "email": "a@example.com", "user_metadata": {"colour": "green"}, "given_name": "Ann",
    });
    assert_eq!(user, sign_up(plain, Value::Null).unwrap());
    assert!(!user.email_verified && user.app_metadata.is_empty());
}

#[test]
fn addresses_are_read_strictly() {
    for good in [
        "a@b.co",
        "A.b+c@Example.com",
        "grüße@bücher.example",
        "o'neil@x-y.example",
    ] {
        assert!(email(good).is_ok(), "{good}");
    }
    let long = format!("{}@example.com", "x".repeat(65));
    let bad = [
        "",
        "a",
        "@b.co",
        "a@",
        "a@b",
        "a b@c.de",
        "a@b@c.de",
        "a@b..co",
        "a@-b.co",
        "a@[::1]",
        "a@127.0.0.1",
        "a\r\nBcc: x@b.co",
        "a@b.co\u{200b}",
        "\u{202e}a@b.co",
        "<a@b.co>",
        &long,
        "a@b.co,c@d.ef",
        "a@b_c.de",
    ];
    for bad in bad {
        assert!(email(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn usernames_belong_only_where_the_connection_wants_them() {
    let body = |name: Value| serde_json::json!({"email": "a@b.co", "username": name});
    let with = || serde_json::json!({"requires_username": true});
    let field = |result: Result<User, RefusedField>| result.map_err(|refused| refused.field);
    assert!(sign_up(body("ann".into()), with()).is_ok());
    assert_eq!(field(sign_up(body(Value::Null), with())), Err("username"));
    assert_eq!(
        field(sign_up(body("ann".into()), Value::Null)),
        Err("username")
    );
    // ACC-10: neither an address nor a number, which could be somebody's.
    for bad in [
        "ann@b.co",
        "a b",
        "sixteen-letters-x",
        "änn",
        "a|b",
        "+491512345678",
    ] {
        assert_eq!(
            field(sign_up(body(bad.into()), with())),
            Err("username"),
            "{bad}"
        );
    }
    let longer = serde_json::json!({
        "requires_username": true, "validation": {"username": {"min": 3, "max": 30}},
    });
    assert!(sign_up(body("sixteen-letters-x".into()), longer.clone()).is_ok());
    assert!(sign_up(body("xy".into()), longer).is_err());
}

#[test]
fn attributes_say_which_names_are_asked_of_whom() {
    let active = |status: &str, required: bool| {
        serde_json::json!({"identifier": {"active": true}, "profile_required": required,
            "signup": {"status": status}})
    };
    let options = || {
        serde_json::json!({"attributes": {
            "username": active("required", true), "phone_number": active("optional", false),
            "email": active("inactive", false)}})
    };
    let field = |body: Value| sign_up(body, options()).map_err(|refused| refused.field);
    assert!(field(serde_json::json!({"username": "ann"})).is_ok());
    let both = serde_json::json!({"username": "ann", "phone_number": "+491512345678"});
    assert!(field(both).is_ok());
    assert_eq!(field(serde_json::json!({})), Err("username"));
    let inactive = serde_json::json!({"username": "ann", "email": "a@b.co"});
    assert_eq!(field(inactive), Err("email"));
    // Administrators may give what she is not asked; somebody has to be able to log in.
    let connection: Connection = serde_json::from_value(serde_json::json!({
        "id": "con_1", "name": "u", "strategy": "auth0", "options": {"attributes": {
            "email": {"identifier": {"active": true}, "signup": {"status": "inactive"}},
            "username": {"signup": {"status": "optional"}}}}}))
    .unwrap();
    let make = |email: Option<&str>, username: Option<&str>| {
        let draft = Draft {
            email: email.map(str::to_owned),
            username: username.map(str::to_owned),
            ..Draft::default()
        };
        let now = Timestamp::from_seconds(1);
        let made = draft.into_user(&connection, "/", now, &mut Counting(1));
        made.map(drop).map_err(|refused| refused.field)
    };
    assert_eq!(make(Some("a@b.co"), Some("ann")), Ok(()));
    assert_eq!(make(None, Some("ann")), Err("email"));
}

#[test]
fn metadata_and_other_fields_are_bounded() {
    let with = |field: &str, value: Value| {
        let body = serde_json::json!({"email": "a@b.co", field: value});
        sign_up(body, Value::Null)
            .map(drop)
            .map_err(|refused| refused.field)
    };
    let metadata = |count: usize, length: usize| -> Value {
        (0..count)
            .map(|n| (format!("k{n}"), Value::from("x".repeat(length))))
            .collect()
    };
    assert_eq!(with("user_metadata", metadata(10, 500)), Ok(()));
    assert_eq!(with("user_metadata", metadata(11, 5)), Err("user_metadata"));
    assert_eq!(
        with("user_metadata", metadata(1, 501)),
        Err("user_metadata")
    );
    assert_eq!(
        with("user_metadata", serde_json::json!({"a": {}})),
        Err("user_metadata")
    );
    assert_eq!(
        with("user_metadata", serde_json::json!([])),
        Err("user_metadata")
    );
    assert_eq!(with("name", Value::from("x".repeat(301))), Err("name"));
    assert_eq!(with("given_name", Value::from("a\r\nb")), Err("given_name"));
    assert_eq!(with("given_name", Value::from(7)), Err("given_name"));
    assert_eq!(
        with("picture", Value::from("javascript:alert(1)")),
        Err("picture")
    );
    assert_eq!(
        with("picture", Value::from("https://a.example/x.png")),
        Ok(())
    );
    assert_eq!(with("phone_number", Value::from("+4915112345678")), Ok(()));
    assert_eq!(
        with("phone_number", Value::from("0151 1234")),
        Err("phone_number")
    );
}

#[test]
fn an_imported_id_is_kept_and_checked() {
    let draft = |subject: &str| Draft {
        subject: Some(subject.into()),
        email: Some("a@b.co".into()),
        ..Draft::default()
    };
    let make =
        |subject| draft(subject).into_user(&connection(Value::Null), "", NOW, &mut Counting(1));
    assert_eq!(make("legacy-7").unwrap().id.as_str(), "auth0|legacy-7");
    for bad in ["", "a|b", "a b", "ä", &"x".repeat(201)] {
        assert!(make(bad).is_err(), "{bad:?}");
    }
}
