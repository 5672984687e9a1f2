//! The provider's answer to a code (RFC 6749 section 5), and the profile it hands out.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::Refusal;
use crate::time::{Seconds, Timestamp};

/// The longest token that is kept, in bytes.
const TOKEN_BYTES_MAX: usize = 16 * 1024;

/// What a provider gave for a code. Kept sealed; shown only with `read:user_idp_tokens`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    /// For the provider's APIs.
    pub access_token: String,
    /// For further access tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// Says who logged in; sent back as a hint at logout.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_token: Option<String>,
    /// When the access token ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tokens(…)")
    }
}

impl Tokens {
    /// Reads the answer of a token endpoint.
    ///
    /// # Errors
    /// An error of the provider, another type of token, something that is no answer.
    pub fn read(status: u16, body: &[u8], now: Timestamp) -> Result<Self, Refusal> {
        let members: Map<String, Value> = serde_json::from_slice(body).map_err(|_| {
            wrong(
                "is no JSON object",
                &format!("HTTP {status}, {} bytes", body.len()),
            )
        })?;
        let text = |name: &str| members.get(name).and_then(Value::as_str);
        // GitHub answers errors with status 200.
        if let Some(error) = text("error") {
            let said = text("error_description").unwrap_or_default();
            return Err(wrong("is an error", &format!("{error}: {said}")).remedy(
                "Compare client id, client secret and the registered callback /login/callback.",
            ));
        }
        if status != 200 {
            return Err(wrong("has another status", &format!("HTTP {status}")).expected("HTTP 200"));
        }
        let kind = text("token_type").unwrap_or("bearer");
        if !kind.eq_ignore_ascii_case("bearer") {
            return Err(wrong("has another type of token", kind).expected("Bearer"));
        }
        let token = |name: &'static str| match text(name) {
            Some(token) if token.is_empty() || token.len() > TOKEN_BYTES_MAX => Err(wrong(
                "has an unusable token",
                &format!("{name} of {} bytes", token.len()),
            )),
            token => Ok(token.map(str::to_owned)),
        };
        let access_token = token("access_token")?;
        let expires_in = members.get("expires_in").and_then(Value::as_u64);
        Ok(Self {
            access_token: access_token.ok_or_else(|| wrong("has no access_token", ""))?,
            refresh_token: token("refresh_token")?,
            id_token: token("id_token")?,
            expires_at: expires_in.map(|seconds| now + Seconds(seconds.min(1 << 32))),
        })
    }

    /// The members that the Management API shows with an identity (Auth0).
    #[must_use]
    pub fn to_wire(&self, now: Timestamp) -> Map<String, Value> {
        let mut wire = Map::new();
        wire.insert("access_token".into(), self.access_token.clone().into());
        if let Some(token) = &self.refresh_token {
            wire.insert("refresh_token".into(), token.clone().into());
        }
        if let Some(at) = self.expires_at {
            wire.insert("expires_in".into(), at.since(now).0.into());
        }
        wire
    }
}

/// Reads the answer of a profile endpoint.
///
/// # Errors
/// When it is no JSON object with status 200.
pub fn userinfo(status: u16, body: &[u8]) -> Result<Map<String, Value>, Refusal> {
    let refuse = |actual: String| {
        Refusal::new(
            "federation_userinfo",
            "The provider's answer about the user cannot be used.",
        )
        .expected("HTTP 200 with a JSON object")
        .actual(&actual)
        .remedy("Compare userinfo_endpoint and scope in the connection's options.")
    };
    if status != 200 {
        return Err(refuse(format!("HTTP {status}")));
    }
    serde_json::from_slice(body)
        .map_err(|_| refuse(format!("{} bytes of something else", body.len())))
}

/// Puts the answer of the profile endpoint over the claims of the ID token.
///
/// An address and the word that it is verified come from one document: the one of the other would
/// vouch for an address that it never saw (FED-01).
///
/// # Errors
/// When both are about different people (OpenID Connect Core section 5.3.2).
pub fn merge(
    mut claims: Map<String, Value>,
    userinfo: Map<String, Value>,
) -> Result<Map<String, Value>, Refusal> {
    let (token, info) = (claims.get("sub"), userinfo.get("sub"));
    if info != token {
        let actual = info.map_or_else(|| "no sub".to_owned(), Value::to_string);
        let cause = "The profile is about somebody else than the ID token.";
        return Err(Refusal::new("federation_userinfo_sub", cause)
            .expected("the sub of the ID token")
            .actual(&actual)
            .remedy("Never use this answer; tell the provider."));
    }
    let same = userinfo.get("email") == claims.get("email");
    if userinfo.contains_key("email") && !same {
        claims.remove("email_verified");
    }
    for (name, value) in userinfo {
        let verified = name == "email_verified" && !same && !claims.contains_key("email");
        let protocol = ["iss", "aud", "exp", "iat", "nonce", "azp"].contains(&name.as_str());
        if !protocol && !verified {
            claims.insert(name, value);
        }
    }
    Ok(claims)
}

/// GitHub lists addresses apart: the primary one, and whether it is verified.
#[must_use]
pub fn github_email(body: &[u8]) -> Option<(String, bool)> {
    let list: Vec<Value> = serde_json::from_slice(body).ok()?;
    let primary = list.iter().find(|one| one["primary"] == true)?;
    let address = primary["email"].as_str()?.to_owned();
    Some((address, primary["verified"] == true))
}

fn wrong(what: &str, actual: &str) -> Refusal {
    let cause = format!("The provider's answer to the code {what}.");
    Refusal::new("federation_token", cause).actual(actual)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOW: Timestamp = Timestamp::from_seconds(9);

    fn read(status: u16, body: &str) -> Result<Tokens, Refusal> {
        Tokens::read(status, body.as_bytes(), NOW)
    }

    #[test]
    fn fed_02_only_a_token_answer_is_one() {
        let good = r#"{"access_token":"a","token_type":"Bearer","expires_in":60,"x":1}"#;
        let tokens = read(200, good).unwrap();
        assert_eq!(tokens.expires_at, Some(NOW + Seconds(60)));
        assert_eq!(tokens.to_wire(NOW)["expires_in"], 60);
        assert_eq!(format!("{tokens:?}"), "Tokens(…)");
        let long = format!(
            r#"{{"access_token":"{}"}}"#,
            "a".repeat(TOKEN_BYTES_MAX + 1)
        );
        for (status, bad) in [
            (200, "<html>"),
            (200, "[]"),
            (200, "{}"),
            (
                200,
                r#"{"error":"bad_verification_code","access_token":"a"}"#,
            ),
            (400, r#"{"error":"invalid_grant"}"#),
            (302, good),
            (200, r#"{"access_token":"a","token_type":"mac"}"#),
            (200, r#"{"access_token":""}"#),
            (200, &long),
        ] {
            assert_eq!(
                read(status, bad).unwrap_err().code,
                "federation_token",
                "{bad:.60}"
            );
        }
    }

    #[test]
    fn fed_01_verified_stays_with_its_address() {
        let map = |value: Value| value.as_object().cloned().unwrap();
        let merged = |token: Value, info: Value| merge(map(token), map(info)).map(Value::Object);
        let token = json!({"sub": "1", "email": "attacker@x.org", "email_verified": true});
        let other = merged(token.clone(), json!({"sub": "1", "email": "victim@x.org"})).unwrap();
        assert_eq!(other["email"], "victim@x.org");
        assert_eq!(other.get("email_verified"), None);
        let more = json!({"sub": "1", "name": "A", "email_verified": false, "aud": "x"});
        let more = merged(token.clone(), more).unwrap();
        assert_eq!(more["name"], "A");
        assert_eq!(more.get("aud"), None);
        for sub in [json!({"sub": "2"}), json!({}), json!({"sub": 1})] {
            assert!(merged(token.clone(), sub).is_err());
        }
        assert!(userinfo(200, b"{}").is_ok() && userinfo(200, b"x").is_err());
        assert!(userinfo(401, b"{}").is_err());
    }

    #[test]
    fn github_tells_the_primary_address() {
        let body = br#"[{"email":"b@x","primary":false,"verified":true},
            {"email":"a@x","primary":true,"verified":false}]"#;
        assert_eq!(github_email(body), Some(("a@x".into(), false)));
        assert_eq!(github_email(b"{}"), None);
    }
}
