//! Which custom claims actions may set: by Auth0's present rules, but what is not set is always
//! told of (ruling R12).

use super::Claims;
use crate::error::Refusal;
use crate::scope::Scopes;
use crate::token::RESERVED;

/// Hosts whose names no claim may carry, themselves or below them (Auth0: forbidden namespaces).
const FORBIDDEN_HOSTS: [&str; 3] = ["auth0.com", "webtask.io", "webtask.run"];

/// The claims of OpenID Connect Core section 5.1 and the scope that opens each.
const PROFILE: [(&str, &str); 19] = [
    ("address", "address"),
    ("birthdate", "profile"),
    ("email", "email"),
    ("email_verified", "email"),
    ("family_name", "profile"),
    ("gender", "profile"),
    ("given_name", "profile"),
    ("locale", "profile"),
    ("middle_name", "profile"),
    ("name", "profile"),
    ("nickname", "profile"),
    ("phone_number", "phone"),
    ("phone_number_verified", "phone"),
    ("picture", "profile"),
    ("preferred_username", "profile"),
    ("profile", "profile"),
    ("updated_at", "profile"),
    ("website", "profile"),
    ("zoneinfo", "profile"),
];

/// What the rules depend on besides the claim itself.
#[derive(Debug, Clone, Copy)]
pub struct Setting<'a> {
    /// The token.
    pub token: Claims,
    /// The scopes that were asked for.
    pub requested: &'a Scopes,
    /// The API that the access token is for; `None`: it is opaque.
    pub audience: Option<&'a str>,
    /// Whether that is an API of this server's own.
    pub own_api: bool,
}

/// Whether a claim of this name is set. `Ok(Some(…))`: it is left out, because this request does
/// not allow it; the story is for the logs.
///
/// # Errors
/// The name can never be a custom claim: the action is at fault.
pub fn check(name: &str, setting: Setting<'_>) -> Result<Option<Refusal>, Refusal> {
    if RESERVED.contains(&name) {
        return Err(Refusal::new(
            "claim_reserved",
            format!("The claim {name:?} belongs to the protocols; an action cannot set it."),
        )
        .expected("a claim with a meaning of your own")
        .actual(name)
        .remedy(format!(
            "Give it a name of your own, such as https://your-domain.example/{name}"
        )));
    }
    if in_forbidden_namespace(name) {
        return Err(Refusal::new(
            "claim_namespace",
            format!("The claim {name:?} carries a name that belongs to Auth0."),
        )
        .expected("a name under a domain of your own")
        .actual(name)
        .remedy("Use your own domain as the claim's namespace."));
    }
    if setting.token == Claims::Id {
        return Ok(None);
    }
    Ok(left_out(name, setting))
}

fn left_out(name: &str, setting: Setting<'_>) -> Option<Refusal> {
    let Some(audience) = setting.audience else {
        let cause = format!("The claim {name:?} goes nowhere: the access token is opaque.");
        return Some(
            Refusal::new("claim_opaque_token", cause)
                .expected("a request with the audience of an API")
                .remedy("Let the application ask for an audience; see `audience` at /authorize."),
        );
    };
    if setting.own_api && !is_namespaced(name) {
        let cause = format!("The plain claim {name:?} is left out of tokens for {audience}.");
        return Some(
            Refusal::new("claim_own_api", cause)
                .expected("a claim whose name is a URL")
                .actual(name)
                .remedy("Use a namespaced name, or set the claim for your own APIs alone."),
        );
    }
    let scope = PROFILE.iter().find(|(claim, _)| *claim == name)?.1;
    if setting.requested.contains(scope) {
        return None;
    }
    let cause =
        format!("The claim {name:?} is left out: the application did not ask for {scope:?}.");
    Some(
        Refusal::new("claim_scope", cause)
            .expected(format!("scope {scope}"))
            .actual(&setting.requested.to_string())
            .remedy(format!(
                "Ask for the scope {scope}, or name the claim under a domain of your own."
            )),
    )
}

fn is_namespaced(name: &str) -> bool {
    name.contains("://") || name.starts_with("urn:")
}

fn in_forbidden_namespace(name: &str) -> bool {
    if name == "urn:auth0" || name.starts_with("urn:auth0:") {
        return true;
    }
    let Some((_, rest)) = name.split_once("://") else {
        return false;
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let host = rest[..end].to_ascii_lowercase();
    let host = host
        .rsplit_once('@')
        .map_or(host.as_str(), |(_, host)| host);
    let host = host.split(':').next().unwrap_or_default();
    FORBIDDEN_HOSTS.iter().any(|forbidden| {
        let under = host.strip_suffix(forbidden);
        under.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(name: &str, token: Claims, audience: Option<&str>, own_api: bool) -> String {
        let requested = Scopes::parse("openid email").unwrap();
        let setting = Setting {
            token,
            requested: &requested,
            audience,
            own_api,
        };
        match check(name, setting) {
            Ok(None) => "set".into(),
            Ok(Some(refusal)) => format!("left out: {}", refusal.code),
            Err(refusal) => refusal.code.into_owned(),
        }
    }

    #[test]
    fn r12_a_claim_is_set_or_somebody_hears_of_it() {
        let api = Some("https://api.test/");
        for (name, token, audience, own, expected) in [
            ("https://demo/email", Claims::Access, api, false, "set"),
            ("plan", Claims::Access, api, false, "set"),
            ("plan", Claims::Id, None, false, "set"),
            ("sub", Claims::Id, None, false, "claim_reserved"),
            ("scope", Claims::Access, api, false, "claim_reserved"),
            (
                "https://x.auth0.com/a",
                Claims::Id,
                None,
                false,
                "claim_namespace",
            ),
            (
                "http://webtask.io",
                Claims::Id,
                None,
                false,
                "claim_namespace",
            ),
            (
                "https://u@AUTH0.com:1/a",
                Claims::Id,
                None,
                false,
                "claim_namespace",
            ),
            ("urn:auth0:a", Claims::Id, None, false, "claim_namespace"),
            ("https://notauth0.com/a", Claims::Id, None, false, "set"),
            (
                "plan",
                Claims::Access,
                None,
                false,
                "left out: claim_opaque_token",
            ),
            ("plan", Claims::Access, api, true, "left out: claim_own_api"),
            ("https://demo/plan", Claims::Access, api, true, "set"),
            ("email", Claims::Access, api, false, "set"),
            ("name", Claims::Access, api, false, "left out: claim_scope"),
            ("name", Claims::Id, api, false, "set"),
        ] {
            assert_eq!(rule(name, token, audience, own), expected, "{name}");
        }
    }
}
