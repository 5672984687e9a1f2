//! What was sent to `/authorize`: one bounded field for each parameter that means something.
//!
//! An empty parameter counts as absent, an unknown one is ignored, even if repeated (RFC 6749
//! section 3.1). A known one that is repeated, over-long or badly encoded becomes a [`Defect`]:
//! whether its refusal may travel back to the application is for [`super::checks`] to say.

use serde::{Deserialize, Serialize};

use crate::params::{PARAMS_MAX, form_decode};

/// What is wrong with how a parameter was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Defect {
    /// It came more than once.
    Repeated(String),
    /// It is longer than this many bytes.
    TooLong(String, usize),
    /// It is not percent-encoded UTF-8.
    Encoding(String),
    /// There are more than [`PARAMS_MAX`] parameters.
    TooMany,
}

impl Defect {
    /// The parameter at fault.
    #[must_use]
    pub fn parameter(&self) -> Option<&str> {
        match self {
            Self::Repeated(name) | Self::TooLong(name, _) | Self::Encoding(name) => Some(name),
            Self::TooMany => None,
        }
    }

    /// The sentence for the wire.
    #[must_use]
    pub fn describe(&self) -> String {
        match self {
            Self::Repeated(name) => format!("Parameter {name} must be sent only once"),
            Self::TooLong(name, max) => {
                format!("Parameter {name} must have at most {max} bytes")
            }
            Self::Encoding(name) => format!("Parameter {name} is not percent-encoded UTF-8"),
            Self::TooMany => format!("At most {PARAMS_MAX} parameters are accepted"),
        }
    }
}

/// Defines the parameters: name, most bytes, meaning.
macro_rules! parameters {
    ($($name:ident, $max:literal, $doc:literal;)+) => {
        /// The parameters of an authorization request. Nothing is checked but size and encoding.
        #[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
        #[serde(default)]
        pub struct Request {
            $(
                #[doc = $doc]
                #[serde(skip_serializing_if = "Option::is_none")]
                pub $name: Option<String>,
            )+
            /// What is wrong with how they were sent, in the order found.
            #[serde(skip)]
            pub defects: Vec<Defect>,
        }

        impl Request {
            /// The name of every parameter that means something.
            pub const PARAMETERS: &[&str] = &[$(stringify!($name)),+];

            /// The field of a parameter and the most bytes it may have.
            fn slot(&mut self, name: &str) -> Option<(&mut Option<String>, usize)> {
                match name {
                    $(stringify!($name) => Some((&mut self.$name, $max)),)+
                    _ => None,
                }
            }

            /// Every parameter that was sent, as name and value.
            #[must_use]
            pub fn sent(&self) -> Vec<(&'static str, &str)> {
                let all = [$((stringify!($name), self.$name.as_deref())),+];
                all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
            }
        }
    };
}

parameters! {
    client_id, 64, "The application.";
    redirect_uri, 2048, "Where the answer goes.";
    response_type, 64, "What the answer holds: `code`, `token`, `id_token` or several of them.";
    response_mode, 32, "How the answer travels.";
    scope, 8192, "What is asked for.";
    state, 8192, "Echoed unchanged.";
    nonce, 2048, "Echoed in the ID token.";
    audience, 600, "The API, by identifier.";
    resource, 600, "The same as `audience` (RFC 8707, ruling R7).";
    code_challenge, 256, "PKCE challenge (RFC 7636).";
    code_challenge_method, 32, "How the challenge was made; only `S256`.";
    prompt, 128, "`none`, or a list of `login`, `consent`, `select_account`.";
    max_age, 16, "Oldest acceptable login, in seconds.";
    login_hint, 512, "Who will probably log in.";
    id_token_hint, 16384, "Who must be logged in.";
    acr_values, 1024, "Wished classes of authentication.";
    ui_locales, 256, "Languages of the pages, best first.";
    claims, 8192, "Individual claims (OpenID Connect Core section 5.5).";
    screen_hint, 32, "`signup`: begin with the sign-up page.";
    connection, 128, "Go straight to this connection.";
    connection_scope, 1024, "Further scopes to ask for at that connection's provider.";
    display, 32, "How pages are shown; passed on to other providers only.";
    organization, 128, "Organization to log in to.";
    request, 16384, "Request object by value (RFC 9101).";
    request_uri, 2048, "Request object by reference (RFC 9101, RFC 9126).";
    login_ticket, 128, "Ticket of `/co/authenticate`.";
    realm, 128, "The connection of the login ticket.";
}

impl Request {
    /// Reads a query string (without `?`) and, for POST, the form body as well. A parameter that is
    /// in both counts as repeated (OAU-07).
    #[must_use]
    pub fn parse(query: &[u8], body: &[u8]) -> Self {
        let mut request = Self::default();
        let mut seen: Vec<&'static str> = Vec::new();
        let pairs = query.split(is_separator).chain(body.split(is_separator));
        for (count, pair) in pairs.filter(|pair| !pair.is_empty()).enumerate() {
            if count == PARAMS_MAX {
                request.defects.push(Defect::TooMany);
                break;
            }
            request.read(pair, &mut seen);
        }
        request
    }

    fn read(&mut self, pair: &[u8], seen: &mut Vec<&'static str>) {
        let mut halves = pair.splitn(2, |byte| *byte == b'=');
        // A name that cannot be decoded is no name we know.
        let Ok(name) = form_decode(halves.next().unwrap_or_default()) else {
            return;
        };
        let Some(known) = Self::PARAMETERS.iter().find(|known| **known == name) else {
            return;
        };
        if seen.contains(known) {
            self.defects.push(Defect::Repeated(name));
            return;
        }
        seen.push(known);
        match form_decode(halves.next().unwrap_or_default()) {
            Ok(value) => self.keep(name, value),
            Err(_) => self.defects.push(Defect::Encoding(name)),
        }
    }

    fn keep(&mut self, name: String, value: String) {
        let Some((field, max)) = self.slot(&name) else {
            return;
        };
        if value.len() > max {
            self.defects.push(Defect::TooLong(name, max));
        } else if !value.is_empty() {
            *field = Some(value);
        }
    }

    /// Whether the request asks for OpenID Connect: its scope has `openid`.
    #[must_use]
    pub fn is_openid(&self) -> bool {
        let scope = self.scope.as_deref().unwrap_or_default();
        scope.split(' ').any(|scope| scope == "openid")
    }

    /// The defect of a parameter, if it has one.
    #[must_use]
    pub fn defect_of(&self, parameter: &str) -> Option<&Defect> {
        self.defects
            .iter()
            .find(|defect| defect.parameter() == Some(parameter))
    }
}

fn is_separator(byte: &u8) -> bool {
    *byte == b'&'
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(query: &str) -> Request {
        Request::parse(query.as_bytes(), b"")
    }

    #[test]
    fn oau_07_empty_is_absent_and_unknown_is_ignored() {
        let request =
            parse("client_id=abc&scope=&auth0Client=e30&ext-a=1&ext-a=2&state=a%20b+c&&x");
        assert_eq!(request.sent(), [("client_id", "abc"), ("state", "a b c")]);
        assert_eq!(request.defects, []);
    }

    #[test]
    fn oau_07_every_known_parameter_may_come_once() {
        for name in Request::PARAMETERS {
            let repeated = vec![Defect::Repeated((*name).to_owned())];
            assert_eq!(parse(&format!("{name}=1&{name}=1")).defects, repeated);
            assert_eq!(parse(&format!("{name}=&{name}=1")).defects, repeated);
            let both = Request::parse(
                format!("{name}=1").as_bytes(),
                format!("{name}=2").as_bytes(),
            );
            assert_eq!(both.defects, repeated);
        }
    }

    #[test]
    fn ops_03_length_number_and_encoding_are_bounded() {
        let long = parse(&format!("client_id={}", "a".repeat(65)));
        assert_eq!(long.defects, [Defect::TooLong("client_id".into(), 64)]);
        assert_eq!(long.client_id, None);
        assert_eq!(
            parse("state=%ff").defects,
            [Defect::Encoding("state".into())]
        );
        assert_eq!(
            parse(&"x=1&".repeat(PARAMS_MAX + 1)).defects,
            [Defect::TooMany]
        );
        let state = "~._+/=".repeat(800);
        let sent: String = url::form_urlencoded::byte_serialize(state.as_bytes()).collect();
        assert_eq!(parse(&format!("state={sent}")).state, Some(state));
    }

    #[test]
    fn a_request_survives_storage() {
        let request = parse("client_id=abc&nonce=~._&prompt=login+consent");
        let json = serde_json::to_string(&request).unwrap();
        assert_eq!(serde_json::from_str::<Request>(&json).unwrap(), request);
    }

    proptest! {
        #[test]
        fn fuz_01_any_bytes_are_read(query: Vec<u8>, body: Vec<u8>) {
            let request = Request::parse(&query, &body);
            prop_assert!(request.sent().iter().all(|(_, value)| !value.is_empty()));
        }
    }
}
