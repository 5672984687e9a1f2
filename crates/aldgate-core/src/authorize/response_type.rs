//! Response types and modes: what an answer holds, and how it travels.

use serde::{Deserialize, Serialize};

/// What the answer holds: a non-empty set of `code`, `token` and `id_token`, in any order
/// (OAuth 2.0 Multiple Response Type Encoding Practices). That makes the seven of OpenID Connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResponseType {
    /// An authorization code.
    pub code: bool,
    /// An access token from the front channel.
    pub token: bool,
    /// An ID token from the front channel.
    pub id_token: bool,
}

impl ResponseType {
    /// Reads the parameter; `None` unless it names each of its words once and knows them all.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut set = Self {
            code: false,
            token: false,
            id_token: false,
        };
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            let member = match word {
                "code" => &mut set.code,
                "token" => &mut set.token,
                "id_token" => &mut set.id_token,
                _ => return None,
            };
            if std::mem::replace(member, true) {
                return None;
            }
        }
        (set.code || set.token || set.id_token).then_some(set)
    }

    /// Whether tokens leave through the front channel.
    #[must_use]
    pub const fn is_front_channel(self) -> bool {
        self.token || self.id_token
    }

    /// Where the answer goes when the request does not say (OAuth 2.0 Multiple Response Type
    /// Encoding Practices section 3).
    #[must_use]
    pub const fn default_mode(self) -> ResponseMode {
        if self.is_front_channel() {
            ResponseMode::Fragment
        } else {
            ResponseMode::Query
        }
    }
}

/// How an answer travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseMode {
    /// A form that posts itself (OAuth 2.0 Form Post Response Mode).
    FormPost,
    /// Behind `#`.
    Fragment,
    /// Behind `?`.
    Query,
    /// `postMessage` to the window that asked (Auth0).
    WebMessage,
}

impl ResponseMode {
    /// Reads the parameter.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "form_post" => Some(Self::FormPost),
            "fragment" => Some(Self::Fragment),
            "query" => Some(Self::Query),
            "web_message" => Some(Self::WebMessage),
            _ => None,
        }
    }

    /// Whether an answer of `kind` may travel so: tokens never in a query, where servers log them
    /// (OAuth 2.0 Multiple Response Type Encoding Practices section 3).
    #[must_use]
    pub fn suits(self, kind: ResponseType) -> bool {
        self != Self::Query || !kind.is_front_channel()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seven_response_types_are_read_in_any_order() {
        let seven = [
            "code",
            "token",
            "id_token",
            "code token",
            "code id_token",
            "token id_token",
            "code token id_token",
        ];
        let mut kinds: Vec<_> = seven.map(ResponseType::parse).into();
        kinds.dedup();
        assert_eq!(kinds.len(), 7);
        assert!(kinds.iter().all(Option::is_some));
        assert_eq!(ResponseType::parse("id_token token code"), kinds[6]);
        for bad in [
            "",
            " ",
            "none",
            "code code",
            "Code",
            "code,token",
            "code\ttoken",
        ] {
            assert_eq!(ResponseType::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn tokens_never_travel_in_a_query() {
        for (kind, allowed) in [("code", true), ("token", false), ("code id_token", false)] {
            let kind = ResponseType::parse(kind).unwrap();
            assert_eq!(ResponseMode::Query.suits(kind), allowed);
            assert_eq!(kind.default_mode() == ResponseMode::Query, allowed);
            assert!(ResponseMode::FormPost.suits(kind) && ResponseMode::WebMessage.suits(kind));
        }
        assert_eq!(ResponseMode::parse("query.jwt"), None);
    }
}
