//! What may be written to an application, its defaults by kind, and what makes it sound.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{AppType, Application, ClientAuthMethod, GrantType, RotationType, credentials};
use crate::api::SigningAlg;
use crate::body;
use crate::error::Refusal;
use crate::id::ClientId;
use crate::logout::backchannel;
use crate::random::Entropy;
use crate::redirect;
use crate::secret::{Secret, TokenHash, TokenKind};
use crate::time::{Seconds, Timestamp};

/// Members a body may set (Auth0). The second half is stored and returned, not acted on.
pub const WRITABLE: &[&str] = &[
    "name",
    "description",
    "logo_uri",
    "app_type",
    "is_first_party",
    "callbacks",
    "allowed_logout_urls",
    "web_origins",
    "allowed_origins",
    "grant_types",
    "token_endpoint_auth_method",
    "jwt_configuration",
    "refresh_token",
    "cross_origin_authentication",
    "oidc_conformant",
    "initiate_login_uri",
    "client_metadata",
    "disabled",
    "client_authentication_methods",
    // Stored only.
    "addons",
    "allowed_clients",
    "async_approval_notification_channels",
    "client_aliases",
    "compliance_level",
    "cross_origin_loc",
    "custom_login_page",
    "custom_login_page_on",
    "default_organization",
    "encryption_key",
    "express_configuration",
    "fedcm_login",
    "form_template",
    "is_token_endpoint_ip_header_trusted",
    "mobile",
    "my_organization_configuration",
    "native_social_login",
    "oidc_logout",
    "organization_discovery_methods",
    "organization_require_behavior",
    "organization_usage",
    "par_request_expiry",
    "redirection_policy",
    "require_proof_of_possession",
    "require_pushed_authorization_requests",
    "resource_server_identifier",
    "session_transfer",
    "signed_request_object",
    "skip_non_verifiable_callback_uri_confirmation_prompt",
    "sso",
    "sso_disabled",
    "third_party_security_mode",
    "token_exchange",
    "token_quota",
];

/// The most entries a URL list may have (Auth0: 100).
const URLS_MAX: usize = 100;

/// The longest leeway for replaced refresh tokens.
const LEEWAY_MAX: Seconds = Seconds(60);

/// An application with the defaults of its kind, before a body is laid over it.
#[must_use]
pub fn blank(id: ClientId, kind: Option<AppType>, now: Timestamp) -> Application {
    use GrantType::{AuthorizationCode, ClientCredentials, RefreshToken};
    let grants: &[GrantType] = match kind {
        Some(AppType::Spa | AppType::Native) => &[AuthorizationCode, RefreshToken],
        Some(AppType::NonInteractive) => &[ClientCredentials],
        Some(AppType::RegularWeb) | None => &[AuthorizationCode, RefreshToken, ClientCredentials],
    };
    let public = matches!(kind, Some(AppType::Spa | AppType::Native));
    let mut application = Application {
        id,
        name: String::new(),
        description: None,
        logo_uri: None,
        app_type: kind,
        is_first_party: true,
        disabled: false,
        callbacks: Vec::new(),
        allowed_logout_urls: Vec::new(),
        web_origins: Vec::new(),
        allowed_origins: Vec::new(),
        grant_types: grants.iter().copied().collect::<BTreeSet<_>>(),
        token_endpoint_auth_method: ClientAuthMethod::ClientSecretPost,
        credentials: Vec::new(),
        secret_hash: None,
        secret_sealed: None,
        jwt_configuration: super::IdTokenSettings::default(),
        refresh_token: super::RefreshTokenSettings::default(),
        cross_origin_authentication: false,
        oidc_conformant: true,
        initiate_login_uri: None,
        client_metadata: Map::new(),
        created_at: now,
        updated_at: now,
        extra: Map::new(),
    };
    if public {
        application.token_endpoint_auth_method = ClientAuthMethod::None;
    } else {
        application.refresh_token.rotation_type = RotationType::NonRotating;
    }
    application
}

/// Makes an application from a body: defaults of its kind, then the body, then [`validate`].
///
/// # Errors
/// Names the member at fault.
pub fn create(
    body: Map<String, Value>,
    id: Option<ClientId>,
    now: Timestamp,
    rng: &mut dyn Entropy,
) -> Result<Application, Refusal> {
    if !body.contains_key("name") {
        return Err(Refusal::new(
            "invalid_body",
            "Missing required property: name",
        ));
    }
    let mut body = body;
    let methods = take_methods(&mut body)?;
    let kind = body
        .get("app_type")
        .and_then(|kind| serde_json::from_value(kind.clone()).ok());
    let id = id.unwrap_or_else(|| ClientId::generate(rng));
    let mut basis = blank(id, kind, now);
    if let Some(methods) = methods {
        credentials::choose(&mut basis, &methods, now, Some(rng))?;
    }
    update(&basis, body, now)
}

/// Lays `body` over `application` and checks the result.
///
/// # Errors
/// Names the member at fault.
pub fn update(
    application: &Application,
    body: Map<String, Value>,
    now: Timestamp,
) -> Result<Application, Refusal> {
    let mut body = body;
    let methods = take_methods(&mut body)?;
    let mut changed = body::merge(application, body, WRITABLE)?;
    changed.updated_at = now;
    if let Some(methods) = methods {
        credentials::choose(&mut changed, &methods, now, None)?;
    }
    if changed.is_public() {
        changed.secret_hash = None;
        changed.secret_sealed = None;
    }
    validate(&changed)?;
    Ok(changed)
}

/// Takes `client_authentication_methods` out of a body; it and `token_endpoint_auth_method` say the
/// same thing in two ways.
fn take_methods(body: &mut Map<String, Value>) -> Result<Option<Value>, Refusal> {
    let methods = body.remove("client_authentication_methods");
    let both = methods.as_ref().is_some_and(|methods| !methods.is_null())
        && body
            .get("token_endpoint_auth_method")
            .is_some_and(|method| !method.is_null());
    if both {
        let cause =
            "client_authentication_methods and token_endpoint_auth_method exclude each other";
        return Err(Refusal::new("invalid_body", cause).remedy("Send null for one of the two."));
    }
    if methods.as_ref().is_some_and(|methods| !methods.is_null()) {
        body.remove("token_endpoint_auth_method");
    }
    Ok(methods)
}

/// Gives a confidential application a new secret; returns the only copy of it.
pub fn new_secret(application: &mut Application, rng: &mut dyn Entropy) -> Secret<String> {
    let secret = TokenKind::ClientSecret.generate(rng);
    application.secret_hash = Some(TokenHash::of(secret.expose()));
    secret
}

/// Checks what no single member can show.
///
/// # Errors
/// Says what does not fit, and how to mend it.
pub fn validate(application: &Application) -> Result<(), Refusal> {
    if application.name.trim().is_empty() || application.name.chars().count() > 200 {
        return Err(invalid("name", "must have 1 to 200 characters"));
    }
    for (member, urls) in [
        ("callbacks", &application.callbacks),
        ("allowed_logout_urls", &application.allowed_logout_urls),
        ("web_origins", &application.web_origins),
        ("allowed_origins", &application.allowed_origins),
    ] {
        if urls.len() > URLS_MAX {
            return Err(invalid(member, "has more than 100 entries"));
        }
        urls.iter().try_for_each(|url| check_url(member, url))?;
    }
    if let Some(logo) = application
        .logo_uri
        .as_deref()
        .filter(|logo| !logo.is_empty())
        && !logo.starts_with("https://")
    {
        return Err(invalid("logo_uri", "must begin with https://"));
    }
    if let Some(settings) = application
        .extra
        .get("oidc_logout")
        .filter(|v| !v.is_null())
    {
        backchannel::check(settings)?;
    }
    if application.refresh_token.leeway > LEEWAY_MAX {
        return Err(invalid(
            "refresh_token.leeway",
            "must be at most 60 seconds",
        ));
    }
    let needs_secret = application.may(GrantType::ClientCredentials) && application.is_public();
    if needs_secret {
        return Err(invalid(
            "grant_types",
            "client_credentials needs a confidential application",
        )
        .remedy("Set token_endpoint_auth_method, or drop client_credentials."));
    }
    if application.is_public() && application.jwt_configuration.alg == SigningAlg::Hs256 {
        return Err(
            invalid("jwt_configuration.alg", "HS256 needs a client secret")
                .remedy("Use RS256: a public application has no secret to sign with."),
        );
    }
    Ok(())
}

/// Registration rules of redirect URIs and origins (OAU-01).
fn check_url(member: &'static str, text: &str) -> Result<(), Refusal> {
    let check = match member {
        "callbacks" => redirect::check_callback,
        "allowed_logout_urls" => redirect::check_logout_url,
        _ => redirect::check_origin,
    };
    check(text).map_err(|refusal| {
        let rule = refusal.expected.unwrap_or_default();
        invalid(member, format!("{text:?} is refused: {rule}")).actual(text)
    })
}

fn invalid(member: &str, problem: impl std::fmt::Display) -> Refusal {
    Refusal::new("invalid_body", format!("{member} {problem}"))
}

/// The application as the Management API shows it: secrets never, times as ISO 8601.
#[must_use]
pub fn public_view(application: &Application) -> Map<String, Value> {
    let Ok(Value::Object(mut view)) = serde_json::to_value(application) else {
        return Map::new();
    };
    for hidden in [
        "secret_hash",
        "secret_sealed",
        "credentials",
        "created_at",
        "updated_at",
    ] {
        view.remove(hidden);
    }
    if let Some(methods) = credentials::methods(application) {
        view.remove("token_endpoint_auth_method");
        view.insert("client_authentication_methods".into(), methods);
    }
    view.insert("global".into(), json!(false));
    view
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::tests::Counting;

    fn make(body: Value) -> Result<Application, Refusal> {
        let body = body.as_object().cloned().unwrap();
        create(body, None, Timestamp::from_seconds(1), &mut Counting(3))
    }

    #[test]
    fn defaults_follow_the_kind() {
        let spa = make(json!({"name": "S", "app_type": "spa"})).unwrap();
        assert!(spa.is_public() && spa.rotates_refresh_tokens());
        assert!(
            !spa.may(GrantType::Implicit),
            "OAU-12: implicit is off unless listed"
        );
        let machine = make(json!({"name": "M", "app_type": "non_interactive"})).unwrap();
        assert!(machine.may(GrantType::ClientCredentials) && !machine.is_public());
        assert!(!machine.may(GrantType::AuthorizationCode));
    }

    #[test]
    fn oau_01_registration_refuses_dangerous_redirect_uris() {
        for bad in [
            "https://*.rp.test/cb",
            "https://rp.test/cb#x",
            "https://u@rp.test/",
            "JavaScript:x",
            "data:text/html,x",
            "vbscript:x",
            "file:///etc",
            "http://rp.example/cb",
            "/cb",
            " https://rp.test/",
        ] {
            let refused = make(json!({"name": "A", "callbacks": [bad]}));
            assert!(refused.is_err(), "{bad} was accepted");
        }
        let fine = [
            "https://rp.test/cb?x=1",
            "http://127.0.0.1/cb",
            "http://localhost:3000/",
            "com.example.app:/cb",
        ];
        assert!(make(json!({"name": "A", "callbacks": fine})).is_ok());
    }

    #[test]
    fn adm_03_secrets_and_ids_cannot_be_written() {
        for member in [
            "client_id",
            "secret_hash",
            "secret_sealed",
            "created_at",
            "credentials",
            "global",
        ] {
            assert!(make(json!({"name": "A", member: "x"})).is_err(), "{member}");
        }
    }

    #[test]
    fn a_public_application_has_no_secret_rights() {
        let body = json!({
            "name": "A",
            "token_endpoint_auth_method": "none",
            "grant_types": ["client_credentials"],
        });
        assert!(make(body).is_err());
        let body = json!({"name": "A", "app_type": "spa", "jwt_configuration": {"alg": "HS256"}});
        assert!(make(body).is_err());
    }
}
