//! Which scopes and audiences are granted, as a table.

use serde_json::json;

use super::*;

fn application(grants: &[&str]) -> Application {
    let json = json!({"client_id": "app", "name": "App", "grant_types": grants});
    serde_json::from_value(json).unwrap()
}

fn api(change: serde_json::Value) -> Api {
    let mut json = json!({
        "id": "0123456789abcdef01234567",
        "identifier": "https://api.test/",
        "scopes": [{"value": "read"}, {"value": "write"}, {"value": "admin"}],
    });
    json.as_object_mut()
        .unwrap()
        .extend(change.as_object().unwrap().clone());
    serde_json::from_value(json).unwrap()
}

fn client_grant(scope: &[&str]) -> ClientGrant {
    serde_json::from_value(json!({
        "id": "cgr_1", "client_id": "app", "audience": "https://api.test/", "scope": scope,
    }))
    .unwrap()
}

fn scopes(text: &str) -> Scopes {
    Scopes::parse(text).unwrap()
}

struct Case<'a> {
    name: &'a str,
    api: Option<serde_json::Value>,
    grant: Option<&'a [&'a str]>,
    permissions: Option<&'a str>,
    requested: Option<&'a str>,
    expected: Result<(&'a str, Option<&'a str>), &'a str>,
}

fn run(case: &Case<'_>) {
    let app = application(&["refresh_token"]);
    let api = case.api.clone().map(api);
    let grant = case.grant.map(client_grant);
    let requested = case.requested.map(scopes);
    let permissions = case.permissions.map(scopes);
    let access = evaluate(AccessRequest {
        application: &app,
        api: api.as_ref().map(|api| (api, api.identifier.as_str())),
        client_grant: grant.as_ref(),
        requested: requested.as_ref(),
        subject: permissions
            .as_ref()
            .map_or(Subject::Application, Subject::User),
    });
    let actual = access
        .map(|a| (a.scope.to_string(), a.permissions.map(|p| p.to_string())))
        .map_err(|e| e.refusal.unwrap().code.into_owned());
    let expected = case
        .expected
        .map(|(scope, list)| (scope.to_owned(), list.map(ToOwned::to_owned)))
        .map_err(ToOwned::to_owned);
    assert_eq!(actual, expected, "{}", case.name);
}

const AUTHZ: &str = "rfc9068_profile_authz";

#[test]
fn oau_11_users_get_what_all_rules_allow() {
    let require =
        json!({"subject_type_authorization": {"user": {"policy": "require_client_grant"}}});
    let deny = json!({"subject_type_authorization": {"user": {"policy": "deny_all"}}});
    let rbac = json!({"enforce_policies": true, "token_dialect": AUTHZ});
    let user = |name, api: serde_json::Value, grant, permissions, expected| Case {
        name,
        api: Some(api),
        grant,
        permissions: Some(permissions),
        requested: Some("openid read unknown write offline_access"),
        expected,
    };
    let offline = json!({"allow_offline_access": true});
    let cases = [
        user(
            "undefined scopes are dropped",
            json!({}),
            None,
            "",
            Ok(("openid read write", None)),
        ),
        user(
            "the API allows offline",
            offline,
            None,
            "",
            Ok(("openid read write offline_access", None)),
        ),
        user(
            "policy without grant",
            require.clone(),
            None,
            "",
            Err("client_grant_missing"),
        ),
        user(
            "policy with grant",
            require,
            Some(&["write"]),
            "",
            Ok(("openid write", None)),
        ),
        user(
            "nobody",
            deny,
            Some(&["write"]),
            "",
            Err("client_grant_missing"),
        ),
        user(
            "RBAC without permissions",
            rbac.clone(),
            None,
            "",
            Ok(("openid", Some(""))),
        ),
        user(
            "RBAC lists all permissions, grants those asked for",
            rbac,
            None,
            "admin read gone",
            Ok(("openid read", Some("admin read"))),
        ),
    ];
    cases.iter().for_each(run);
}

#[test]
fn oau_11_without_an_api_only_standard_scopes_are_granted() {
    run(&Case {
        name: "user info only",
        api: None,
        grant: None,
        permissions: Some(""),
        requested: Some("openid read profile offline_access"),
        expected: Ok(("openid profile offline_access", None)),
    });
}

#[test]
fn oau_11_an_application_by_itself_gets_its_client_grant() {
    let machine = |name, api, grant, requested, expected| Case {
        name,
        api,
        grant,
        permissions: None,
        requested,
        expected,
    };
    let plain = Some(json!({}));
    let authz = Some(json!({"token_dialect": AUTHZ}));
    let deny = Some(json!({"subject_type_authorization": {"client": {"policy": "deny_all"}}}));
    let beyond = Err("scope_beyond_client_grant");
    let cases = [
        machine("no audience", None, None, None, Err("audience_missing")),
        machine(
            "no grant",
            plain.clone(),
            None,
            None,
            Err("client_grant_missing"),
        ),
        machine(
            "denied",
            deny,
            Some(&["read"]),
            None,
            Err("client_grant_missing"),
        ),
        machine(
            "all",
            plain.clone(),
            Some(&["read", "gone"]),
            None,
            Ok(("read", None)),
        ),
        machine(
            "some",
            authz,
            Some(&["read", "write"]),
            Some("write"),
            Ok(("write", Some("write"))),
        ),
        machine(
            "beyond",
            plain.clone(),
            Some(&["read"]),
            Some("read write"),
            beyond,
        ),
        machine("star", plain.clone(), Some(&["read"]), Some("*"), beyond),
        machine("openid", plain, Some(&["read"]), Some("openid"), beyond),
    ];
    cases.iter().for_each(run);
}

fn tenant(default_audience: Option<&str>) -> Tenant {
    serde_json::from_value(json!({
        "id": "default", "issuer": "http://localhost:4455/", "created_at": 0,
        "settings": {"default_audience": default_audience},
    }))
    .unwrap()
}

#[test]
fn audience_and_resource_are_synonyms() {
    let bare = tenant(None);
    let wanted = |a, r| Audience::wanted(a, r, &bare).map_err(|e| e.code);
    assert_eq!(wanted(None, None), Ok(Audience::UserInfo));
    assert_eq!(wanted(Some("x"), None), Ok(Audience::Api("x")));
    assert_eq!(wanted(None, Some("x")), Ok(Audience::Api("x")));
    assert_eq!(wanted(Some("x"), Some("x")), Ok(Audience::Api("x")));
    assert_eq!(wanted(Some("x"), Some("y")), Err(ErrorCode::InvalidRequest));
    assert_eq!(
        wanted(Some("http://localhost:4455/userinfo"), None),
        Ok(Audience::UserInfo)
    );
    let with = tenant(Some("d"));
    assert_eq!(
        Audience::wanted(None, None, &with).unwrap(),
        Audience::Api("d")
    );
    assert_eq!(
        Audience::wanted(Some("x"), None, &with).unwrap(),
        Audience::Api("x")
    );
}

#[test]
fn r11_a_former_identifier_works_for_its_period() {
    let api = api(json!({"aliases": [{"identifier": "old", "until": 1_000_000}]}));
    assert!(goes_by(
        &api,
        "https://api.test/",
        Timestamp::from_seconds(9)
    ));
    assert!(goes_by(&api, "old", Timestamp::default()));
    assert!(!goes_by(&api, "old", Timestamp::from_seconds(1)));
}

proptest::proptest! {
    #[test]
    fn oau_11_nothing_is_granted_that_was_not_asked_for(
        requested in "(openid |read |write |admin |other )*",
        permissions in "(read |write |admin |other )*",
        rbac: bool,
    ) {
        let app = application(&[]);
        let api = api(json!({"enforce_policies": rbac}));
        let (requested, permissions) = (scopes(&requested), scopes(&permissions));
        let access = evaluate(AccessRequest {
            application: &app,
            api: Some((&api, "https://api.test/")),
            client_grant: None,
            requested: Some(&requested),
            subject: Subject::User(&permissions),
        })
        .unwrap();
        proptest::prop_assert!(access.scope.is_subset(&requested));
        let held = |s: &str| !rbac || permissions.contains(s);
        let held = |s: &str| s == "openid" || (api.defines(s) && held(s));
        proptest::prop_assert!(access.scope.iter().all(held));
    }
}
