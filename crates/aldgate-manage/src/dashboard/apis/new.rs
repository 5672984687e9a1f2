//! A new API: a name, and an identifier that will be the audience of its tokens.

use axum::response::Response;
use http::{Method, StatusCode};
use serde::Serialize;
use serde_json::Value;

use crate::dashboard::Visit;
use crate::dashboard::applications::text;
use crate::dashboard::fault::Fault;
use crate::dashboard::form::{self, Choice, Filled, Form, choice};
use crate::dashboard::page::{Page, act, show};
use crate::dashboard::path::at;

pub(super) fn pages() -> Vec<Page> {
    vec![
        show("/apis/new", "New API", blank).needs("POST /resource-servers"),
        act("/apis/new", "Create an API", create).needs("POST /resource-servers"),
    ]
}

/// What to write into the field for an identifier.
pub(in crate::dashboard) const IDENTIFIER_HINT: &str = "Applications ask for it as audience, and \
     it stands in every token. A name that looks like an \
     address of yours, such as https://orders.example.com/, never collides; it need not resolve.";

#[derive(Serialize)]
struct View {
    form: Filled,
}

fn form() -> Form {
    Form::new()
        .section("", "")
        .field(
            form::text("name", "Name")
                .hint("People see it when they are asked for consent.")
                .required(),
        )
        .field(
            form::text("identifier", "Identifier")
                .hint(IDENTIFIER_HINT)
                .required(),
        )
        .field(form::one(
            "signing_alg",
            "Algorithm of its tokens",
            algorithms(),
        ))
}

/// The algorithms with public keys, and when to choose which.
pub(super) fn algorithms() -> Vec<Choice> {
    vec![
        choice("RS256", "RS256").hint("Every library can check it. The right choice if in doubt."),
        choice("ES256", "ES256")
            .hint("Shorter tokens, much cheaper to sign; every library of today can check it."),
        choice("PS256", "PS256").hint("RSA-PSS, as profiles for banks ask for."),
        choice("EdDSA", "EdDSA")
            .hint("Ed25519: shortest and fastest. Check that your API's library knows it."),
    ]
}

async fn blank(visit: Visit) -> Result<Response, Fault> {
    let usual = serde_json::json!({"signing_alg": "RS256"});
    Ok(page(&visit, form().filled(&usual), StatusCode::OK))
}

fn page(visit: &Visit, form: Filled, status: StatusCode) -> Response {
    visit
        .page("api_new", "New API")
        .under("APIs", "/apis")
        .status(status)
        .show(&View { form })
}

async fn create(visit: Visit) -> Result<Response, Fault> {
    let body = match form().changes(&visit.form, &Value::Null) {
        Ok(body) => body,
        Err(form) => return Ok(page(&visit, *form, StatusCode::BAD_REQUEST)),
    };
    let body = Value::Object(body);
    match visit.send(Method::POST, "/resource-servers", &body).await {
        Ok(made) => {
            let advice = identifier_advice(&text(&made, "identifier"));
            let said = format!("The API was created. {}", advice.unwrap_or_default());
            Ok(visit.go(&at("/apis/{}/scopes", &[&text(&made, "id")]), said.trim()))
        }
        Err(mut refused) => {
            if refused.status == StatusCode::CONFLICT {
                refused.cause = format!("identifier: {}", refused.cause);
            }
            let form = form().submitted(&visit.form).refused(&refused);
            Ok(page(&visit, form, refused.status))
        }
    }
}

/// What one may regret later about an identifier, if anything.
fn identifier_advice(identifier: &str) -> Option<&'static str> {
    let parsed = url::Url::parse(identifier).ok();
    let host = parsed.as_ref().and_then(url::Url::host_str);
    match (parsed.as_ref().map(url::Url::scheme), host) {
        (None, _) => Some(
            "Its identifier is no address; it works, but addresses of your own never collide with \
             the names of others.",
        ),
        (_, Some("localhost" | "127.0.0.1")) => Some(
            "Its identifier names your own machine; it works everywhere all the same, since it is \
             only a name. You can change it later, and the old one works on for thirty days.",
        ),
        (Some("http"), _) => {
            Some("Most people write https in an identifier, but it is only a name.")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::identifier_advice;

    #[test]
    fn advice_is_given_where_it_is_due() {
        assert_eq!(identifier_advice("https://orders.example.com/"), None);
        assert_eq!(identifier_advice("urn:orders"), None);
        for odd in ["orders", "http://localhost:3000", "http://orders.example/"] {
            assert!(identifier_advice(odd).is_some(), "{odd}");
        }
    }
}
