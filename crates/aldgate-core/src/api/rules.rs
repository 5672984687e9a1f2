//! What may be written to an API, and what makes it sound.

use serde_json::{Map, Value};

use super::{Api, IdentifierAlias, SigningAlg};
use crate::body;
use crate::error::Refusal;
use crate::id::ApiId;
use crate::scope::{self, Scopes};
use crate::time::{Seconds, Timestamp};

/// Members a body may set (Auth0). The second half is stored and returned, not acted on.
pub const WRITABLE: &[&str] = &[
    "name",
    "scopes",
    "signing_alg",
    "token_lifetime",
    "token_lifetime_for_web",
    "allow_offline_access",
    "skip_consent_for_verifiable_first_party_clients",
    "enforce_policies",
    "token_dialect",
    "subject_type_authorization",
    // Stored only.
    "allow_online_access",
    "allow_online_access_with_ephemeral_sessions",
    "authorization_details",
    "authorization_policy",
    "client_id",
    "consent_policy",
    "proof_of_possession",
    "token_encryption",
    "verificationLocation",
];

/// The longest identifier (Auth0: 600).
const IDENTIFIER_BYTES_MAX: usize = 600;

/// The most scopes an API may define.
const SCOPES_MAX: usize = 1000;

/// The longest access token lifetime (Auth0: 30 days).
const LIFETIME_MAX: Seconds = Seconds::days(30);

/// How long a former identifier still works (R11): long enough to deploy every application anew.
pub const ALIAS_PERIOD: Seconds = Seconds::days(30);

/// The most former identifiers at a time.
const ALIASES_MAX: usize = 10;

/// Makes the API `id` from a body with an `identifier`; `sealed` is the secret of HS256, sealed.
///
/// # Errors
/// Names the member at fault.
pub fn create(
    mut body: Map<String, Value>,
    id: ApiId,
    sealed: Option<String>,
    now: Timestamp,
) -> Result<Api, Refusal> {
    let identifier = match body.remove("identifier") {
        Some(Value::String(identifier)) => identifier,
        Some(_) => return Err(invalid("identifier must be a string")),
        None => return Err(invalid("Missing required property: identifier")),
    };
    check_identifier(&identifier)?;
    let name = identifier.clone();
    let blank = serde_json::json!({"id": id, "identifier": identifier, "name": name});
    let mut blank: Api =
        serde_json::from_value(blank).map_err(|error| invalid(format!("identifier: {error}")))?;
    blank.created_at = now;
    blank.signing_secret_sealed = sealed;
    update(&blank, body, now)
}

/// Lays `body` over `api` and checks the result.
///
/// # Errors
/// Names the member at fault.
pub fn update(api: &Api, body: Map<String, Value>, now: Timestamp) -> Result<Api, Refusal> {
    if api.is_system {
        let changes_nothing = body.iter().all(|(name, value)| {
            serde_json::to_value(api).is_ok_and(|current| current.get(name) == Some(value))
        });
        if !changes_nothing {
            return Err(Refusal::new(
                "system_api",
                "the Management API cannot be changed",
            ));
        }
    }
    let mut changed = body::merge(api, body, WRITABLE)?;
    changed.updated_at = now;
    validate(&changed)?;
    Ok(changed)
}

/// Gives an API another identifier; the former one works on for [`ALIAS_PERIOD`] (R11).
///
/// # Errors
/// Names the member at fault; the Management API's identifier follows from the issuer.
pub fn rename(api: &Api, identifier: &str, now: Timestamp) -> Result<Api, Refusal> {
    if api.identifier == identifier {
        return Ok(api.clone());
    }
    if api.is_system {
        return Err(Refusal::new(
            "system_api",
            "the Management API cannot be renamed",
        ));
    }
    check_identifier(identifier)?;
    let mut renamed = api.clone();
    let live = |alias: &IdentifierAlias| now < alias.until && alias.identifier != identifier;
    renamed.aliases.retain(live);
    if renamed.aliases.len() == ALIASES_MAX {
        let cause = format!("identifier was changed {ALIASES_MAX} times in the last 30 days");
        return Err(invalid(cause).remedy("Wait until the oldest former identifier ends."));
    }
    renamed.aliases.push(IdentifierAlias {
        identifier: std::mem::replace(&mut renamed.identifier, identifier.to_owned()),
        until: now + ALIAS_PERIOD,
    });
    renamed.updated_at = now;
    Ok(renamed)
}

/// The API as the Management API shows it: no secret, no times.
#[must_use]
pub fn public_view(api: &Api) -> Map<String, Value> {
    let Ok(Value::Object(mut view)) = serde_json::to_value(api) else {
        return Map::new();
    };
    for hidden in [
        "signing_secret_sealed",
        "aliases",
        "created_at",
        "updated_at",
    ] {
        view.remove(hidden);
    }
    view
}

/// Checks what no single member can show.
///
/// # Errors
/// Says what does not fit, and how to mend it.
pub fn validate(api: &Api) -> Result<(), Refusal> {
    if api.name.chars().count() > 200 || api.name.contains(['<', '>']) {
        return Err(invalid(
            "name must have at most 200 characters and no < or >",
        ));
    }
    if api.scopes.len() > SCOPES_MAX {
        return Err(invalid(format!(
            "scopes has more than {SCOPES_MAX} entries"
        )));
    }
    for (index, scope) in api.scopes.iter().enumerate() {
        let value = scope.value.as_str();
        if Scopes::parse(value).map(|s| s.len()) != Ok(1) {
            return Err(invalid(format!(
                "scopes[{index}].value {value:?} is not one scope token"
            )));
        }
        if scope::is_standard(value) {
            let cause = format!("scopes[{index}].value {value:?} belongs to OpenID Connect itself");
            return Err(invalid(cause).remedy("Name what the API allows, such as read:orders."));
        }
        if api.scopes[..index]
            .iter()
            .any(|earlier| earlier.value == value)
        {
            return Err(invalid(format!("scopes has {value:?} twice")));
        }
    }
    for (name, lifetime) in [
        ("token_lifetime", api.token_lifetime),
        ("token_lifetime_for_web", api.token_lifetime_for_web),
    ] {
        if lifetime.0 == 0 || lifetime > LIFETIME_MAX {
            return Err(invalid(format!(
                "{name} must be 1 to {} seconds",
                LIFETIME_MAX.0
            )));
        }
    }
    if api.signing_alg == SigningAlg::Hs256 && api.signing_secret_sealed.is_none() {
        return Err(
            invalid("signing_alg HS256 needs a signing_secret of at least 32 characters")
                .remedy("Prefer RS256 or ES256: then the API needs no secret to verify tokens."),
        );
    }
    Ok(())
}

/// Identifiers compare as exact bytes, so what cannot be seen must not be in them.
fn check_identifier(identifier: &str) -> Result<(), Refusal> {
    let visible = identifier
        .chars()
        .all(|c| !c.is_whitespace() && !c.is_control());
    if identifier.is_empty() || identifier.len() > IDENTIFIER_BYTES_MAX || !visible {
        return Err(
            invalid("identifier must have 1 to 600 characters and no white space")
                .actual(identifier)
                .remedy(
                    "Use a URL-like name such as https://orders.example.com/; it need not resolve.",
                ),
        );
    }
    Ok(())
}

fn invalid(cause: impl Into<std::borrow::Cow<'static, str>>) -> Refusal {
    Refusal::new("invalid_body", cause)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::random::tests::Counting;

    fn make(body: Value) -> Result<Api, Refusal> {
        make_sealed(body, None)
    }

    fn make_sealed(body: Value, sealed: Option<String>) -> Result<Api, Refusal> {
        let (body, id) = (
            body.as_object().cloned().unwrap(),
            ApiId::generate(&mut Counting(1)),
        );
        create(body, id, sealed, Timestamp::from_seconds(1))
    }

    #[test]
    fn an_api_needs_a_visible_identifier() {
        let api = make(json!({"identifier": "https://api.test/"})).unwrap();
        assert_eq!(api.name, "https://api.test/");
        for bad in ["", "https://api.test/\n", "a b"] {
            assert!(make(json!({"identifier": bad})).is_err(), "{bad:?}");
        }
        assert!(make(json!({"name": "x"})).is_err());
    }

    #[test]
    fn scopes_are_tokens_once_each_and_not_openid() {
        let scopes = |values: &[&str]| {
            let list: Vec<_> = values.iter().map(|v| json!({"value": v})).collect();
            make(json!({"identifier": "x", "scopes": list}))
        };
        assert!(scopes(&["read:a", "write:a"]).is_ok());
        for bad in [&["a b"][..], &["read", "read"], &["openid"], &[""]] {
            assert!(scopes(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn r11_a_former_identifier_works_on_for_a_while() {
        let now = Timestamp::from_seconds(10);
        let api = make(json!({"identifier": "https://old.test/"})).unwrap();
        let renamed = rename(&api, "https://new.test/", now).unwrap();
        assert_eq!(renamed.identifier, "https://new.test/");
        assert_eq!(renamed.aliases[0].identifier, "https://old.test/");
        assert_eq!(renamed.aliases[0].until, now + ALIAS_PERIOD);
        let back = rename(&renamed, "https://old.test/", now).unwrap();
        assert_eq!(back.aliases.len(), 1, "its own name is no alias");
        assert!(rename(&api, "with space", now).is_err());
        let mut many = api;
        for n in 0..ALIASES_MAX {
            many = rename(&many, &format!("n{n}"), now).unwrap();
        }
        assert!(rename(&many, "one-more", now).is_err());
        let mut system = many;
        system.is_system = true;
        assert!(rename(&system, "x", now).is_err());
    }

    #[test]
    fn r11_hs256_needs_a_secret() {
        assert!(make(json!({"identifier": "x", "signing_alg": "HS256"})).is_err());
        let body = json!({"identifier": "x", "signing_alg": "HS256"});
        assert!(make_sealed(body, Some("sealed".into())).is_ok());
        assert!(make(json!({"identifier": "x", "signing_alg": "ES256"})).is_ok());
    }
}
