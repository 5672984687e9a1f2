//! Finds the token in what was pasted.

use serde::Serialize;
use serde_json::Value;

use crate::token::Scheme;

/// Longest text that is searched, in bytes.
const TEXT_BYTES_MAX: usize = 256 * 1024;

/// What was given, without the token itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Input {
    /// In what form.
    pub source: Source,
    /// Length of the token in bytes.
    pub token_bytes: usize,
    /// How the token was sent.
    #[serde(skip)]
    pub(super) scheme: Option<Scheme>,
    /// Method and path of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// Status line of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<String>,
    /// `WWW-Authenticate` of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub challenge: Option<String>,
    /// Oddities that a server might stumble over.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
}

/// The form of what was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Source {
    /// An `Authorization` header.
    Authorization,
    /// Output of `curl -v`.
    Curl,
    /// The answer of a token endpoint.
    TokenResponse,
    /// A token.
    Token,
}

/// Takes the text apart.
pub(super) fn find(text: &str) -> (Input, &str) {
    let mut text = text;
    if text.len() > TEXT_BYTES_MAX {
        let end = (0..=TEXT_BYTES_MAX)
            .rev()
            .find(|end| text.is_char_boundary(*end));
        text = &text[..end.unwrap_or(0)];
    }
    let text = text.trim();
    let mut input = Input {
        source: Source::Token,
        token_bytes: 0,
        scheme: None,
        request: None,
        response: None,
        challenge: None,
        remarks: Vec::new(),
    };
    let found = curl(text, &mut input)
        .or_else(|| header(text, &mut input))
        .or_else(|| token_response(text, &mut input))
        .unwrap_or(text);
    let token = bare(found, &mut input);
    input.token_bytes = token.len();
    (input, token)
}

/// Lines with `>` are the request, lines with `<` the answer.
fn curl<'a>(text: &'a str, input: &mut Input) -> Option<&'a str> {
    if !text
        .lines()
        .any(|line| line.starts_with("> ") || line.starts_with("< "))
    {
        return None;
    }
    input.source = Source::Curl;
    let mut token = "";
    let mut authorizations = 0;
    for line in text.lines() {
        if let Some(sent) = line.strip_prefix("> ") {
            match sent.split_once(':') {
                Some((name, value)) if name.eq_ignore_ascii_case("authorization") => {
                    authorizations += 1;
                    token = credentials(value.trim(), input);
                }
                _ if sent.contains(" HTTP/") => {
                    input.request = sent.split(" HTTP/").next().map(hide);
                }
                _ => {}
            }
        } else if let Some(answer) = line.strip_prefix("< ") {
            match answer.split_once(':') {
                Some((name, value)) if name.eq_ignore_ascii_case("www-authenticate") => {
                    input.challenge = Some(value.trim().to_owned());
                }
                _ if answer.starts_with("HTTP/") => input.response = Some(answer.trim().to_owned()),
                _ => {}
            }
        }
    }
    match authorizations {
        0 => input
            .remarks
            .push("The request has no Authorization header.".into()),
        1 => {}
        n => input
            .remarks
            .push(format!("The request has {n} Authorization headers.")),
    }
    Some(token)
}

/// A request line without its query, where tokens tend to hide.
fn hide(line: &str) -> String {
    line.split('?').next().unwrap_or(line).to_owned()
}

fn header<'a>(text: &'a str, input: &mut Input) -> Option<&'a str> {
    let value = match text.split_once(':') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("authorization") => value.trim(),
        _ => text,
    };
    let scheme = value.split(' ').next().unwrap_or("");
    if value.len() == text.len()
        && !scheme.eq_ignore_ascii_case("bearer")
        && !scheme.eq_ignore_ascii_case("dpop")
    {
        return None;
    }
    input.source = Source::Authorization;
    Some(credentials(value, input))
}

fn credentials<'a>(value: &'a str, input: &mut Input) -> &'a str {
    match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
            input.scheme = Some(Scheme::Bearer);
            token
        }
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("dpop") => {
            input.scheme = Some(Scheme::Dpop);
            token
        }
        Some((scheme, token)) => {
            input
                .remarks
                .push(format!("The scheme is {scheme}, not Bearer."));
            token
        }
        None => {
            input
                .remarks
                .push("The header has no scheme: write `Bearer ` before the token.".into());
            value
        }
    }
}

/// `{"access_token": …}`: the access token, because that is what an API gets.
fn token_response<'a>(text: &'a str, input: &mut Input) -> Option<&'a str> {
    let json: Value = serde_json::from_str(text).ok()?;
    let name = ["access_token", "id_token"]
        .into_iter()
        .find(|name| json[*name].is_string())?;
    input.source = Source::TokenResponse;
    if name == "access_token" && json["id_token"].is_string() {
        input
            .remarks
            .push("The access token is explained; the ID token is not for APIs.".into());
    }
    let token = json[name].as_str()?;
    let start = text.find(token)?;
    Some(&text[start..start + token.len()])
}

/// Takes off what sticks to tokens that are copied by hand.
fn bare<'a>(found: &'a str, input: &mut Input) -> &'a str {
    let token = found.trim();
    let unquoted = token.trim_matches(['"', '\'', '`', ',']);
    if unquoted.len() != token.len() {
        input
            .remarks
            .push("There were quotes or commas around the token.".into());
    }
    if unquoted.contains(char::is_whitespace) {
        input
            .remarks
            .push("There is white space within the token.".into());
    }
    unquoted
}
