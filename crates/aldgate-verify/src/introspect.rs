//! Opaque tokens: asks the issuer about them (RFC 7662).

use std::future::Future;
use std::pin::Pin;

use aldgate_jose::jwt::Claims;

#[cfg(feature = "http-client")]
pub use http::HttpIntrospect;

/// Asks an issuer about a token.
pub trait Introspect: Send + Sync + 'static {
    /// The claims of an active token, nothing for an inactive one, or why there is no answer.
    fn introspect(&self, token: String) -> Introspecting;
}

/// An answer to come.
pub type Introspecting = Pin<Box<dyn Future<Output = Result<Option<Claims>, String>> + Send>>;

/// Reads an answer: the claims if it is active. Members are read as strictly as those of a JWT.
///
/// # Errors
/// The answer is not a JSON object with a truth value `active`.
pub fn read_answer(json: Vec<u8>) -> Result<Option<Claims>, String> {
    let claims = Claims::parse(json).map_err(|error| error.to_string())?;
    match claims
        .get("active")
        .and_then(aldgate_jose::jwt::Claim::as_bool)
    {
        Some(true) => Ok(Some(claims)),
        Some(false) => Ok(None),
        None => Err("the answer has no truth value \"active\"".into()),
    }
}

#[cfg(feature = "http-client")]
mod http {
    //! Introspection over HTTP.

    use std::fmt;

    use reqwest::{Client, StatusCode};

    use super::{Introspect, Introspecting, read_answer};
    use crate::provider::{FetchError, client};

    /// Longest answer, in bytes.
    const ANSWER_BYTES_MAX: usize = 64 * 1024;

    /// Asks an introspection endpoint, authenticating with HTTP Basic.
    #[derive(Clone)]
    pub struct HttpIntrospect {
        client: Client,
        endpoint: String,
        client_id: String,
        client_secret: String,
    }

    impl HttpIntrospect {
        /// An endpoint, and what this API is known by there.
        ///
        /// # Errors
        /// The HTTP client cannot start.
        pub fn new(endpoint: &str, client_id: &str, secret: &str) -> Result<Self, FetchError> {
            Ok(Self {
                client: client()?,
                endpoint: endpoint.to_owned(),
                client_id: client_id.to_owned(),
                client_secret: secret.to_owned(),
            })
        }
    }

    impl Introspect for HttpIntrospect {
        fn introspect(&self, token: String) -> Introspecting {
            let request = self
                .client
                .post(&self.endpoint)
                .basic_auth(&self.client_id, Some(&self.client_secret))
                .form(&[
                    ("token", token.as_str()),
                    ("token_type_hint", "access_token"),
                ]);
            let endpoint = self.endpoint.clone();
            Box::pin(async move {
                let response = request.send().await.map_err(|error| error.to_string())?;
                if response.status() != StatusCode::OK {
                    return Err(format!("{endpoint} answered {}", response.status()));
                }
                let answer = crate::provider::read(response, ANSWER_BYTES_MAX, &endpoint).await;
                read_answer(answer.map_err(|error| error.to_string())?)
            })
        }
    }

    impl fmt::Debug for HttpIntrospect {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.debug_struct("HttpIntrospect")
                .field("endpoint", &self.endpoint)
                .finish()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_strictly() {
        let read = |json: &str| read_answer(json.as_bytes().to_vec());
        let active = read(r#"{"active":true,"sub":"u","scope":"a"}"#)
            .unwrap()
            .unwrap();
        assert_eq!(active.subject(), Some("u"));
        assert!(read(r#"{"active":false}"#).unwrap().is_none());
        for wrong in [
            "",
            "[]",
            "{}",
            r#"{"active":"true"}"#,
            r#"{"active":false,"active":true}"#,
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
