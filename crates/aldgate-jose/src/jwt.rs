//! Claims of a JWT, read strictly (RFC 7519, RFC 8725).

use std::borrow::Cow;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::json::{self, Kind, Raw};
use crate::{JoseError, Verified, VerifyingKey, jws};

/// Largest time that is read, in seconds: 2^53, beyond which JSON numbers lose seconds.
const TIME_MAX: u64 = 1 << 53;

/// Parses a token, checks its signature with the key and reads its claims. Nothing about the
/// claims is decided: compare issuer, audience and times yourself, or use `aldgate-verify`.
///
/// # Errors
/// Any [`JoseError`] about the token.
pub fn verify(token: &str, key: &VerifyingKey) -> Result<Verified<Claims>, JoseError> {
    Claims::from_verified(jws::parse(token)?.verify(key)?)
}

/// The claims of a token. The registered ones have the right type or the token is refused;
/// "wrong type" is never "absent".
#[derive(Clone, Debug)]
pub struct Claims {
    json: String,
    members: Vec<Member>,
    issuer: Option<Text>,
    subject: Option<Text>,
    jwt_id: Option<Text>,
    audience: Vec<Text>,
    expires_at: Option<NumericDate>,
    not_before: Option<NumericDate>,
    issued_at: Option<NumericDate>,
}

impl Claims {
    /// Reads claims from JSON.
    ///
    /// # Errors
    /// [`JoseError::Json`], [`JoseError::DuplicateMember`], [`JoseError::TooLarge`] (nesting),
    /// [`JoseError::ClaimType`], [`JoseError::ClaimAudience`], [`JoseError::ClaimTime`].
    pub fn parse(json: Vec<u8>) -> Result<Self, JoseError> {
        let json = String::from_utf8(json).map_err(|_| JoseError::Json)?;
        let mut claims = Self {
            json: String::new(),
            members: Vec::with_capacity(16),
            issuer: None,
            subject: None,
            jwt_id: None,
            audience: Vec::new(),
            expires_at: None,
            not_before: None,
            issued_at: None,
        };
        json::object(&json, &mut |name, raw| claims.member(&json, name, raw))?;
        claims.json = json;
        Ok(claims)
    }

    /// Reads the claims of a verified signature and keeps the proof.
    ///
    /// # Errors
    /// As [`Claims::parse`].
    pub fn from_verified(token: Verified<jws::Jws>) -> Result<Verified<Self>, JoseError> {
        Self::parse(token.into_inner().payload).map(Verified)
    }

    fn member(&mut self, json: &str, name: Cow<'_, str>, raw: Raw<'_>) -> Result<(), JoseError> {
        let string = || Text::string(json, raw).ok_or(JoseError::ClaimType);
        match &*name {
            "iss" => self.issuer = Some(string()?),
            "sub" => self.subject = Some(string()?),
            "jti" => self.jwt_id = Some(string()?),
            "aud" => self.audience = audience(json, raw)?,
            "exp" => self.expires_at = Some(NumericDate::parse(raw)?),
            "nbf" => self.not_before = Some(NumericDate::parse(raw)?),
            "iat" => self.issued_at = Some(NumericDate::parse(raw)?),
            _ => {}
        }
        let start = offset(json, raw.text);
        self.members.push(Member {
            name: match name {
                Cow::Borrowed(name) => Text::Piece(offset(json, name), name.len()),
                Cow::Owned(name) => Text::Own(name.into()),
            },
            kind: raw.kind,
            value: (start, start + raw.text.len()),
        });
        Ok(())
    }

    /// `iss`.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.issuer.as_ref().map(|text| text.of(&self.json))
    }

    /// `sub`.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.subject.as_ref().map(|text| text.of(&self.json))
    }

    /// `jti`.
    #[must_use]
    pub fn jwt_id(&self) -> Option<&str> {
        self.jwt_id.as_ref().map(|text| text.of(&self.json))
    }

    /// `aud`: empty only when the claim is absent.
    pub fn audience(&self) -> impl Iterator<Item = &str> {
        self.audience.iter().map(|text| text.of(&self.json))
    }

    /// Whether `aud` contains exactly this string.
    #[must_use]
    pub fn has_audience(&self, expected: &str) -> bool {
        self.audience().any(|audience| audience == expected)
    }

    /// `exp`.
    #[must_use]
    pub const fn expires_at(&self) -> Option<NumericDate> {
        self.expires_at
    }

    /// `nbf`.
    #[must_use]
    pub const fn not_before(&self) -> Option<NumericDate> {
        self.not_before
    }

    /// `iat`.
    #[must_use]
    pub const fn issued_at(&self) -> Option<NumericDate> {
        self.issued_at
    }

    /// Any claim.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Claim<'_>> {
        let member = self
            .members
            .iter()
            .find(|member| member.name.of(&self.json) == name)?;
        Some(member.claim(&self.json))
    }

    /// A claim that must be a string if it is there.
    ///
    /// # Errors
    /// [`JoseError::ClaimType`].
    pub fn string(&self, name: &str) -> Result<Option<Cow<'_, str>>, JoseError> {
        match self.get(name) {
            None => Ok(None),
            Some(claim) => claim.as_str().map(Some).ok_or(JoseError::ClaimType),
        }
    }

    /// A claim that must be a time if it is there.
    ///
    /// # Errors
    /// [`JoseError::ClaimTime`].
    pub fn time(&self, name: &str) -> Result<Option<NumericDate>, JoseError> {
        self.get(name)
            .map(|claim| NumericDate::parse(claim.0))
            .transpose()
    }

    /// The names of all claims, in the order of the token.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.members.iter().map(|member| member.name.of(&self.json))
    }

    /// The JSON text as it was signed.
    #[must_use]
    pub fn as_json(&self) -> &str {
        &self.json
    }

    /// All claims as an object.
    #[must_use]
    pub fn to_map(&self) -> Map<String, Value> {
        serde_json::from_str(&self.json).expect("invariant: checked when it was read")
    }

    /// All claims as a type of the caller's.
    ///
    /// # Errors
    /// What `serde_json` says.
    pub fn deserialize<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(&self.json)
    }
}

/// One claim.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a>(Raw<'a>);

impl<'a> Claim<'a> {
    /// Its string, if it is one.
    #[must_use]
    pub fn as_str(self) -> Option<Cow<'a, str>> {
        self.0.as_str()
    }

    /// Its truth value, if it is one.
    #[must_use]
    pub fn as_bool(self) -> Option<bool> {
        (self.0.kind == Kind::Bool).then_some(self.0.text == "true")
    }

    /// Its strings, if it is an array of strings and nothing else.
    #[must_use]
    pub fn as_strings(self) -> Option<Vec<Cow<'a, str>>> {
        if self.0.kind != Kind::Array {
            return None;
        }
        let mut strings = Vec::new();
        json::array(self.0, &mut |raw| {
            strings.push(raw.as_str().ok_or(JoseError::ClaimType)?);
            Ok(())
        })
        .ok()?;
        Some(strings)
    }

    /// Its JSON text.
    #[must_use]
    pub const fn as_json(self) -> &'a str {
        self.0.text
    }

    /// Its value.
    #[must_use]
    pub fn to_value(self) -> Value {
        serde_json::from_str(self.0.text).expect("invariant: checked when it was read")
    }
}

/// Seconds since 1970 with a fraction, as RFC 7519 section 2 allows. Ordered without wrapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NumericDate {
    seconds: u64,
    nanos: u32,
}

impl NumericDate {
    /// A whole second.
    #[must_use]
    pub const fn from_seconds(seconds: u64) -> Self {
        Self { seconds, nanos: 0 }
    }

    /// The whole seconds.
    #[must_use]
    pub const fn seconds(self) -> u64 {
        self.seconds
    }

    /// Microseconds since 1970, saturating.
    #[must_use]
    pub const fn micros(self) -> i64 {
        let micros = self
            .seconds
            .saturating_mul(1_000_000)
            .saturating_add(self.nanos as u64 / 1000);
        if micros > i64::MAX as u64 {
            i64::MAX
        } else {
            micros as i64
        }
    }

    fn parse(raw: Raw<'_>) -> Result<Self, JoseError> {
        if raw.kind != Kind::Number || raw.text.starts_with('-') {
            return Err(JoseError::ClaimTime);
        }
        if let Ok(seconds) = raw.text.parse::<u64>() {
            let date = Self { seconds, nanos: 0 };
            return if seconds <= TIME_MAX {
                Ok(date)
            } else {
                Err(JoseError::ClaimTime)
            };
        }
        match raw.text.parse::<f64>() {
            Ok(number) if number <= TIME_MAX as f64 => Ok(Self {
                seconds: number as u64,
                nanos: (number.fract() * 1e9) as u32,
            }),
            _ => Err(JoseError::ClaimTime),
        }
    }
}

#[derive(Clone, Debug)]
struct Member {
    name: Text,
    kind: Kind,
    value: (usize, usize),
}

impl Member {
    fn claim<'a>(&self, json: &'a str) -> Claim<'a> {
        Claim(Raw {
            kind: self.kind,
            text: &json[self.value.0..self.value.1],
        })
    }
}

/// A string: start and length within the JSON, or its own text when it was escaped.
#[derive(Clone, Debug)]
enum Text {
    Piece(usize, usize),
    Own(Box<str>),
}

impl Text {
    fn string(json: &str, raw: Raw<'_>) -> Option<Self> {
        Some(match raw.as_str()? {
            Cow::Borrowed(text) => Self::Piece(offset(json, text), text.len()),
            Cow::Owned(text) => Self::Own(text.into()),
        })
    }

    fn of<'a>(&'a self, json: &'a str) -> &'a str {
        match self {
            Self::Piece(start, length) => &json[*start..*start + *length],
            Self::Own(text) => text,
        }
    }
}

fn audience(json: &str, raw: Raw<'_>) -> Result<Vec<Text>, JoseError> {
    let string = |raw| Text::string(json, raw).ok_or(JoseError::ClaimAudience);
    if raw.kind != Kind::Array {
        return Ok(vec![string(raw)?]);
    }
    let mut all = Vec::with_capacity(2);
    json::array(raw, &mut |element| {
        all.push(string(element)?);
        Ok(())
    })?;
    if all.is_empty() {
        Err(JoseError::ClaimAudience)
    } else {
        Ok(all)
    }
}

/// Where a piece of `whole` starts.
fn offset(whole: &str, piece: &str) -> usize {
    piece.as_ptr() as usize - whole.as_ptr() as usize
}

#[cfg(test)]
mod tests;
