//! The provider's words about a user, put into ours (Auth0: normalised user profile).

use serde_json::{Map, Value};

use super::preset::Preset;
use super::realm;
use crate::connection::Connection;
use crate::error::Refusal;
use crate::signup;
use crate::user::Profile;

/// The longest member of a profile, in characters; addresses of pictures are longer than names.
const TEXT_CHARS_MAX: usize = 2048;

/// The longest subject, in bytes: user ids have at most 255.
const SUBJECT_BYTES_MAX: usize = 200;

/// Members that are addresses: anything but https is dropped, since pages show them.
const ADDRESSES: [&str; 3] = ["picture", "profile", "website"];

/// Who a provider says has logged in.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrival {
    /// The id at the provider, in the form of our user ids ([`Preset::subject`]).
    pub subject: String,
    /// E-mail address.
    pub email: Option<String>,
    /// Whether the provider vouches for the address, and may.
    pub email_verified: bool,
    /// The rest.
    pub profile: Profile,
}

impl Arrival {
    /// Reads the provider's claims.
    ///
    /// # Errors
    /// When there is no usable id.
    pub fn read(
        preset: &Preset,
        connection: &Connection,
        claims: &Map<String, Value>,
    ) -> Result<Self, Refusal> {
        let claims = Value::Object(claims.clone());
        let found = |name: &str| {
            let (_, pointer) = preset.fields.iter().find(|(own, _)| *own == name)?;
            claims.pointer(pointer)
        };
        let subject = subject(found("sub"))?;
        let email = found("email").and_then(Value::as_str);
        let email = email.and_then(|email| signup::email(email).ok());
        let vouched = is_true(preset, found("email_verified"))
            && email
                .as_deref()
                .is_some_and(|one| realm::may_vouch(preset, connection, one));
        let mut texts = Map::new();
        for (name, _) in preset.fields {
            let text = found(name).and_then(|value| text(name, value));
            texts.extend(text.map(|text| ((*name).to_owned(), Value::String(text))));
        }
        // Every member is a text, so that this cannot fail.
        let profile: Profile = serde_json::from_value(Value::Object(texts)).unwrap_or_default();
        Ok(Self {
            subject: preset.subject(&connection.name, &subject),
            profile: complete(profile, email.as_deref()),
            email_verified: vouched,
            email,
        })
    }
}

/// Text, or a number as GitHub has it.
fn subject(value: Option<&Value>) -> Result<String, Refusal> {
    let subject = match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) if number.is_u64() => number.to_string(),
        _ => String::new(),
    };
    let printable = subject.bytes().all(|b| (b'!'..=b'~').contains(&b));
    if !subject.is_empty() && subject.len() <= SUBJECT_BYTES_MAX && printable {
        return Ok(subject);
    }
    let actual = value.map_or_else(|| "nothing".to_owned(), Value::to_string);
    Err(Refusal::new(
        "federation_subject",
        "The provider does not say who logged in.",
    )
    .expected("an id of 1 to 200 printable ASCII characters")
    .actual(&actual))
}

/// FED-01: the JSON value `true`. Apple alone documents the text as well.
fn is_true(preset: &Preset, value: Option<&Value>) -> bool {
    match value {
        Some(Value::Bool(true)) => true,
        Some(Value::String(text)) => preset.strategy == "apple" && text == "true",
        _ => false,
    }
}

/// A member that can be shown: no control characters, not endless, addresses with https.
fn text(name: &str, value: &Value) -> Option<String> {
    let text = value.as_str()?;
    let text: String = text
        .chars()
        .filter(|c| !c.is_control())
        .take(TEXT_CHARS_MAX)
        .collect();
    let text = text.trim();
    let harmless = !ADDRESSES.contains(&name) || text.starts_with("https://");
    (!text.is_empty() && harmless).then(|| text.to_owned())
}

/// What Auth0 fills in: a nickname and a name for everybody.
fn complete(mut profile: Profile, email: Option<&str>) -> Profile {
    let local = email
        .and_then(|email| email.split_once('@'))
        .map(|(local, _)| local.to_owned());
    let nickname = profile
        .nickname
        .take()
        .or_else(|| profile.preferred_username.clone());
    profile.nickname = nickname.or(local);
    let both = match (&profile.given_name, &profile.family_name) {
        (Some(given), Some(family)) => Some(format!("{given} {family}")),
        (Some(one), None) | (None, Some(one)) => Some(one.clone()),
        (None, None) => None,
    };
    profile.name = profile
        .name
        .take()
        .or(both)
        .or_else(|| email.map(str::to_owned))
        .or_else(|| profile.nickname.clone());
    profile
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::federation::testing::connection;
    use serde_json::json;

    fn read(strategy: &str, claims: Value) -> Result<Arrival, Refusal> {
        let preset = Preset::of(strategy).unwrap();
        let claims = claims.as_object().unwrap();
        Arrival::read(preset, &connection(strategy, json!({})), claims)
    }

    #[test]
    fn profiles_of_every_kind_are_read() {
        let google = json!({"sub": "1", "email": "Ada@x.org", "email_verified": true,
            "name": "Ada", "picture": "https://x.org/p.png", "hd": "x.org"});
        let ada = read("google-oauth2", google).unwrap();
        assert_eq!((ada.subject.as_str(), ada.email_verified), ("1", true));
        assert_eq!(ada.profile.name.as_deref(), Some("Ada"));
        let github = json!({"id": 583_231, "login": "octocat", "name": null,
            "avatar_url": "https://x.org/a", "blog": "http://blog"});
        let cat = read("github", github).unwrap();
        assert_eq!(cat.subject, "583231");
        assert_eq!(cat.profile.name.as_deref(), Some("octocat"));
        assert_eq!(cat.profile.website, None, "not https");
        let twitter = json!({"data": {"id": "2", "name": "T", "username": "tee"}});
        assert_eq!(
            read("twitter", twitter)
                .unwrap()
                .profile
                .nickname
                .as_deref(),
            Some("tee")
        );
        let discord = json!({"id": "3", "username": "d", "email": "d@x.org", "verified": true});
        assert!(read("discord", discord).unwrap().email_verified);
        let facebook = json!({"id": "4", "first_name": "F", "last_name": "B",
            "picture": {"data": {"url": "https://x.org/f"}}, "email": "f@x.org"});
        let facebook = read("facebook", facebook).unwrap();
        assert_eq!(facebook.profile.name.as_deref(), Some("F B"));
        assert!(!facebook.email_verified, "Facebook does not say");
        assert_eq!(read("oidc", json!({"sub": "5"})).unwrap().subject, "corp|5");
    }

    #[test]
    fn fed_01_verified_is_the_json_value_true_and_nothing_else() {
        for verified in [
            json!(null),
            json!(false),
            json!("true"),
            json!(1),
            json!("1"),
        ] {
            let claims = json!({"sub": "1", "email": "a@x.org", "email_verified": verified});
            assert!(!read("oidc", claims).unwrap().email_verified, "{verified}");
        }
        let apple = json!({"sub": "1", "email": "a@x.org", "email_verified": "true"});
        assert!(read("apple", apple).unwrap().email_verified);
        let no_address = json!({"sub": "1", "email": "nonsense", "email_verified": true});
        let nobody = read("oidc", no_address).unwrap();
        assert_eq!((nobody.email, nobody.email_verified), (None, false));
    }

    #[test]
    fn fuz_01_hostile_profiles_are_bounded() {
        for sub in [
            json!(null),
            json!(""),
            json!("a b"),
            json!("ü"),
            json!(-1),
            json!(1.5),
            json!("a".repeat(201)),
            json!({"x": 1}),
        ] {
            assert!(read("oidc", json!({"sub": sub})).is_err(), "{sub}");
        }
        let long = json!({"sub": "1", "name": "a\u{0}".repeat(9000), "picture": "javascript:x"});
        let long = read("oidc", long).unwrap();
        assert_eq!(long.profile.name.unwrap().len(), TEXT_CHARS_MAX);
        assert_eq!(long.profile.picture, None);
    }
}
