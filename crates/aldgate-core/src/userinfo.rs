//! The answer of `/userinfo` (OpenID Connect Core section 5.3).

use serde_json::{Map, Value};

use crate::application::Application;
use crate::grant::Grant;
use crate::scope::Scopes;
use crate::token::{CustomClaims, Target, standard_claims};
use crate::user::User;

/// What `/userinfo` tells about `user` under `scope`: `sub` and the claims that the scopes open,
/// those of the `claims` parameter for first-party applications, and what actions added to the ID
/// token.
#[must_use]
pub fn answer(
    user: &User,
    scope: &Scopes,
    grant: &Grant,
    application: &Application,
    custom: &CustomClaims,
) -> Map<String, Value> {
    let requested = grant.claims.as_ref().filter(|_| application.is_first_party);
    let mut claims = Map::new();
    claims.insert("sub".to_owned(), Value::String(user.id.to_string()));
    claims.extend(standard_claims(user, scope, Target::UserInfo, requested));
    claims.extend(custom.as_map().clone());
    claims
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::grant::testing::{grant, user};

    #[test]
    fn the_answer_follows_scopes_and_the_claims_parameter() {
        let app = json!({"client_id": "app", "name": "App"});
        let app: Application = serde_json::from_value(app).unwrap();
        let mut user = user(false);
        user.phone_number = Some("+491".into());
        let mut grant = grant();
        let tell = |grant: &Grant, scope: &str| {
            let scope = Scopes::parse(scope).unwrap();
            Value::Object(answer(&user, &scope, grant, &app, CustomClaims::none()))
        };
        assert_eq!(tell(&grant, "openid"), json!({"sub": "auth0|1"}));
        let phone = json!({
            "sub": "auth0|1", "phone_number": "+491", "phone_number_verified": false,
            "phone_verified": false,
        });
        assert_eq!(tell(&grant, "openid phone"), phone);
        grant.claims = Some(json!({"userinfo": {"email": null}}));
        let email = json!({"sub": "auth0|1", "email": "ann@example.com"});
        assert_eq!(tell(&grant, "openid"), email);
    }
}
