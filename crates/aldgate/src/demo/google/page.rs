//! The pages of the fake Google: the accounts to choose from, and what went wrong.

use axum::extract::State;
use axum::response::{Html, IntoResponse as _, Response};
use http::{HeaderValue, StatusCode, header};
use minijinja::value::{Serde, Value};
use minijinja::{Environment, context};
use serde_json::json;
use url::form_urlencoded;

use super::{Google, PEOPLE, Provider, Request};

const TEMPLATE: &str = include_str!("page.html");

const POLICY: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

/// Whoever comes without a request learns what this is.
pub(super) async fn about(State(google): Google) -> Response {
    let text = "This is not Google. It is a small OpenID provider on your machine, so that logging \
                in with another provider can be tried offline.";
    show(
        StatusCode::OK,
        &context(&google, "A fake Google", text, Vec::new()),
    )
}

/// The accounts to choose from. Links, not a form: a form could not lead back to the server under
/// a strict policy.
pub(super) fn choose(google: &Provider, request: &Request) -> Response {
    let accounts = PEOPLE.iter().enumerate().map(|(index, person)| {
        json!({
            "name": format!("{} {}", person.given_name, person.family_name),
            "email": person.email,
            "verified": person.email_verified,
            "href": link(request, &index.to_string()),
        })
    });
    let text = "This is not Google, and nobody has a password here: choose who you are.";
    let mut page = context(google, "Choose an account", text, accounts.collect());
    page["cancel"] = json!(link(request, "cancel"));
    show(StatusCode::OK, &page)
}

/// What a request lacks, for whoever configures a connection.
pub(super) fn refused(google: &Provider, request: &Request) -> Response {
    let text = format!(
        "The request does not fit. Expected client_id {} and redirect_uri {} with response_type \
         code and PKCE S256; it has client_id {} and redirect_uri {}.",
        google.client_id, google.redirect_uri, request.client_id, request.redirect_uri
    );
    let page = context(google, "Error 400: invalid_request", &text, Vec::new());
    show(StatusCode::BAD_REQUEST, &page)
}

fn context(
    google: &Provider,
    title: &str,
    text: &str,
    accounts: Vec<serde_json::Value>,
) -> serde_json::Value {
    json!({"title": title, "text": text, "accounts": accounts, "issuer": google.issuer})
}

/// The same request once more, with what was clicked.
fn link(request: &Request, choice: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in [
        ("client_id", &request.client_id),
        ("redirect_uri", &request.redirect_uri),
        ("response_type", &request.response_type),
        ("scope", &request.scope),
        ("state", &request.state),
        ("nonce", &request.nonce),
        ("code_challenge", &request.code_challenge),
        ("code_challenge_method", &request.code_challenge_method),
    ] {
        query.append_pair(name, value);
    }
    query.append_pair("choice", choice);
    format!("/auth?{}", query.finish())
}

fn show(status: StatusCode, page: &serde_json::Value) -> Response {
    let mut environment = Environment::new();
    let rendered = environment
        .add_template("google.html", TEMPLATE)
        .and_then(|()| environment.get_template("google.html"))
        .and_then(|template| template.render(context! { page => Value::from(Serde(page)) }));
    let mut response = match rendered {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "the page of the fake Google cannot be made");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    };
    let headers = response.headers_mut();
    let policy = HeaderValue::from_static(POLICY);
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
