//! Compact JWS, strict and bounded (RFC 7515, RFC 8725).

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use crate::json::{self, Kind, Raw, Span};
use crate::jwk::KID_BYTES_MAX;
use crate::{Alg, JoseError, VerifyingKey, b64, jwt};

/// Longest token that [`parse`] reads, in bytes.
pub const TOKEN_BYTES_MAX: usize = 16 * 1024;

/// Longest header, in bytes of JSON.
pub const HEADER_BYTES_MAX: usize = 4 * 1024;

/// Splits and checks a token without verifying it. Allocates only when the header is unusually
/// long or has escapes.
///
/// # Errors
/// Everything that can be wrong with the form, the header or its parameters. Five segments are
/// [`JoseError::Encrypted`].
pub fn parse(token: &str) -> Result<Unverified<'_>, JoseError> {
    parse_with_limit(token, TOKEN_BYTES_MAX)
}

/// [`parse`] with another limit on the length of the token, in bytes.
///
/// # Errors
/// As [`parse`].
pub fn parse_with_limit(token: &str, bytes_max: usize) -> Result<Unverified<'_>, JoseError> {
    read(token, bytes_max, None)
}

/// [`parse`], spared the header if it is one that is known.
///
/// # Errors
/// As [`parse`].
pub fn parse_knowing<'a>(
    token: &'a str,
    known: Option<&'a KnownHeader>,
) -> Result<Unverified<'a>, JoseError> {
    read(token, TOKEN_BYTES_MAX, known)
}

fn read<'a>(
    token: &'a str,
    bytes_max: usize,
    known: Option<&'a KnownHeader>,
) -> Result<Unverified<'a>, JoseError> {
    if token.len() > bytes_max {
        return Err(JoseError::TooLarge);
    }
    let mut dots = memchr::memchr_iter(b'.', token.as_bytes());
    let (Some(first), Some(second)) = (dots.next(), dots.next()) else {
        return Err(JoseError::Segments);
    };
    match dots.count() {
        0 => {}
        2 => return Err(JoseError::Encrypted),
        _ => return Err(JoseError::Segments),
    }
    let segment = &token[..first];
    let header = match known.filter(|known| *known.segment == *segment) {
        Some(known) => Cow::Borrowed(&known.header),
        None => Cow::Owned(Header::decode(segment)?),
    };
    Ok(Unverified {
        header,
        signing_input: &token[..second],
        payload: &token[first + 1..second],
        signature: &token[second + 1..],
    })
}

/// A header that was read before. Tokens of one key and one kind begin alike, and what is the same
/// text need not be read again.
pub struct KnownHeader {
    segment: Box<str>,
    header: Header,
}

/// A token whose form is right and whose signature nobody has checked.
pub struct Unverified<'a> {
    header: Cow<'a, Header>,
    signing_input: &'a str,
    payload: &'a str,
    signature: &'a str,
}

impl<'a> Unverified<'a> {
    /// The header: use it to choose a key, not to decide anything else.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The header, for tokens that come later.
    #[must_use]
    pub fn known_header(&self) -> KnownHeader {
        let length = self.signing_input.len() - self.payload.len() - 1;
        KnownHeader {
            segment: self.signing_input[..length].into(),
            header: (*self.header).clone(),
        }
    }

    /// What the signature covers: the first two segments with their dot.
    #[must_use]
    pub const fn signing_input(&self) -> &'a str {
        self.signing_input
    }

    /// Checks the signature.
    ///
    /// # Errors
    /// [`JoseError::AlgorithmMismatch`] when `alg` is not the key's own,
    /// [`JoseError::Signature`], and [`JoseError::Base64`] when a segment is malformed.
    pub fn verify(&self, key: &VerifyingKey) -> Result<Verified<Jws>, JoseError> {
        let payload = self.verify_payload(key)?.into_inner();
        Ok(Verified(Jws {
            header: (*self.header).clone(),
            payload,
        }))
    }

    /// Checks the signature and decodes the payload alone: the header stays here.
    ///
    /// # Errors
    /// As [`Unverified::verify`].
    pub fn verify_payload(&self, key: &VerifyingKey) -> Result<Verified<Vec<u8>>, JoseError> {
        // Long enough for RSA-8192.
        let mut buffer = [0; 1024];
        if self.signature.len() > buffer.len() / 3 * 4 {
            return Err(JoseError::Signature);
        }
        let length = b64::decode_into(self.signature, &mut buffer)?;
        key.verify(
            self.header.alg,
            self.signing_input.as_bytes(),
            &buffer[..length],
        )?;
        b64::decode(self.payload).map(Verified)
    }

    /// The payload although nobody vouches for it: for choosing an issuer and for explaining.
    ///
    /// # Errors
    /// [`JoseError::Base64`].
    pub fn dangerous_payload(&self) -> Result<Vec<u8>, JoseError> {
        b64::decode(self.payload)
    }

    /// The claims although nobody vouches for them.
    ///
    /// # Errors
    /// As [`jwt::Claims::parse`].
    pub fn dangerous_claims(&self) -> Result<jwt::Claims, JoseError> {
        jwt::Claims::parse(self.dangerous_payload()?)
    }
}

impl fmt::Debug for Unverified<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Unverified").field(&self.header).finish()
    }
}

/// Something whose signature was checked. Only this crate can make one.
#[derive(Clone, Debug)]
pub struct Verified<T>(pub(crate) T);

impl<T> Verified<T> {
    /// Gives up the proof and keeps the value.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Verified<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// A decoded token.
#[derive(Clone, Debug)]
pub struct Jws {
    pub(crate) header: Header,
    pub(crate) payload: Vec<u8>,
}

impl Jws {
    /// The header.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// The decoded payload.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }
}

/// The protected header, decoded.
#[derive(Clone)]
pub struct Header {
    json: Buffer,
    alg: Alg,
    kid: Option<Text>,
    typ: Option<Text>,
}

impl Header {
    /// The algorithm the token claims to be signed with.
    #[must_use]
    pub const fn alg(&self) -> Alg {
        self.alg
    }

    /// The name of the key: opaque, at most 256 bytes.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_ref().map(|kid| kid.of(&self.json))
    }

    /// The kind of token, as sent.
    #[must_use]
    pub fn typ(&self) -> Option<&str> {
        self.typ.as_ref().map(|typ| typ.of(&self.json))
    }

    /// Whether `typ` is this media type: without regard to case and to a leading `application/`
    /// (RFC 7515 section 4.1.9).
    #[must_use]
    pub fn is_typ(&self, expected: &str) -> bool {
        self.typ().is_some_and(|typ| is_typ(typ, expected))
    }

    /// A member as its JSON text, for the few kinds of token that put a key into their header.
    #[must_use]
    pub fn raw(&self, name: &str) -> Option<&str> {
        let mut found = None;
        let text = self.json.text();
        json::object(text, &mut |member, value| {
            if member.text == name {
                found = Some(value.of(text).text);
            }
            Ok(())
        })
        .ok()?;
        found
    }

    fn decode(segment: &str) -> Result<Self, JoseError> {
        let json = Buffer::decode(segment)?;
        let mut alg = Err(JoseError::AlgorithmUnknown);
        let (mut kid, mut typ) = (None, None);
        let text = json.text();
        json::object(text, &mut |name, value| {
            match name.text {
                "alg" => {
                    alg = value
                        .of(text)
                        .as_str()
                        .ok_or(JoseError::AlgorithmUnknown)
                        .and_then(|a| a.parse());
                }
                "kid" => {
                    kid = Some(Text::new(text, value).ok_or(JoseError::Kid)?);
                    if value.end - value.start > KID_BYTES_MAX + 2 {
                        return Err(JoseError::Kid);
                    }
                }
                "typ" => typ = Some(Text::new(text, value).ok_or(JoseError::HeaderParameter)?),
                "cty" => check_content_type(value.of(text))?,
                // Nothing critical is implemented, and the others belong to encryption.
                "crit" | "b64" | "zip" | "enc" | "p2c" | "p2s" | "epk" => {
                    return Err(JoseError::HeaderParameter);
                }
                _ => {}
            }
            Ok(())
        })?;
        Ok(Self {
            alg: alg?,
            kid,
            typ,
            json,
        })
    }
}

/// Whether a `typ` is this media type, without regard to case and to a leading `application/`
/// (RFC 7515 section 4.1.9).
#[must_use]
pub fn is_typ(typ: &str, expected: &str) -> bool {
    let short = match typ.get(..12) {
        Some(prefix) if prefix.eq_ignore_ascii_case("application/") => &typ[12..],
        _ => typ,
    };
    short.eq_ignore_ascii_case(expected)
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Header")
            .field("alg", &self.alg)
            .field("kid", &self.kid())
            .field("typ", &self.typ())
            .finish()
    }
}

/// A token within a token is nothing that a verifier here would open (RFC 7519 section 5.2).
fn check_content_type(raw: Raw<'_>) -> Result<(), JoseError> {
    match raw.as_str() {
        Some(cty) if !cty.to_ascii_lowercase().ends_with("jwt") => Ok(()),
        _ => Err(JoseError::HeaderParameter),
    }
}

/// Longest header that needs no heap, in bytes.
const INLINE: usize = 256;

/// Decoded JSON that usually needs no heap.
#[allow(clippy::large_enum_variant, reason = "the large one is the usual one")]
#[derive(Clone)]
enum Buffer {
    Inline { bytes: [u8; INLINE], length: usize },
    Heap(Box<str>),
}

impl Buffer {
    fn decode(segment: &str) -> Result<Self, JoseError> {
        if segment.len() / 4 * 3 > HEADER_BYTES_MAX {
            return Err(JoseError::TooLarge);
        }
        if segment.len() <= INLINE / 3 * 4 {
            let mut bytes = [0; INLINE];
            let length = b64::decode_into(segment, &mut bytes)?;
            std::str::from_utf8(&bytes[..length]).map_err(|_| JoseError::Json)?;
            return Ok(Self::Inline { bytes, length });
        }
        let text = String::from_utf8(b64::decode(segment)?).map_err(|_| JoseError::Json)?;
        Ok(Self::Heap(text.into()))
    }

    fn text(&self) -> &str {
        match self {
            Self::Inline { bytes, length } => std::str::from_utf8(&bytes[..*length])
                .expect("invariant: checked when it was decoded"),
            Self::Heap(text) => text,
        }
    }

    /// A part of the text, without a look at the rest.
    fn piece(&self, start: usize, end: usize) -> &str {
        match self {
            Self::Inline { bytes, .. } => std::str::from_utf8(&bytes[start..end])
                .expect("invariant: the scanner cut it out of a text"),
            Self::Heap(text) => &text[start..end],
        }
    }
}

/// A string value: a piece of the JSON, or its own text when it was escaped.
#[derive(Clone)]
enum Text {
    Piece(usize, usize),
    Own(Box<str>),
}

impl Text {
    fn new(whole: &str, value: Span) -> Option<Self> {
        if value.kind != Kind::String {
            return None;
        }
        if value.is_escaped {
            let own = value.of(whole).as_str();
            return own.map(|value| Self::Own(value.into()));
        }
        Some(Self::Piece(value.start + 1, value.end - 1))
    }

    fn of<'a>(&'a self, json: &'a Buffer) -> &'a str {
        match self {
            Self::Piece(start, end) => json.piece(*start, *end),
            Self::Own(text) => text,
        }
    }
}

#[cfg(test)]
mod tests;
