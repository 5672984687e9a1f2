//! What a request presents to prove which application sent it. Whether it does prove it is decided
//! in `client_auth`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::error::{ErrorCode, OAuthError, Refusal};
use crate::id::ClientId;
use crate::params::{Params, form_decode};
use crate::secret::Secret;

/// The one `client_assertion_type` there is (RFC 7523 section 2.2).
pub const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What a request presents: exactly one of these (RFC 6749 section 2.3).
#[derive(Debug)]
pub enum Presented {
    /// A signed assertion (RFC 7523 section 2.2). Its claims say who it is.
    Assertion {
        /// The `client_id` parameter, if sent: has to be the assertion's subject.
        client_id: Option<ClientId>,
        /// The compact JWS.
        assertion: String,
    },
    /// HTTP Basic (RFC 6749 section 2.3.1).
    Basic {
        /// The user name, form-decoded.
        client_id: ClientId,
        /// The password, form-decoded.
        secret: Secret<String>,
    },
    /// Only a name: a public application.
    Name {
        /// The `client_id` parameter.
        client_id: ClientId,
    },
    /// `client_id` and `client_secret` in the body.
    Post {
        /// The `client_id` parameter.
        client_id: ClientId,
        /// The `client_secret` parameter.
        secret: Secret<String>,
    },
}

impl Presented {
    /// Takes the credentials out of a request, so that no later step can log them.
    ///
    /// # Errors
    /// `invalid_request` when two methods are used at once; `invalid_client` when none names an
    /// application, or what it sends cannot be read.
    pub fn take(authorization: Option<&str>, params: &mut Params) -> Result<Self, OAuthError> {
        let secret = take_text(params, "client_secret")?.map(Secret::new);
        let assertion = take_text(params, "client_assertion")?;
        let kind = take_text(params, "client_assertion_type")?;
        let client_id = params.get("client_id");
        let basic = authorization.and_then(strip_basic);
        let methods = [
            basic.is_some(),
            secret.is_some(),
            assertion.is_some() || kind.is_some(),
        ];
        if methods.into_iter().filter(|used| *used).count() > 1 {
            return Err(several_methods());
        }
        if let Some(basic) = basic {
            return read_basic(basic, client_id);
        }
        match (secret, assertion, kind, client_id) {
            (None, Some(assertion), Some(kind), client_id) if kind == ASSERTION_TYPE => {
                let client_id = client_id.map(known_shape).transpose()?;
                Ok(Self::Assertion {
                    client_id,
                    assertion,
                })
            }
            (None, None, None, Some(client_id)) => Ok(Self::Name {
                client_id: known_shape(client_id)?,
            }),
            (Some(secret), None, None, Some(client_id)) => Ok(Self::Post {
                client_id: known_shape(client_id)?,
                secret,
            }),
            (_, None, None, None) => Err(OAuthError::missing("client_id")),
            _ => Err(bad_assertion_type()),
        }
    }

    /// The application it claims to be; `None` when only the assertion's claims tell.
    #[must_use]
    pub const fn client_id(&self) -> Option<&ClientId> {
        match self {
            Self::Assertion { client_id, .. } => client_id.as_ref(),
            Self::Basic { client_id, .. }
            | Self::Name { client_id }
            | Self::Post { client_id, .. } => Some(client_id),
        }
    }
}

/// Whether the request used HTTP Basic: then a 401 carries `WWW-Authenticate` (RFC 6749 section
/// 5.2). Otherwise it must not, or browsers ask their users for a password.
#[must_use]
pub fn uses_basic(authorization: Option<&str>) -> bool {
    authorization.and_then(strip_basic).is_some()
}

fn strip_basic(header: &str) -> Option<&str> {
    let (scheme, rest) = header.split_once(' ').unwrap_or((header, ""));
    scheme.eq_ignore_ascii_case("basic").then(|| rest.trim())
}

fn read_basic(basic: &str, parameter: Option<&str>) -> Result<Presented, OAuthError> {
    let decoded = STANDARD
        .decode(basic)
        .map(Secret::new)
        .map_err(|_| bad_basic("base64"))?;
    let colon = decoded.expose().iter().position(|byte| *byte == b':');
    let (name, secret) = colon
        .map(|colon| decoded.expose().split_at(colon))
        .ok_or_else(|| bad_basic("a name and a secret with a colon between them"))?;
    let encoded = |_| bad_basic("form-encoded UTF-8");
    let name = form_decode(name).map_err(encoded)?;
    let secret = Secret::new(form_decode(&secret[1..]).map_err(encoded)?);
    // Go's oauth2 sends client_id in the body as well: harmless while it is the same.
    if parameter.is_some_and(|parameter| parameter != name) {
        return Err(OAuthError::invalid_request(
            "client_id differs from the user name of the Authorization header",
        ));
    }
    let client_id = known_shape(&name)?;
    if secret.expose().is_empty() {
        return Ok(Presented::Name { client_id });
    }
    Ok(Presented::Basic { client_id, secret })
}

fn take_text(params: &mut Params, name: &str) -> Result<Option<String>, OAuthError> {
    match params.take(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(OAuthError::invalid_request(format!(
            "{name} must be a string"
        ))),
    }
}

/// An id of another shape belongs to nobody: the same answer as for an unknown application.
fn known_shape(text: &str) -> Result<ClientId, OAuthError> {
    ClientId::parse(text).map_err(|error| {
        let refusal = Refusal::new(
            "client_id_malformed",
            "the client_id has an impossible shape",
        );
        unknown_client(refusal.expected(error.expected).actual(text))
    })
}

fn bad_basic(expected: &str) -> OAuthError {
    let cause = "the Basic credentials cannot be read";
    unknown_client(Refusal::new("basic_malformed", cause).expected(expected))
}

fn unknown_client(refusal: Refusal) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidClient, "Client authentication failed").because(refusal)
}

fn several_methods() -> OAuthError {
    let cause = "the request authenticates the application in more than one way";
    OAuthError::invalid_request("Use one client authentication method per request").because(
        Refusal::new("several_client_auth_methods", cause)
            .expected("one of: HTTP Basic, client_secret in the body, client_assertion")
            .remedy("Remove all but one; RFC 6749 section 2.3"),
    )
}

fn bad_assertion_type() -> OAuthError {
    let cause = "client_assertion and client_assertion_type do not go together";
    OAuthError::invalid_request(format!("client_assertion_type must be {ASSERTION_TYPE}"))
        .because(Refusal::new("client_assertion_type", cause).expected(ASSERTION_TYPE))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(authorization: Option<&str>, form: &str) -> Result<String, String> {
        let mut params = Params::from_form(form.as_bytes()).expect("a form");
        let taken = Presented::take(authorization, &mut params);
        assert_eq!(params.value("client_secret"), None);
        assert_eq!(params.value("client_assertion"), None);
        taken
            .map_err(|error| error.code.as_str().to_owned())
            .map(|presented| match presented {
                Presented::Assertion {
                    client_id,
                    assertion,
                } => {
                    format!("assertion {client_id:?} {assertion}")
                }
                Presented::Basic { client_id, secret } => {
                    format!("basic {client_id} {}", secret.expose())
                }
                Presented::Name { client_id } => format!("name {client_id}"),
                Presented::Post { client_id, secret } => {
                    format!("post {client_id} {}", secret.expose())
                }
            })
    }

    fn basic(text: &str) -> String {
        format!("Basic {}", STANDARD.encode(text))
    }

    #[test]
    fn oau_06_each_method_is_recognised() {
        let ok = |text: &str| Ok(text.to_owned());
        assert_eq!(take(None, "client_id=app"), ok("name app"));
        assert_eq!(
            take(None, "client_id=app&client_secret=s"),
            ok("post app s")
        );
        assert_eq!(
            take(Some(&basic("app:s")), "client_id=app"),
            ok("basic app s")
        );
        assert_eq!(take(Some(&basic("app:")), ""), ok("name app"));
        let assertion = format!("client_assertion_type={ASSERTION_TYPE}&client_assertion=a.b.c");
        assert_eq!(take(None, &assertion), ok("assertion None a.b.c"));
        assert_eq!(take(Some("Bearer x"), "client_id=app"), ok("name app"));
    }

    #[test]
    fn oau_06_basic_credentials_are_form_decoded() {
        assert_eq!(
            take(Some(&basic("app:a%3Ab+c")), ""),
            Ok("basic app a:b c".into())
        );
        assert_eq!(
            take(Some(&basic("app:a:b")), ""),
            Ok("basic app a:b".into())
        );
        assert_eq!(
            take(Some(&basic("a%70p:s").replace("Basic", "bAsIc")), ""),
            Ok("basic app s".into())
        );
    }

    #[test]
    fn oau_06_two_methods_at_once_are_refused() {
        let twice = Err("invalid_request".to_owned());
        assert_eq!(
            take(Some(&basic("app:s")), "client_id=app&client_secret=s"),
            twice
        );
        assert_eq!(
            take(None, "client_id=app&client_secret=s&client_assertion=x"),
            twice
        );
        assert_eq!(take(Some(&basic("app:s")), "client_id=other"), twice);
    }

    #[test]
    fn oau_06_what_cannot_be_read_is_an_unknown_client() {
        let unknown = Err("invalid_client".to_owned());
        for header in [
            "Basic",
            "Basic !",
            &basic("nocolon"),
            &basic("app:%zz"),
            &basic("a b:s"),
        ] {
            assert_eq!(take(Some(header), ""), unknown, "{header}");
        }
        assert_eq!(take(None, "client_id=%00"), unknown);
        assert_eq!(take(None, ""), Err("invalid_request".into()));
        assert_eq!(
            take(None, "client_id=a&client_assertion=x"),
            Err("invalid_request".into())
        );
    }
}
