//! Apple's two peculiarities: the client secret is a JWT of ours, and the name comes in a form
//! field beside the code, at the first login only (Sign in with Apple: "Creating a client secret",
//! "Authenticating users with Sign in with Apple").

use aldgate_jose::{Alg, SigningKey, b64};
use serde_json::{Map, Value, json};

use crate::connection::Connection;
use crate::error::Refusal;
use crate::secret::Secret;
use crate::time::{Seconds, Timestamp};

use super::options::text;

/// Apple accepts up to six months; each request gets its own.
const LIFETIME: Seconds = Seconds::minutes(5);

const AUDIENCE: &str = "https://appleid.apple.com";

/// The longest `user` field that is read, in bytes.
const USER_BYTES_MAX: usize = 4096;

/// Signs the client secret of one request. `key`: the `.p8` file of the key, PKCS #8 in PEM.
///
/// # Errors
/// When an option is missing or the key is none.
pub fn client_secret(
    connection: &Connection,
    key: &Secret<String>,
    now: Timestamp,
) -> Result<Secret<String>, Refusal> {
    let option = |name: &str| {
        text(&connection.options, name).ok_or_else(|| {
            let cause = format!("The connection {} has no option {name}.", connection.name);
            Refusal::new("federation_unconfigured", cause).expected(format!("options.{name}"))
        })
    };
    let (team, kid, client) = (option("team_id")?, option("kid")?, option("client_id")?);
    let body: String = key
        .expose()
        .lines()
        .filter(|line| !line.starts_with("-----"))
        .flat_map(str::split_whitespace)
        .collect();
    let key = b64::decode_standard(&body)
        .and_then(|pkcs8| SigningKey::from_pkcs8(Alg::ES256, kid, &pkcs8))
        .map_err(|error| {
            Refusal::new(
                "federation_unconfigured",
                "The key for Apple cannot be used.",
            )
            .expected("options.app_secret: the .p8 file of a P-256 key, in PEM")
            .actual(&error.to_string())
        })?;
    let claims = json!({
        "iss": team,
        "iat": now.seconds(),
        "exp": (now + LIFETIME).seconds(),
        "aud": AUDIENCE,
        "sub": client,
    });
    Ok(Secret::new(key.sign("JWT", claims.to_string().as_bytes())))
}

/// The name in the `user` field. Nobody signed it, so the address in it counts for nothing.
#[must_use]
pub fn name(user: &str) -> Map<String, Value> {
    let mut claims = Map::new();
    if user.len() > USER_BYTES_MAX {
        return claims;
    }
    let user: Value = serde_json::from_str(user).unwrap_or_default();
    for (claim, member) in [("given_name", "firstName"), ("family_name", "lastName")] {
        if let Some(text) = user["name"][member].as_str() {
            claims.insert(claim.to_owned(), text.into());
        }
    }
    claims
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::federation::testing::connection;
    use aldgate_jose::jwt;

    #[test]
    fn the_secret_is_signed_for_a_few_minutes() {
        let signing = SigningKey::generate(Alg::ES256).unwrap();
        let pem = b64::encode_standard(&signing.to_pkcs8().unwrap());
        let pem = format!("-----BEGIN PRIVATE KEY-----\n{pem}\n-----END PRIVATE KEY-----\n");
        let options = json!({"client_id": "c", "team_id": "T", "kid": "K"});
        let apple = connection("apple", options);
        let now = Timestamp::from_seconds(1_000);
        let secret = client_secret(&apple, &Secret::new(pem), now).unwrap();
        let claims = jwt::verify(secret.expose(), &signing.verifying_key()).unwrap();
        assert_eq!((claims.issuer(), claims.subject()), (Some("T"), Some("c")));
        assert!(claims.has_audience(AUDIENCE));
        assert_eq!(claims.expires_at().unwrap().seconds(), 1_300);
        let bad = client_secret(&apple, &Secret::new("x".into()), now).unwrap_err();
        assert_eq!(bad.code, "federation_unconfigured");
        let bare = connection("apple", json!({"client_id": "c"}));
        assert!(client_secret(&bare, &Secret::new(String::new()), now).is_err());
    }

    #[test]
    fn fed_01_the_unsigned_field_gives_a_name_and_no_address() {
        let user = r#"{"name":{"firstName":"Ada","lastName":"L"},"email":"victim@x.org"}"#;
        assert_eq!(
            Value::Object(name(user)),
            json!({"given_name": "Ada", "family_name": "L"})
        );
        assert!(name("x").is_empty() && name(&format!("\"{}\"", "a".repeat(5000))).is_empty());
    }
}
