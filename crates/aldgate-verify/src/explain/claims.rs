//! What each claim means and where it comes from.

use aldgate_jose::jwt::Claims;
use serde::Serialize;
use serde_json::Value;

use crate::kind::TokenKind;
use crate::reason::span;

/// One claim.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClaimRow {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Value,
    /// What it means, for known claims.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub meaning: &'static str,
    /// What put it there: the protocol, a scope, a setting, an action.
    pub source: &'static str,
    /// A remark on the value, such as a time in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
}

/// Claim, meaning, source.
pub(super) const KNOWN: [(&str, &str, &str); 36] = [
    ("iss", "who issued the token", "protocol"),
    ("sub", "whom it is about", "protocol"),
    (
        "aud",
        "for whom it is made",
        "the audience that was asked for; the application, for an ID token",
    ),
    ("exp", "when it ends", "lifetime setting"),
    ("nbf", "from when it is valid", "protocol"),
    ("iat", "when it was issued", "protocol"),
    ("jti", "its own identifier", "protocol"),
    ("azp", "the application that got it", "protocol"),
    ("client_id", "the application that got it", "protocol"),
    (
        "scope",
        "what it allows",
        "the scopes that were asked for and granted",
    ),
    (
        "permissions",
        "what the user's roles allow",
        "roles; API setting to add permissions",
    ),
    ("gty", "how it was got", "grant"),
    (
        "nonce",
        "ties the ID token to a login request",
        "the application's request",
    ),
    (
        "at_hash",
        "ties the ID token to the access token",
        "response type token id_token",
    ),
    (
        "c_hash",
        "ties the ID token to the code",
        "response type code id_token",
    ),
    (
        "auth_time",
        "when the user logged in",
        "max_age or prompt of the request",
    ),
    ("acr", "how strong the login was", "multi-factor login"),
    ("amr", "how the user logged in", "multi-factor login"),
    ("sid", "the session", "login session"),
    ("org_id", "the organization", "login to an organization"),
    (
        "org_name",
        "the organization's name",
        "login to an organization",
    ),
    (
        "cnf",
        "the key or certificate that must go with it",
        "DPoP or mutual TLS",
    ),
    ("act", "who acts for the subject", "token exchange"),
    (
        "authorization_details",
        "what it allows, in detail",
        "the application's request",
    ),
    ("name", "the user's name", "scope profile"),
    ("given_name", "the user's first name", "scope profile"),
    ("family_name", "the user's last name", "scope profile"),
    ("nickname", "the user's nickname", "scope profile"),
    ("picture", "the user's picture", "scope profile"),
    (
        "updated_at",
        "when the profile last changed",
        "scope profile",
    ),
    ("email", "the user's mail address", "scope email"),
    ("email_verified", "whether it was proven", "scope email"),
    ("phone_number", "the user's telephone", "scope phone"),
    (
        "phone_number_verified",
        "whether it was proven",
        "scope phone",
    ),
    ("address", "the user's address", "scope address"),
    ("events", "what happened", "protocol"),
];

/// Where other claims come from. Which action it was, the token does not say.
pub(super) const CUSTOM: &str = "an action of the tenant (custom claim)";

/// All claims of a token.
pub(super) fn rows(claims: &Claims, kind: TokenKind, now: u64) -> Vec<ClaimRow> {
    let row = |(name, value): (String, Value)| {
        let known = KNOWN.iter().find(|(known, _, _)| *known == name);
        let (meaning, source) = known.map_or(("", CUSTOM), |known| {
            let by_scope = known.2.starts_with("scope ");
            let custom = by_scope && kind == TokenKind::AccessToken;
            (known.1, if custom { CUSTOM } else { known.2 })
        });
        ClaimRow {
            remark: remark(&name, &value, now),
            name,
            value,
            meaning,
            source,
        }
    };
    claims.to_map().into_iter().map(row).collect()
}

/// How the token was got, as far as it tells.
pub(super) fn grant(claims: &Claims, kind: TokenKind) -> Option<String> {
    if !matches!(kind, TokenKind::AccessToken | TokenKind::IdToken) {
        return None;
    }
    let gty = claims.get("gty").map(|gty| match gty.as_str() {
        Some(name) => name.into_owned(),
        None => gty.as_strings().unwrap_or_default().join(", "),
    });
    let machine = claims
        .subject()
        .is_some_and(|subject| subject.ends_with("@clients"));
    Some(match (gty, machine) {
        (Some(gty), _) => gty,
        (None, true) => "client-credentials".into(),
        (None, false) => "a user's login (authorization code or implicit)".into(),
    })
}

fn remark(name: &str, value: &Value, now: u64) -> Option<String> {
    if !["exp", "nbf", "iat", "auth_time"].contains(&name) {
        return None;
    }
    let at = value.as_u64()?;
    Some(if at > now {
        format!("in {}", span(at - now))
    } else {
        format!("{} ago", span(now - at))
    })
}
