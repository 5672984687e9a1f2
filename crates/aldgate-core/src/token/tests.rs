//! The claims of every kind of token, as tables (OID-01).

use serde_json::json;

use super::*;
use crate::random::tests::Counting;

fn issuer() -> Issuer {
    Issuer::parse("https://id.test/").unwrap()
}

fn api(change: Value) -> Api {
    let mut json = json!({"id": "0123456789abcdef01234567", "identifier": "https://api.test/"});
    json.as_object_mut()
        .unwrap()
        .extend(change.as_object().unwrap().clone());
    serde_json::from_value(json).unwrap()
}

fn grant(change: Value) -> Grant {
    let mut json = json!({
        "id": "gnt_1", "client_id": "app", "user_id": "auth0|1", "session_id": "sid1",
        "requested": [], "scope": [], "origin": "code", "auth_time": 5_000_000, "created_at": 0,
        "methods": [{"name": "pwd", "timestamp": 5_000_000}],
    });
    json.as_object_mut()
        .unwrap()
        .extend(change.as_object().unwrap().clone());
    serde_json::from_value(json).unwrap()
}

fn user() -> User {
    serde_json::from_value(json!({
        "user_id": "auth0|1", "email": "ann@example.com", "email_verified": true, "name": "Ann",
        "phone_number": "+491", "updated_at": 1_000_000, "address": {"country": "DE"},
    }))
    .unwrap()
}

fn application(first_party: bool) -> Application {
    let json = json!({"client_id": "app", "name": "App", "is_first_party": first_party});
    serde_json::from_value(json).unwrap()
}

fn parsed(payload: &[u8]) -> Value {
    serde_json::from_slice(payload).unwrap()
}

fn access(api: &Api, scope: &str, user: Option<&UserId>, refreshed: bool) -> Value {
    let origin = if user.is_some() {
        GrantOrigin::Code
    } else {
        GrantOrigin::ClientCredentials
    };
    let (issuer, client_id) = (issuer(), ClientId::parse("app").unwrap());
    let scope = Scopes::parse(scope).unwrap();
    let grant = GrantId::parse("gnt_1").unwrap();
    let jti = TokenId::generate(user.map(|_| &grant), &mut Counting(0));
    let token = AccessToken {
        issuer: &issuer,
        api,
        audience: "https://api.test/",
        client_id: &client_id,
        user_id: user,
        scope: &scope,
        permissions: api.token_dialect.has_permissions().then_some(&scope),
        origin,
        refreshed,
        jti: &jti,
        custom: CustomClaims::none(),
        issued_at: Timestamp::from_micros(10_900_000),
        lifetime: access_lifetime(Some(api), Channel::Back),
    };
    parsed(&token.payload())
}

#[test]
fn r6_an_access_token_carries_azp_client_id_jti_and_scope() {
    let user = UserId::parse("auth0|1").unwrap();
    let token = access(&api(json!({})), "openid read", Some(&user), false);
    let expected = json!({
        "iss": "https://id.test/", "sub": "auth0|1",
        "aud": ["https://api.test/", "https://id.test/userinfo"],
        "iat": 10, "exp": 86_410, "jti": token["jti"], "azp": "app", "client_id": "app",
        "scope": "openid read",
    });
    assert_eq!(token, expected);
    let grant = TokenId::grant_of(token["jti"].as_str().unwrap());
    assert_eq!(grant, GrantId::parse("gnt_1").ok());
}

#[test]
fn the_userinfo_audience_needs_openid_a_user_and_a_public_key() {
    let user = UserId::parse("auth0|1").unwrap();
    let hs256 = api(json!({"signing_alg": "HS256"}));
    let es256 = api(json!({"signing_alg": "ES256"}));
    let single = json!("https://api.test/");
    assert_eq!(
        access(&api(json!({})), "read", Some(&user), false)["aud"],
        single
    );
    assert_eq!(access(&hs256, "openid", Some(&user), false)["aud"], single);
    assert_eq!(
        access(&api(json!({})), "openid", None, false)["aud"],
        single
    );
    assert!(access(&es256, "openid", Some(&user), false)["aud"].is_array());
}

#[test]
fn machine_tokens_and_refreshed_tokens_say_how_they_were_got() {
    let machine = access(
        &api(json!({"token_dialect": "access_token_authz"})),
        "read",
        None,
        false,
    );
    assert_eq!(machine["sub"], "app@clients");
    assert_eq!(machine["gty"], "client-credentials");
    assert_eq!(machine["permissions"], json!(["read"]));
    assert_eq!(TokenId::grant_of(machine["jti"].as_str().unwrap()), None);
    let user = UserId::parse("auth0|1").unwrap();
    assert_eq!(
        access(&api(json!({})), "read", Some(&user), true)["gty"],
        "refresh_token"
    );
    let none = access(&api(json!({})), "", Some(&user), false);
    assert!(none.get("scope").is_none() && none.get("permissions").is_none());
    let both = gty(GrantOrigin::Password, true);
    assert_eq!(json!(both), json!(["refresh_token", "password"]));
}

fn id_token(grant: &Grant, application: &Application, scope: &str, nonce: Option<&str>) -> Value {
    let scope = Scopes::parse(scope).unwrap();
    let token = IdToken {
        issuer: &issuer(),
        application,
        grant,
        user: &user(),
        scope: &scope,
        nonce,
        at_hash: None,
        c_hash: None,
        custom: CustomClaims::none(),
        issued_at: Timestamp::from_seconds(10),
    };
    parsed(&token.payload())
}

#[test]
fn oid_01_an_id_token_has_the_claims_of_its_scopes() {
    let bare = json!({
        "iss": "https://id.test/", "sub": "auth0|1", "aud": "app", "iat": 10, "exp": 36_010,
        "sid": "sid1",
    });
    let with = |claims: Value| {
        let mut all = bare.clone();
        all.as_object_mut()
            .unwrap()
            .extend(claims.as_object().unwrap().clone());
        all
    };
    let email = json!({"email": "ann@example.com", "email_verified": true});
    let profile = json!({"name": "Ann", "updated_at": "1970-01-01T00:00:01.000Z"});
    let phone = json!({"phone_number": "+491", "phone_number_verified": false});
    let (grant, app) = (grant(json!({})), application(true));
    assert_eq!(id_token(&grant, &app, "openid", None), bare);
    assert_eq!(id_token(&grant, &app, "openid email", None), with(email));
    assert_eq!(
        id_token(&grant, &app, "openid profile", None),
        with(profile)
    );
    assert_eq!(id_token(&grant, &app, "openid phone", None), with(phone));
    let address = with(json!({"address": {"country": "DE"}}));
    assert_eq!(id_token(&grant, &app, "openid address", None), address);
}

#[test]
fn oid_01_the_nonce_is_echoed_exactly() {
    let (grant, app) = (grant(json!({})), application(true));
    let long = "n".repeat(384);
    for nonce in ["ünïcode ~._", "a\"b\\c", &long] {
        assert_eq!(
            id_token(&grant, &app, "openid", Some(nonce))["nonce"],
            nonce
        );
    }
}

#[test]
fn oid_01_auth_time_and_single_claims_come_when_asked_for() {
    let app = application(true);
    let max_age = grant(json!({"wants_auth_time": true}));
    assert_eq!(id_token(&max_age, &app, "openid", None)["auth_time"], 5);
    let claims = json!({"id_token": {"email": null, "amr": {"essential": true}},
                        "userinfo": {"name": null}});
    let asked = grant(json!({"claims": claims}));
    let token = id_token(&asked, &app, "openid", None);
    assert_eq!(token["email"], "ann@example.com");
    assert_eq!(token["amr"], json!(["pwd"]));
    assert!(token.get("name").is_none() && token.get("auth_time").is_none());
    let third_party = id_token(&asked, &application(false), "openid", None);
    assert!(
        third_party.get("email").is_none(),
        "a third party needs the scope and its consent"
    );
}

#[test]
fn lifetimes_follow_api_and_channel() {
    let api = api(json!({"token_lifetime": 100, "token_lifetime_for_web": 200}));
    assert_eq!(access_lifetime(Some(&api), Channel::Back), Seconds(100));
    assert_eq!(access_lifetime(Some(&api), Channel::Front), Seconds(100));
    assert_eq!(access_lifetime(None, Channel::Back), Seconds(86_400));
    assert_eq!(access_lifetime(None, Channel::Front), Seconds(7_200));
}
