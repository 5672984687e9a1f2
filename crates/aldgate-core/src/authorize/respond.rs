//! The answer of an authorization request as data: what it says and how it travels.
//!
//! `state` is echoed unchanged and `iss` is always there (RFC 9207, ruling R10).

use serde_json::Value;

use super::plan::Target;
use super::response_type::ResponseMode;
use crate::error::OAuthError;
use crate::tenant::Issuer;

/// The members of an answer, in order. Values are strings, but for `expires_in`, a number.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Answer(Vec<(&'static str, Value)>);

impl Answer {
    /// Adds a member if there is a value for it.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: Option<impl Into<Value>>) -> Self {
        if let Some(value) = value {
            self.0.push((name, value.into()));
        }
        self
    }

    /// The answer that says no.
    #[must_use]
    pub fn error(error: &OAuthError) -> Self {
        Self::default()
            .with("error", Some(error.code.as_str()))
            .with("error_description", Some(error.description.as_ref()))
    }
}

/// A complete answer, ready to be sent.
#[derive(Debug, Clone, PartialEq)]
pub enum Reply {
    /// A page whose form posts the fields to `action`.
    FormPost {
        /// The redirect URI.
        action: String,
        /// Names and values.
        fields: Vec<(String, String)>,
    },
    /// A redirect to this URL.
    Redirect(String),
    /// A page whose script hands the response to a window of this origin.
    WebMessage {
        /// The origin of the redirect URI.
        target_origin: String,
        /// Names and values.
        response: Vec<(String, Value)>,
    },
}

/// Puts the answer on its way to the target.
#[must_use]
pub fn reply(target: &Target, answer: Answer, issuer: &Issuer) -> Reply {
    let members = answer
        .with("state", target.state.as_deref())
        .with("iss", Some(issuer.as_str()))
        .0;
    let address = target.redirect.as_str();
    match (target.mode, target.redirect.origin()) {
        (ResponseMode::WebMessage, Some(target_origin)) => Reply::WebMessage {
            target_origin,
            response: members
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
        },
        (ResponseMode::FormPost, _) => Reply::FormPost {
            action: address.to_owned(),
            fields: members
                .iter()
                .map(|(name, value)| ((*name).to_owned(), text(value)))
                .collect(),
        },
        // A message without an origin is refused before a target exists.
        (ResponseMode::Query | ResponseMode::WebMessage, _) => {
            let separator = if address.contains('?') { '&' } else { '?' };
            Reply::Redirect(format!("{address}{separator}{}", encode(&members)))
        }
        (ResponseMode::Fragment, _) => Reply::Redirect(format!("{address}#{}", encode(&members))),
    }
}

fn encode(members: &[(&'static str, Value)]) -> String {
    let mut pairs = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in members {
        pairs.append_pair(name, &text(value));
    }
    // `+` for a space is right in a query only; `%20` is understood everywhere.
    pairs.finish().replace('+', "%20")
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authorize::checks::tests::plan;

    fn send(query: &str) -> Reply {
        let issuer = Issuer::parse("https://id.test").unwrap();
        let answer = Answer::default()
            .with("access_token", Some("a b"))
            .with("expires_in", Some(7200))
            .with("scope", None::<&str>);
        reply(&plan(query).target, answer, &issuer)
    }

    #[test]
    fn an_answer_travels_as_asked_with_state_and_iss() {
        let query = send("state=x%26y%2B+z");
        let expected = "https://rp.test/cb?access_token=a%20b&expires_in=7200\
                        &state=x%26y%2B%20z&iss=https%3A%2F%2Fid.test%2F";
        assert_eq!(query, Reply::Redirect(expected.to_owned()));
        let Reply::Redirect(fragment) = send("response_mode=fragment") else {
            panic!("expected a redirect");
        };
        assert!(fragment.starts_with("https://rp.test/cb#access_token=a%20b&expires_in=7200&iss="));
        let Reply::FormPost { action, fields } = send("response_mode=form_post&state=%22%3E")
        else {
            panic!("expected a form");
        };
        assert_eq!(action, "https://rp.test/cb");
        assert_eq!(fields[1], ("expires_in".to_owned(), "7200".to_owned()));
        assert_eq!(fields[2], ("state".to_owned(), "\">".to_owned()));
    }

    #[test]
    fn a_message_goes_to_the_origin_with_numbers_as_numbers() {
        let Reply::WebMessage {
            target_origin,
            response,
        } = send("response_mode=web_message&state=1")
        else {
            panic!("expected a message");
        };
        assert_eq!(target_origin, "https://rp.test");
        assert_eq!(response[1], ("expires_in".to_owned(), Value::from(7200)));
        assert_eq!(response[2], ("state".to_owned(), Value::from("1")));
    }

    #[test]
    fn a_registered_query_is_kept() {
        let issuer = Issuer::parse("https://id.test").unwrap();
        let with_query = plan("redirect_uri=https://rp.test/cb2?x=1").target;
        let refused = Answer::error(&OAuthError::access_denied("no \"way\""));
        let expected = "https://rp.test/cb2?x=1&error=access_denied\
                        &error_description=no%20%27way%27&iss=https%3A%2F%2Fid.test%2F";
        assert_eq!(
            reply(&with_query, refused, &issuer),
            Reply::Redirect(expected.to_owned())
        );
    }
}
