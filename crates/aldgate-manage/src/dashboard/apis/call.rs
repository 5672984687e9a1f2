//! Calling an API at an address that a person gives, through the one outbound client and its
//! address policy (NET-01).

use aldgate_app::outbound::{Asked, Outbound, OutboundError};
use serde::Serialize;
use url::Url;

use crate::dashboard::fields::Fields;

/// What can be chosen.
pub(super) const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// The longest address and body of a call, in bytes.
const ADDRESS_MAX: usize = 2048;
const BODY_MAX: usize = 64 << 10;

/// The most that is read and shown of an answer, in bytes.
const ANSWER_MAX: usize = 32 << 10;

/// Headers of an answer that are shown.
const HEADERS_MAX: usize = 40;

/// A call that a person wants to make.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Wanted {
    pub(super) method: &'static str,
    /// Empty: no call, only a token.
    pub(super) address: String,
    pub(super) body: String,
}

/// What became of it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Called {
    /// What was sent, with the token cut short.
    request: String,
    /// The answer; `None` when there is none.
    answer: Option<Answer>,
    /// Why there is no answer, and what helps.
    problem: String,
    remedy: &'static str,
}

#[derive(Clone, Debug, Serialize)]
struct Answer {
    status: u16,
    /// `good`, `warn` or `bad`.
    tone: &'static str,
    /// What the status means for a token.
    meaning: &'static str,
    text: String,
}

impl Wanted {
    /// Reads the form.
    pub(super) fn read(form: &Fields) -> Self {
        let method = form.get("method");
        let known = METHODS.iter().find(|known| **known == method);
        Self {
            method: known.unwrap_or(&METHODS[0]),
            address: form.get("address").to_owned(),
            body: form.raw("body").trim_end().to_owned(),
        }
    }

    /// The same call by hand.
    pub(super) fn curl(&self, token: &str) -> String {
        let address = match self.address.as_str() {
            "" => "http://localhost:8080/",
            address => address,
        };
        let quoted = |text: &str| format!("'{}'", text.replace('\'', "'\\''"));
        let mut curl = format!("curl {}", quoted(address));
        if self.method != METHODS[0] {
            curl.push_str(" --request ");
            curl.push_str(self.method);
        }
        if !self.body.is_empty() {
            let data = quoted(&self.body);
            curl.push_str(" --header 'content-type: application/json' --data ");
            curl.push_str(&data);
        }
        curl.push_str(&format!(" --header 'authorization: Bearer {token}'"));
        curl
    }
}

/// Makes the call with the token.
pub(super) async fn call(outbound: &Outbound, wanted: &Wanted, token: &str) -> Called {
    let url = match address(wanted) {
        Ok(url) => url,
        Err(problem) => return Called::failed(String::new(), problem, ""),
    };
    let mut headers = vec![
        ("authorization".to_owned(), format!("Bearer {token}")),
        ("accept".to_owned(), "application/json, */*".to_owned()),
    ];
    let body = (!wanted.body.is_empty()).then(|| wanted.body.clone().into_bytes());
    if body.is_some() {
        let json = "application/json".to_owned();
        headers.push(("content-type".to_owned(), json));
    }
    let request = shown(wanted, &url, token);
    let asked = Asked {
        method: wanted.method,
        url: &url,
        headers: &headers,
        body,
    };
    match outbound.request(asked, ANSWER_MAX).await {
        Ok((fetched, headers)) => Called {
            request,
            answer: Some(answer(fetched.status, &headers, &fetched.body)),
            problem: String::new(),
            remedy: "",
        },
        Err(error) => {
            let remedy = remedy(&error);
            let sent = !matches!(error, OutboundError::Scheme(_) | OutboundError::Address(_));
            let request = if sent { request } else { String::new() };
            Called::failed(request, error.to_string(), remedy)
        }
    }
}

fn address(wanted: &Wanted) -> Result<Url, String> {
    if wanted.address.len() > ADDRESS_MAX || wanted.body.len() > BODY_MAX {
        return Err(format!(
            "Expected an address of at most {ADDRESS_MAX} and a body of at most {BODY_MAX} bytes."
        ));
    }
    Url::parse(&wanted.address)
        .map_err(|error| format!("{} is no address: {error}.", wanted.address))
}

/// The request as it went out; of the token only its beginning.
fn shown(wanted: &Wanted, url: &Url, token: &str) -> String {
    let start: String = token.chars().take(12).collect();
    let mut target = url.path().to_owned();
    if let Some(query) = url.query() {
        target.push('?');
        target.push_str(query);
    }
    let host = url.authority();
    let mut text = format!(
        "{} {target} HTTP/1.1\nhost: {host}\nauthorization: Bearer {start}…\n\
         accept: application/json, */*",
        wanted.method
    );
    if !wanted.body.is_empty() {
        text.push_str("\ncontent-type: application/json\n\n");
        text.push_str(&wanted.body);
    }
    text
}

fn answer(status: u16, headers: &[(String, String)], body: &[u8]) -> Answer {
    let (tone, meaning) = meaning(status);
    let reason = http::StatusCode::from_u16(status).ok();
    let reason = reason.and_then(|status| status.canonical_reason());
    let mut text = format!("HTTP {status} {}", reason.unwrap_or_default());
    for (name, value) in headers.iter().take(HEADERS_MAX) {
        text.push_str(&format!("\n{name}: {value}"));
    }
    text.push_str("\n\n");
    text.push_str(&readable(body));
    Answer {
        status,
        tone,
        meaning,
        text,
    }
}

/// JSON with line breaks, other text as it is.
fn readable(body: &[u8]) -> String {
    let json = serde_json::from_slice::<serde_json::Value>(body);
    let pretty = json
        .ok()
        .and_then(|json| serde_json::to_string_pretty(&json).ok());
    pretty.unwrap_or_else(|| String::from_utf8_lossy(body).into_owned())
}

const fn meaning(status: u16) -> (&'static str, &'static str) {
    match status {
        200..=299 => ("good", "The API accepted the token."),
        401 => (
            "bad",
            "The API refused the token. What it says of it stands in www-authenticate; compare \
             issuer and audience with what the API expects.",
        ),
        403 => (
            "warn",
            "The API knows the token and wants a scope or permission that it lacks.",
        ),
        404 | 405 => (
            "warn",
            "The API answered, but has nothing at this address: this says nothing of the token.",
        ),
        300..=399 => (
            "warn",
            "The API sends callers elsewhere. Redirects are not followed, so that the token goes \
             nowhere else: call that address instead.",
        ),
        _ => (
            "warn",
            "The API answered with a fault: this says nothing of the token.",
        ),
    }
}

const fn remedy(error: &OutboundError) -> &'static str {
    match error {
        OutboundError::Scheme(_) => {
            "Use https. Plain http goes out where outbound.allow_http says so, as in aldgate dev."
        }
        OutboundError::Address(_) => {
            "This server does not call private networks unless it is told to. Allow the network in \
             outbound.allow_cidrs, or make the call yourself with curl, below."
        }
        OutboundError::TooLarge(_) => "Call an address with a shorter answer, or use curl, below.",
        OutboundError::Failed(_) => "Is the API running, and can this server reach it?",
    }
}

impl Called {
    fn failed(request: String, problem: String, remedy: &'static str) -> Self {
        Self {
            request,
            answer: None,
            problem,
            remedy,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(method: &'static str, address: &str, body: &str) -> Wanted {
        Wanted {
            method,
            address: address.to_owned(),
            body: body.to_owned(),
        }
    }

    #[test]
    fn the_request_is_shown_without_the_token() {
        let wanted = wanted("POST", "https://api.test/orders?a=1", "{}");
        let url = address(&wanted).unwrap();
        let text = shown(&wanted, &url, "eyJhbGciOiJSUzI1NiJ9.secret.part");
        assert_eq!(
            text,
            "POST /orders?a=1 HTTP/1.1\nhost: api.test\nauthorization: Bearer eyJhbGciOiJS…\n\
             accept: application/json, */*\ncontent-type: application/json\n\n{}"
        );
    }

    #[test]
    fn what_is_typed_cannot_leave_its_place_in_the_command() {
        let wanted = wanted("DELETE", "https://api.test/'; rm -rf /", "");
        assert_eq!(
            wanted.curl("t"),
            "curl 'https://api.test/'\\''; rm -rf /' --request DELETE --header 'authorization: \
             Bearer t'"
        );
    }

    #[test]
    fn an_answer_is_shown_with_what_it_means() {
        let headers = [("content-type".to_owned(), "application/json".to_owned())];
        let shown = answer(401, &headers, b"{\"a\":1}");
        assert_eq!(shown.tone, "bad");
        assert!(
            shown
                .text
                .starts_with("HTTP 401 Unauthorized\ncontent-type: ")
        );
        assert!(shown.text.ends_with("{\n  \"a\": 1\n}"));
    }
}
