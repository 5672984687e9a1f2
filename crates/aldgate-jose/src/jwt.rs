//! Claims of a JWT, read strictly (RFC 7519, RFC 8725).

use std::borrow::Cow;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::json::{self, Kind, Name, Raw, Span};
use crate::{JoseError, Verified, VerifyingKey, jws};

/// Largest time that is read, in seconds: 2^53, beyond which JSON numbers lose seconds.
const TIME_MAX: u64 = 1 << 53;

/// Parses a token, checks its signature with the key and reads its claims. Nothing about the
/// claims is decided: compare issuer, audience and times yourself, or use `aldgate-verify`.
///
/// # Errors
/// Any [`JoseError`] about the token.
pub fn verify(token: &str, key: &VerifyingKey) -> Result<Verified<Claims>, JoseError> {
    Claims::from_payload(jws::parse(token)?.verify_payload(key)?)
}

/// The claims of a token. The registered ones have the right type or the token is refused;
/// "wrong type" is never "absent".
#[derive(Clone, Debug)]
pub struct Claims {
    json: String,
    members: Vec<Member>,
    /// Values of strings with escapes, which are not pieces of the JSON.
    own: Vec<Box<str>>,
    issuer: Option<Text>,
    subject: Option<Text>,
    jwt_id: Option<Text>,
    audience: Texts,
    marks_id_token: bool,
    expires_at: Option<NumericDate>,
    not_before: Option<NumericDate>,
    issued_at: Option<NumericDate>,
}

impl Claims {
    /// Reads claims from JSON.
    ///
    /// # Errors
    /// [`JoseError::Json`], [`JoseError::DuplicateMember`], [`JoseError::TooLarge`] (nesting, or
    /// 4 GiB), [`JoseError::ClaimType`], [`JoseError::ClaimAudience`], [`JoseError::ClaimTime`].
    pub fn parse(json: Vec<u8>) -> Result<Self, JoseError> {
        let json = String::from_utf8(json).map_err(|_| JoseError::Json)?;
        if json.len() >= OWN as usize {
            return Err(JoseError::TooLarge);
        }
        let mut claims = Self {
            json: String::new(),
            members: Vec::with_capacity(16),
            own: Vec::new(),
            issuer: None,
            subject: None,
            jwt_id: None,
            audience: Texts::default(),
            marks_id_token: false,
            expires_at: None,
            not_before: None,
            issued_at: None,
        };
        json::object(&json, &mut |name, value| claims.member(&json, name, value))?;
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

    /// Reads the claims of a verified payload and keeps the proof.
    ///
    /// # Errors
    /// As [`Claims::parse`].
    pub fn from_payload(payload: Verified<Vec<u8>>) -> Result<Verified<Self>, JoseError> {
        Self::parse(payload.into_inner()).map(Verified)
    }

    fn member(&mut self, json: &str, name: Name<'_>, value: Span) -> Result<(), JoseError> {
        match name.text {
            "iss" => self.issuer = Some(self.string_at(json, value)?),
            "sub" => self.subject = Some(self.string_at(json, value)?),
            "jti" => self.jwt_id = Some(self.string_at(json, value)?),
            "aud" => self.audience = self.audience_at(json, value)?,
            "exp" => self.expires_at = Some(NumericDate::parse(value.of(json))?),
            "nbf" => self.not_before = Some(NumericDate::parse(value.of(json))?),
            "iat" => self.issued_at = Some(NumericDate::parse(value.of(json))?),
            "nonce" | "at_hash" | "c_hash" | "s_hash" => self.marks_id_token = true,
            _ => {}
        }
        let name = match name.start {
            Some(start) => Text::piece(start, start + name.text.len()),
            None => self.keep(name.text.to_owned()),
        };
        self.members.push(Member {
            name,
            kind: value.kind,
            is_escaped: value.is_escaped,
            value: Text::piece(value.start, value.end),
        });
        Ok(())
    }

    /// A string value that must be one.
    fn string_at(&mut self, json: &str, value: Span) -> Result<Text, JoseError> {
        if value.kind != Kind::String {
            return Err(JoseError::ClaimType);
        }
        Ok(match value.of(json).as_str() {
            Some(Cow::Owned(text)) => self.keep(text),
            _ => Text::piece(value.start + 1, value.end - 1),
        })
    }

    fn audience_at(&mut self, json: &str, value: Span) -> Result<Texts, JoseError> {
        let wrong = |_| JoseError::ClaimAudience;
        let mut all = Texts::default();
        if value.kind != Kind::Array {
            all.push(self.string_at(json, value).map_err(wrong)?);
            return Ok(all);
        }
        json::array(value.of(json).text, &mut |element| {
            let element = Span {
                start: value.start + element.start,
                end: value.start + element.end,
                ..element
            };
            all.push(self.string_at(json, element).map_err(wrong)?);
            Ok(())
        })?;
        match all.count {
            0 => Err(JoseError::ClaimAudience),
            _ => Ok(all),
        }
    }

    fn keep(&mut self, text: String) -> Text {
        self.own.push(text.into());
        Text {
            start: (self.own.len() - 1) as u32,
            end: OWN,
        }
    }

    fn text(&self, text: Text) -> &str {
        match text.end {
            OWN => &self.own[text.start as usize],
            end => &self.json[text.start as usize..end as usize],
        }
    }

    /// Whether a text is this one. Most are not, and their lengths say so.
    #[inline]
    fn is(&self, text: Text, expected: &str) -> bool {
        let length = text.end.wrapping_sub(text.start) as usize;
        (length == expected.len() || text.end == OWN) && self.text(text) == expected
    }

    /// `iss`.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.issuer.map(|text| self.text(text))
    }

    /// `sub`.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.subject.map(|text| self.text(text))
    }

    /// `jti`.
    #[must_use]
    pub fn jwt_id(&self) -> Option<&str> {
        self.jwt_id.map(|text| self.text(text))
    }

    /// `aud`: empty only when the claim is absent.
    pub fn audience(&self) -> impl Iterator<Item = &str> {
        self.audience.iter().map(|text| self.text(*text))
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
            .find(|member| self.is(member.name, name))?;
        Some(Claim(Raw {
            kind: member.kind,
            is_escaped: member.is_escaped,
            text: self.text(member.value),
        }))
    }

    /// Whether there is a claim that only ID tokens have: `nonce` or the hash of what came along
    /// (OpenID Connect Core sections 2 and 3.3.2.11).
    #[must_use]
    pub const fn marks_id_token(&self) -> bool {
        self.marks_id_token
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
        self.members.iter().map(|member| self.text(member.name))
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
        json::array(self.0.text, &mut |element| {
            let string = element.of(self.0.text).as_str();
            strings.push(string.ok_or(JoseError::ClaimType)?);
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
        let digits = raw.text.as_bytes();
        if digits.len() <= 15 && digits.iter().all(u8::is_ascii_digit) {
            let value = |digit: &u8| u64::from(digit - b'0');
            let seconds = digits.iter().fold(0, |sum, digit| sum * 10 + value(digit));
            return Ok(Self::from_seconds(seconds));
        }
        if let Ok(seconds) = raw.text.parse::<u64>() {
            let date = Self::from_seconds(seconds);
            return match seconds <= TIME_MAX {
                true => Ok(date),
                false => Err(JoseError::ClaimTime),
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

#[derive(Clone, Copy, Debug)]
struct Member {
    name: Text,
    kind: Kind,
    is_escaped: bool,
    value: Text,
}

/// A piece of the JSON by where it starts and ends. Where it ends at [`OWN`], it is a string of
/// its own, which had escapes, and starts says which.
#[derive(Clone, Copy, Debug, Default)]
struct Text {
    start: u32,
    end: u32,
}

const OWN: u32 = u32::MAX;

/// Texts, of which there are usually one or two: those need no heap.
#[derive(Clone, Debug, Default)]
struct Texts {
    few: [Text; 2],
    count: usize,
    more: Vec<Text>,
}

impl Texts {
    fn push(&mut self, text: Text) {
        match self.few.get_mut(self.count) {
            Some(place) => *place = text,
            None => self.more.push(text),
        }
        self.count += 1;
    }

    fn iter(&self) -> impl Iterator<Item = &Text> {
        self.few.iter().take(self.count).chain(&self.more)
    }
}

impl Text {
    /// The JSON is shorter than [`OWN`].
    const fn piece(start: usize, end: usize) -> Self {
        Self {
            start: start as u32,
            end: end as u32,
        }
    }
}

#[cfg(test)]
mod tests;
