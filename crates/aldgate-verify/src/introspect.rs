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

    /// Asks an introspection endpoint, authenticating with HTTP Basic, or in the form where the
    /// application is registered for `client_secret_post`, as Auth0's and Aldgate's are by default.
    #[derive(Clone)]
    pub struct HttpIntrospect {
        client: Client,
        endpoint: String,
        client_id: String,
        client_secret: String,
        in_form: bool,
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
                in_form: false,
            })
        }

        /// Sends the secret in the form (`client_secret_post`).
        #[must_use]
        pub const fn secret_in_form(mut self) -> Self {
            self.in_form = true;
            self
        }

        /// Uses a client of the caller's, for instance with own certificates.
        #[must_use]
        pub fn with_client(mut self, client: Client) -> Self {
            self.client = client;
            self
        }
    }

    impl Introspect for HttpIntrospect {
        fn introspect(&self, token: String) -> Introspecting {
            let post = self.client.post(&self.endpoint);
            let (id, secret) = (&*self.client_id, &*self.client_secret);
            let mut form = vec![
                ("token", token.as_str()),
                ("token_type_hint", "access_token"),
            ];
            let request = if self.in_form {
                form.extend([("client_id", id), ("client_secret", secret)]);
                post.form(&form)
            } else {
                post.basic_auth(id, Some(secret)).form(&form)
            };
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
