//! The user's standard claims by scope and by the `claims` parameter (OpenID Connect Core sections
//! 5.1, 5.4, 5.5).

use serde_json::{Map, Value, json};

use crate::scope::Scopes;
use crate::user::User;

/// Where claims go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// The ID token.
    IdToken,
    /// The answer of `/userinfo`.
    UserInfo,
}

impl Target {
    /// The member of the `claims` parameter.
    const fn member(self) -> &'static str {
        match self {
            Self::IdToken => "id_token",
            Self::UserInfo => "userinfo",
        }
    }
}

/// The claims of `user` that the scopes open, and those that `requested` (the `claims` parameter)
/// names. Absent values are left out.
#[must_use]
pub fn standard_claims(
    user: &User,
    scope: &Scopes,
    target: Target,
    requested: Option<&Value>,
) -> Map<String, Value> {
    let mut claims = Map::new();
    for (owner, name, value) in all(user) {
        let wanted = scope.contains(owner) || is_requested(requested, target, name);
        if let Some(value) = value.filter(|_| wanted) {
            claims.insert(name.to_owned(), value);
        }
    }
    // Auth0 calls it so at /userinfo; the standard name is there, too.
    if target == Target::UserInfo
        && let Some(verified) = claims.get("phone_number_verified").cloned()
    {
        claims.insert("phone_verified".to_owned(), verified);
    }
    claims
}

/// Whether the `claims` parameter asks for `name` at `target`.
pub(super) fn is_requested(requested: Option<&Value>, target: Target, name: &str) -> bool {
    let member = requested.and_then(|claims| claims.get(target.member()));
    member
        .and_then(Value::as_object)
        .is_some_and(|wanted| wanted.contains_key(name))
}

/// Every claim with the scope that opens it, in the order of OpenID Connect Core section 5.4.
fn all(user: &User) -> [(&'static str, &'static str, Option<Value>); 19] {
    let p = &user.profile;
    let text = |value: &Option<String>| value.clone().map(Value::String);
    let username = p.preferred_username.as_ref().or(user.username.as_ref());
    let has_phone = user.phone_number.is_some();
    [
        ("profile", "name", text(&p.name)),
        ("profile", "given_name", text(&p.given_name)),
        ("profile", "family_name", text(&p.family_name)),
        ("profile", "middle_name", text(&p.middle_name)),
        ("profile", "nickname", text(&p.nickname)),
        (
            "profile",
            "preferred_username",
            username.cloned().map(Value::String),
        ),
        ("profile", "profile", text(&p.profile)),
        ("profile", "picture", text(&p.picture)),
        ("profile", "website", text(&p.website)),
        ("profile", "gender", text(&p.gender)),
        ("profile", "birthdate", text(&p.birthdate)),
        ("profile", "zoneinfo", text(&p.zoneinfo)),
        ("profile", "locale", text(&p.locale)),
        // ISO 8601 as Auth0 has it, not the number of OpenID Connect.
        (
            "profile",
            "updated_at",
            Some(json!(user.updated_at.iso8601())),
        ),
        ("email", "email", text(&user.email)),
        (
            "email",
            "email_verified",
            user.email.as_ref().map(|_| json!(user.email_verified)),
        ),
        ("phone", "phone_number", text(&user.phone_number)),
        (
            "phone",
            "phone_number_verified",
            has_phone.then(|| json!(user.phone_verified)),
        ),
        ("address", "address", p.address.clone().map(Value::Object)),
    ]
}
