//! What kind of token a text is: the mistakes people make begin with the wrong kind.

use std::fmt;

use aldgate_jose::jwt::Claims;
use aldgate_jose::{b64, jws};
use serde::Serialize;

/// A kind of token, as far as it can be told from the outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TokenKind {
    /// A JWT access token (RFC 9068, or in the style of Auth0).
    AccessToken,
    /// A JWT by which an application authenticates itself (RFC 7523).
    ClientAssertion,
    /// Proof of possession of a key (RFC 9449).
    DpopProof,
    /// A JWE that only its audience can read.
    Encrypted,
    /// Tells an application who logged in (OpenID Connect Core section 2).
    IdToken,
    /// A JWT that is none of the others.
    Jwt,
    /// Tells an application that a session ended (OpenID Connect Back-Channel Logout).
    LogoutToken,
    /// A reference that only its issuer understands.
    Opaque,
    /// Gets new access tokens from the issuer; no API should ever see it.
    RefreshToken,
    /// Parameters of an authorization request (RFC 9101).
    RequestObject,
    /// Nothing that is used as a token.
    Unknown,
}

impl TokenKind {
    /// Its name in a sentence.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AccessToken => "an access token",
            Self::ClientAssertion => "a client assertion",
            Self::DpopProof => "a DPoP proof",
            Self::Encrypted => "an encrypted token (JWE)",
            Self::IdToken => "an ID token",
            Self::Jwt => "a JWT of no known kind",
            Self::LogoutToken => "a logout token",
            Self::Opaque => "an opaque token",
            Self::RefreshToken => "a refresh token",
            Self::RequestObject => "a request object",
            Self::Unknown => "not a token",
        }
    }
}

impl fmt::Display for TokenKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a text that is no JWT looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Look {
    /// `alda_…`: an opaque access token of Aldgate.
    AldgateAccess,
    /// `aldr_…`: a refresh token of Aldgate.
    AldgateRefresh,
    /// Five segments, `alg` `dir`: what Auth0 issues when no API was asked for.
    Auth0Opaque,
    /// `v1.…`: a refresh token of Auth0.
    Auth0Refresh,
    /// Five segments: some other JWE.
    Encrypted,
    /// Characters that no token has, or nothing at all.
    Garbage,
    /// Three segments: a JWT by its form.
    Jwt,
    /// A token by its characters; only its issuer knows what it says.
    Opaque,
}

impl Look {
    /// Judges by the form alone; does not allocate for what is not a token.
    #[must_use]
    pub fn of(token: &str) -> Self {
        if token.starts_with("alda_") {
            return Self::AldgateAccess;
        }
        if token.starts_with("aldr_") {
            return Self::AldgateRefresh;
        }
        let usual = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
        if token.len() < 8 || !token.bytes().all(usual) {
            return Self::Garbage;
        }
        let dots = token.bytes().filter(|byte| *byte == b'.').count();
        match dots {
            2 if token.starts_with("eyJ") => Self::Jwt,
            4 if token.starts_with("eyJ") => Self::of_jwe(token),
            1 if token.starts_with("v1.") => Self::Auth0Refresh,
            _ if token.len() <= 2048 => Self::Opaque,
            _ => Self::Garbage,
        }
    }

    /// The kind that this look means.
    #[must_use]
    pub const fn kind(self) -> TokenKind {
        match self {
            Self::AldgateAccess | Self::Auth0Opaque | Self::Opaque => TokenKind::Opaque,
            Self::AldgateRefresh | Self::Auth0Refresh => TokenKind::RefreshToken,
            Self::Encrypted => TokenKind::Encrypted,
            Self::Garbage => TokenKind::Unknown,
            Self::Jwt => TokenKind::Jwt,
        }
    }

    /// Auth0's opaque tokens are JWEs with a direct key: `alg` `dir`, the second segment empty.
    fn of_jwe(token: &str) -> Self {
        let mut segments = token.split('.');
        let (header, key) = (segments.next().unwrap_or(""), segments.next().unwrap_or(""));
        let mut buffer = [0; 512];
        let is_direct = b64::decode_into(header, &mut buffer).is_ok_and(|length| {
            let text = &buffer[..length];
            text.windows(5).any(|window| window == b"\"dir\"")
        });
        if is_direct && key.is_empty() {
            Self::Auth0Opaque
        } else {
            Self::Encrypted
        }
    }
}

/// Judges a JWT by its `typ` and, where that says nothing, by its claims.
pub(crate) fn of_jwt(typ: Option<&str>, claims: &Claims) -> TokenKind {
    match by_typ(typ.unwrap_or_default()) {
        Some(kind) => kind,
        None => by_claims(claims),
    }
}

/// The kinds that have a media type of their own.
fn by_typ(typ: &str) -> Option<TokenKind> {
    const TYPES: [(&str, TokenKind); 5] = [
        ("at+jwt", TokenKind::AccessToken),
        ("logout+jwt", TokenKind::LogoutToken),
        ("dpop+jwt", TokenKind::DpopProof),
        ("oauth-authz-req+jwt", TokenKind::RequestObject),
        ("client-authentication+jwt", TokenKind::ClientAssertion),
    ];
    TYPES
        .into_iter()
        .find(|(name, _)| jws::is_typ(typ, name))
        .map(|(_, kind)| kind)
}

fn by_claims(claims: &Claims) -> TokenKind {
    let has = |name: &str| claims.get(name).is_some();
    if has("events") {
        return TokenKind::LogoutToken;
    }
    if has("htm") && has("htu") {
        return TokenKind::DpopProof;
    }
    if has("response_type") || (has("redirect_uri") && has("client_id")) {
        return TokenKind::RequestObject;
    }
    let text = |name: &str| claims.string(name).ok().flatten();
    if let Some(kind) = by_own_word(text("token_use").or_else(|| text("typ")).as_deref()) {
        return kind;
    }
    if claims.marks_id_token() {
        return TokenKind::IdToken;
    }
    let grants = [
        "scope",
        "scp",
        "permissions",
        "gty",
        "roles",
        "realm_access",
    ];
    if grants.iter().any(|name| has(name)) {
        return TokenKind::AccessToken;
    }
    if claims.issuer().is_some() && claims.issuer() == claims.subject() {
        return TokenKind::ClientAssertion;
    }
    let mut audience = claims.audience();
    let only = audience.next().filter(|_| audience.next().is_none());
    if only.is_some() && text("azp").as_deref() == only {
        return TokenKind::IdToken;
    }
    let person = [
        "auth_time",
        "sid",
        "email",
        "email_verified",
        "name",
        "nickname",
        "picture",
    ];
    let names_an_api = has("azp") || has("client_id") || has("cid");
    if !names_an_api && claims.subject().is_some() && person.iter().any(|name| has(name)) {
        return TokenKind::IdToken;
    }
    if names_an_api {
        return TokenKind::AccessToken;
    }
    // An ID token with nothing but the obligatory claims: its audience is a client id.
    if claims.subject().is_some() && !has("jti") && only.is_some_and(looks_like_client_id) {
        return TokenKind::IdToken;
    }
    TokenKind::Jwt
}

/// Cognito and Entra say it themselves.
fn by_own_word(word: Option<&str>) -> Option<TokenKind> {
    match word? {
        "id" | "ID" => Some(TokenKind::IdToken),
        "access" | "Bearer" => Some(TokenKind::AccessToken),
        "Refresh" | "Offline" => Some(TokenKind::RefreshToken),
        _ => None,
    }
}

/// Client ids are random; identifiers of APIs are addresses or words.
fn looks_like_client_id(text: &str) -> bool {
    (20..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && text.bytes().any(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aldgate_jose::{Alg, SigningKey};

    fn judge(typ: &str, claims: &str) -> TokenKind {
        let key = SigningKey::generate(Alg::EdDSA).unwrap();
        let token = key.sign(typ, claims.as_bytes());
        assert_eq!(Look::of(&token), Look::Jwt);
        let unverified = jws::parse(&token).unwrap();
        of_jwt(
            unverified.header().typ(),
            &unverified.dangerous_claims().unwrap(),
        )
    }

    #[test]
    fn jwt_03_kinds_are_told_apart() {
        use TokenKind::*;
        for (typ, claims, kind) in [
            ("at+jwt", r#"{"iss":"i","sub":"u","aud":"a"}"#, AccessToken),
            (
                "JWT",
                r#"{"iss":"i","sub":"u","aud":"a","scope":"openid","azp":"c"}"#,
                AccessToken,
            ),
            (
                "JWT",
                r#"{"iss":"i","sub":"c@clients","aud":"a","gty":"client-credentials"}"#,
                AccessToken,
            ),
            (
                "JWT",
                r#"{"iss":"i","sub":"u","aud":"c","nonce":"n"}"#,
                IdToken,
            ),
            (
                "JWT",
                r#"{"iss":"i","sub":"u","aud":"c","sid":"s","email":"e"}"#,
                IdToken,
            ),
            (
                "JWT",
                r#"{"iss":"i","sub":"u","aud":"c","azp":"c"}"#,
                IdToken,
            ),
            (
                "JWT",
                r#"{"iss":"c","sub":"c","aud":"i","jti":"1"}"#,
                ClientAssertion,
            ),
            ("logout+jwt", r#"{"iss":"i"}"#, LogoutToken),
            ("JWT", r#"{"iss":"i","events":{}}"#, LogoutToken),
            ("dpop+jwt", r#"{"htm":"GET"}"#, DpopProof),
            (
                "JWT",
                r#"{"client_id":"c","response_type":"code"}"#,
                RequestObject,
            ),
            ("JWT", r#"{"iss":"i","sub":"u","token_use":"id"}"#, IdToken),
            (
                "JWT",
                r#"{"iss":"i","sub":"u","aud":"kXz0V4c8QmT2bN6rW1pL","exp":9}"#,
                IdToken,
            ),
            (
                "JWT",
                r#"{"iss":"i","sub":"u","aud":"https://api.example/","exp":9}"#,
                Jwt,
            ),
            ("JWT", r#"{"hello":"world"}"#, Jwt),
        ] {
            assert_eq!(judge(typ, claims), kind, "{typ} {claims}");
        }
    }

    #[test]
    fn texts_that_are_no_jwt_are_recognised() {
        let auth0 = format!(
            "{}..iv.text.tag",
            b64::encode(br#"{"alg":"dir","enc":"A256GCM"}"#)
        );
        let jwe = format!("{}.k.iv.text.tag", b64::encode(br#"{"alg":"RSA-OAEP"}"#));
        for (token, look) in [
            ("alda_0123456789", Look::AldgateAccess),
            ("aldr_0123456789", Look::AldgateRefresh),
            ("v1.MkxYzAbC_0123456789", Look::Auth0Refresh),
            (&auth0, Look::Auth0Opaque),
            (&jwe, Look::Encrypted),
            ("yI7aBZrCnWjVQKx0uYv5ys8MGGVGs0Ak", Look::Opaque),
            ("", Look::Garbage),
            ("short", Look::Garbage),
            ("not a token at all", Look::Garbage),
        ] {
            assert_eq!(Look::of(token), look, "{token}");
        }
    }
}
