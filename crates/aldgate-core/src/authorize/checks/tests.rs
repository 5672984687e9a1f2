//! The order of the checks, and bad requests with the fate of each.

use serde_json::json;

use super::*;
use crate::authorize::ResponseMode;

/// Everything the checks look up, for one well-behaved application `abc`.
struct World {
    tenant: Tenant,
    application: Application,
    api: Api,
}

impl World {
    fn new() -> Self {
        let json = json!({
            "id": "default", "issuer": "https://id.test/", "created_at": 0,
        });
        let application = json!({
            "client_id": "abc", "name": "A", "app_type": "native",
            "callbacks": ["https://rp.test/cb", "https://rp.test/cb2?x=1", "com.rp:/cb"],
            "grant_types": ["authorization_code", "implicit"],
        });
        let api = json!({"id": "0123456789abcdef01234567", "identifier": "https://api.test/"});
        Self {
            tenant: serde_json::from_value(json).unwrap(),
            application: serde_json::from_value(application).unwrap(),
            api: serde_json::from_value(api).unwrap(),
        }
    }

    fn run(&self, query: &str) -> Result<Plan, Rejected> {
        let request = request(query);
        let known = request.client_id.as_deref() == Some("abc");
        let asked = request.audience.as_ref().or(request.resource.as_ref());
        let facts = Facts {
            tenant: &self.tenant,
            application: known.then_some(&self.application),
            api: asked
                .is_some_and(|a| *a == self.api.identifier)
                .then_some(&self.api),
            api_identifiers: &[],
            connection: None,
            hint: None,
        };
        run(&request, &facts)
    }
}

/// A good request, with what `query` says in place of its defaults.
fn request(query: &str) -> Request {
    let defaults = [
        ("client_id", "abc"),
        ("redirect_uri", "https://rp.test/cb"),
        ("response_type", "code"),
        ("scope", "openid"),
    ];
    let mut text = query.to_owned();
    for (name, value) in defaults {
        let given = query
            .split('&')
            .any(|pair| pair.split('=').next() == Some(name));
        if !given {
            text.push_str(&format!("&{name}={value}"));
        }
    }
    Request::parse(text.as_bytes(), b"")
}

/// The plan of a good request, for the tests of other modules.
pub(crate) fn plan(query: &str) -> Plan {
    World::new().run(query).unwrap()
}

#[test]
fn the_order_of_the_checks_is_this() {
    let names: Vec<_> = BEFORE_TARGET
        .iter()
        .chain(AFTER_TARGET)
        .map(|(name, _)| *name)
        .collect();
    insta::assert_snapshot!(names.join("\n"), @r"
    target_parameters
    client_known
    client_enabled
    redirect_uri
    web_message_origin
    once_each
    request_object
    response_type
    response_mode
    grant_type
    scope
    pkce
    nonce
    prompt
    max_age
    claims
    id_token_hint
    organization
    connection
    audience
    ");
}

#[test]
fn oau_05_twenty_requests_that_never_redirect() {
    let long = format!("redirect_uri=https://rp.test/{}", "x".repeat(2048));
    let table = [
        ("client_id=", "client_known"),
        ("client_id=nobody", "client_known"),
        ("client_id=nobody&response_type=nonsense", "client_known"),
        ("client_id=abc&client_id=abc", "target_parameters"),
        ("client_id=%ff", "target_parameters"),
        ("client_id=nobody&request=e30", "client_known"),
        ("redirect_uri=", "redirect_uri"),
        ("redirect_uri=https://evil.test/", "redirect_uri"),
        ("redirect_uri=https://rp.test/cb/", "redirect_uri"),
        ("redirect_uri=https://rp.test/cb%23", "redirect_uri"),
        ("redirect_uri=https://rp.test/cb%3Fx", "redirect_uri"),
        ("redirect_uri=javascript:alert(1)", "redirect_uri"),
        ("redirect_uri=/cb", "redirect_uri"),
        (
            "redirect_uri=https://rp.test/cb&redirect_uri=https://rp.test/cb",
            "target_parameters",
        ),
        (
            "redirect_uri=https://rp.test/cb&redirect_uri=https://evil.test/",
            "target_parameters",
        ),
        ("redirect_uri=%c3%28", "target_parameters"),
        (long.as_str(), "target_parameters"),
        (
            "redirect_uri=https://evil.test/&scope=openid&prompt=none",
            "redirect_uri",
        ),
        ("state=1&state=2", "target_parameters"),
        (
            "response_mode=query&response_mode=fragment",
            "target_parameters",
        ),
        (
            "redirect_uri=com.rp:/cb&response_mode=web_message",
            "web_message_origin",
        ),
    ];
    for (query, check) in table {
        let rejected = World::new().run(query).unwrap_err();
        assert_eq!((rejected.check, rejected.target), (check, None), "{query}");
    }
    let mut world = World::new();
    world.application.disabled = true;
    assert_eq!(world.run("").unwrap_err().target, None);
}

#[test]
fn oau_05_other_errors_travel_with_their_state() {
    let table = [
        ("response_type=", "response_type", "invalid_request"),
        (
            "response_type=none",
            "response_type",
            "unsupported_response_type",
        ),
        (
            "response_type=token%20token",
            "response_type",
            "unsupported_response_type",
        ),
        (
            "response_mode=query.jwt",
            "response_mode",
            "invalid_request",
        ),
        (
            "response_type=token&response_mode=query",
            "response_mode",
            "invalid_request",
        ),
        ("scope=openid&scope=openid", "once_each", "invalid_request"),
        ("nonce=%ff", "once_each", "invalid_request"),
        ("request=e30", "request_object", "request_not_supported"),
        (
            "request_uri=https://rp.test/r",
            "request_object",
            "request_uri_not_supported",
        ),
        ("scope=openid%20a%22b", "scope", "invalid_scope"),
        (
            "response_type=id_token&scope=email&nonce=1",
            "scope",
            "invalid_scope",
        ),
        (
            "code_challenge=abc&code_challenge_method=plain",
            "pkce",
            "invalid_request",
        ),
        ("code_challenge_method=S256", "pkce", "invalid_request"),
        ("response_type=id_token", "nonce", "invalid_request"),
        ("response_type=code%20id_token", "nonce", "invalid_request"),
        ("prompt=none%20login", "prompt", "invalid_request"),
        ("max_age=-1", "max_age", "invalid_request"),
        ("max_age=%2B5", "max_age", "invalid_request"),
        ("max_age=1e3", "max_age", "invalid_request"),
        ("claims=[]", "claims", "invalid_request"),
        ("claims={%22id_token%22:1}", "claims", "invalid_request"),
        ("organization=org_1", "organization", "invalid_request"),
        ("connection=nowhere", "connection", "invalid_request"),
        (
            "audience=https://nothing.test/",
            "audience",
            "access_denied",
        ),
        (
            "audience=https://api.test/&resource=https://b.test/",
            "audience",
            "invalid_request",
        ),
    ];
    for (query, check, code) in table {
        let rejected = World::new().run(&format!("{query}&state=s1")).unwrap_err();
        assert_eq!(
            (rejected.check, rejected.error.code.as_str()),
            (check, code),
            "{query}"
        );
        let target = rejected.target.unwrap();
        assert_eq!(target.state.as_deref(), Some("s1"));
        assert!(may_travel(&target, &rejected.error, false), "{query}");
    }
}

#[test]
fn oau_12_each_response_type_needs_its_grant_types() {
    let table = [
        ("code", &["authorization_code"][..]),
        ("token", &["implicit"]),
        ("id_token", &["implicit"]),
        ("token%20id_token", &["implicit"]),
        ("code%20token", &["authorization_code", "implicit"]),
        ("code%20id_token", &["authorization_code", "implicit"]),
        (
            "code%20token%20id_token",
            &["authorization_code", "implicit"],
        ),
    ];
    for (kind, needed) in table {
        let query = format!("response_type={kind}&nonce=n");
        assert!(World::new().run(&query).is_ok(), "{kind}");
        for missing in needed {
            let mut world = World::new();
            world
                .application
                .grant_types
                .retain(|grant| json!(grant) != *missing);
            let rejected = world.run(&query).unwrap_err();
            assert_eq!(rejected.check, "grant_type", "{kind} without {missing}");
            assert_eq!(rejected.error.code, ErrorCode::UnauthorizedClient);
        }
    }
}

#[test]
fn oau_02_public_applications_and_those_of_others_need_pkce() {
    let challenge = "code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM\
                     &code_challenge_method=S256";
    let public = json!("none");
    for (method, first_party) in [(Some(&public), true), (None, false)] {
        let mut world = World::new();
        world.application.is_first_party = first_party;
        if let Some(method) = method {
            world.application.token_endpoint_auth_method =
                serde_json::from_value(method.clone()).unwrap();
        }
        assert_eq!(world.run("").unwrap_err().check, "pkce");
        assert!(world.run(challenge).unwrap().code_challenge.is_some());
        assert!(
            world.run("response_type=token").is_ok(),
            "no code, no challenge"
        );
    }
}

#[test]
fn oau_05_a_foreign_application_gets_no_browser_that_nobody_is_logged_in_to() {
    let mut world = World::new();
    world.application.is_first_party = false;
    let rejected = world.run("response_type=nonsense").unwrap_err();
    let target = rejected.target.unwrap();
    assert!(!may_travel(&target, &rejected.error, false));
    assert!(may_travel(&target, &rejected.error, true));
    let silent = world.run("response_type=nonsense&prompt=none").unwrap_err();
    assert!(may_travel(&silent.target.unwrap(), &silent.error, false));
    let fault = OAuthError::new(ErrorCode::ServerError, "no");
    assert!(!may_travel(&target, &fault, true), "our faults are ours");
}

#[test]
fn a_good_request_becomes_a_plan() {
    let query = "response_type=id_token%20code&nonce=~._&prompt=consent&max_age=60\
                 &resource=https://api.test/&state=%C3%BC&claims={}&ext-x=1&ext-x=2";
    let plan = plan(query);
    assert_eq!(plan.target.mode, ResponseMode::Fragment);
    assert_eq!(plan.target.state.as_deref(), Some("ü"));
    assert_eq!(plan.audience.as_deref(), Some("https://api.test/"));
    assert_eq!(plan.nonce.as_deref(), Some("~._"));
    assert!(plan.prompts.consent && plan.wants_auth_time() && plan.is_openid());
}

#[test]
fn an_essential_acr_that_cannot_be_met_is_refused() {
    let query =
        "claims={%22id_token%22:{%22acr%22:{%22essential%22:true,%22value%22:%22urn:x%22}}}";
    let rejected = World::new().run(query).unwrap_err();
    assert_eq!(
        rejected.error.code,
        ErrorCode::UnmetAuthenticationRequirements
    );
    assert!(
        World::new().run("acr_values=urn:x").is_ok(),
        "acr_values are a wish"
    );
}
