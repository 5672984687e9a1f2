//! What may be written to a user, and what may not.

use serde_json::json;

use super::*;

const NOW: Timestamp = Timestamp::from_seconds(500);

fn body(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap()
}

fn ann() -> User {
    let user = json!({"user_id": "auth0|1", "email": "ann@x.org", "email_verified": true,
        "name": "Ann", "user_metadata": {"a": 1, "b": {"c": 2}}});
    serde_json::from_value(user).unwrap()
}

fn patched(change: Value) -> Result<User, Refusal> {
    UserPatch::read(body(change))?.apply(&ann(), None, NOW)
}

#[test]
fn metadata_merges_on_its_first_level() {
    let after = patched(json!({"user_metadata": {"a": null, "b": {"d": 3}}})).unwrap();
    assert_eq!(Value::from(after.user_metadata), json!({"b": {"d": 3}}));
    assert!(
        patched(json!({"user_metadata": {}}))
            .unwrap()
            .user_metadata
            .is_empty()
    );
    assert!(
        patched(json!({"user_metadata": null}))
            .unwrap()
            .user_metadata
            .is_empty()
    );
}

#[test]
fn another_address_is_not_verified_unless_said() {
    let after = patched(json!({"email": "ann@y.org"})).unwrap();
    assert!(!after.email_verified);
    let after = patched(json!({"email": "ANN@x.org"})).unwrap();
    assert!(after.email_verified, "the same address in another case");
    let after = patched(json!({"email": "ann@y.org", "email_verified": true})).unwrap();
    assert!(after.email_verified && after.updated_at == NOW);
}

#[test]
fn adm_03_what_is_not_listed_is_refused() {
    for bad in [
        json!({"identities": []}),
        json!({"user_id": "auth0|2"}),
        json!({"created_at": "2026-01-01T00:00:00Z"}),
        json!({"logins_count": 5}),
        json!({"roles": ["rol_1"]}),
        json!({"email": "a@b.co", "password": "x"}),
        json!({"username": "a", "password": "x"}),
        json!({"blocked": "yes"}),
        json!({"email": null}),
        json!({"email": "no address"}),
        json!({"picture": "javascript:x"}),
        json!({"app_metadata": {"email": "x"}}),
        json!({"app_metadata": {"x": "y".repeat(40_000)}}),
        json!({"app_metadata": []}),
        json!({"user_metadata": {"a": [[[[[[[[[[[[1]]]]]]]]]]]]}}),
    ] {
        assert!(patched(bad.clone()).is_err(), "{bad}");
    }
}

#[test]
fn a_new_user_needs_a_connection() {
    assert!(NewUser::read(body(json!({"email": "a@b.co"}))).is_err());
    let new = json!({"connection": "db", "email": "a@b.co", "blocked": true, "password": "p"});
    let new = NewUser::read(body(new)).unwrap();
    assert!(new.draft.blocked && new.password.is_some() && new.verify_email.is_none());
}
