//! The settings of an application.

use axum::response::Response;
use http::{Method, StatusCode};
use serde::Serialize;
use serde_json::Value;

use super::{kind_label, load, sheet, side, text};
use crate::dashboard::Visit;
use crate::dashboard::fault::Fault;
use crate::dashboard::form::{self, Choice, Filled, Form, choice};
use crate::dashboard::page::{Page, act, show};
use crate::dashboard::path::at;
use crate::dashboard::visit::href;

pub(super) fn pages() -> Vec<Page> {
    vec![
        show("/applications/{id}", "Application", settings).needs("GET /clients/{id}"),
        act("/applications/{id}", "Change an application", save).needs("PATCH /clients/{id}"),
    ]
}

#[derive(Serialize)]
struct View {
    form: Filled,
    action: String,
    client_id: String,
    kind: &'static str,
    /// Whether it is the dashboard's own application.
    is_dashboard: bool,
    delete: String,
}

async fn settings(visit: Visit) -> Result<Response, Fault> {
    let application = load(&visit).await?;
    let form = form().filled(&application);
    Ok(page(&visit, &application, form, StatusCode::OK))
}

fn page(visit: &Visit, application: &Value, form: Filled, status: StatusCode) -> Response {
    let client_id = text(application, "client_id");
    let view = View {
        form,
        action: href(&side(visit, "")),
        kind: kind_label(&text(application, "app_type")),
        is_dashboard: client_id == aldgate_core::provision::DASHBOARD,
        delete: href(&side(visit, "/delete")),
        client_id,
    };
    sheet(visit, "application", application, "")
        .status(status)
        .show(&view)
}

async fn save(visit: Visit) -> Result<Response, Fault> {
    let application = load(&visit).await?;
    let body = match form().changes(&visit.form, &application) {
        Ok(body) => body,
        Err(form) => return Ok(page(&visit, &application, *form, StatusCode::BAD_REQUEST)),
    };
    let own = side(&visit, "");
    if body.is_empty() {
        return Ok(visit.go(&own, "Nothing was different, so nothing was changed."));
    }
    let path = at("/clients/{}", &[visit.segment("id")]);
    match visit.send(Method::PATCH, &path, &Value::Object(body)).await {
        Ok(_) => Ok(visit.go(&own, "The application was saved. It counts at once.")),
        Err(refused) => {
            let form = form().submitted(&visit.form).refused(&refused);
            Ok(page(&visit, &application, form, refused.status))
        }
    }
}

fn form() -> Form {
    let form = Form::new()
        .section("Basics", "")
        .field(form::text("name", "Name").required())
        .field(form::long("description", "Description").hint("For you and your colleagues."))
        .field(
            form::text_of("url", "logo_uri", "Logo")
                .hint("An https address of an image; shown when people are asked for consent."),
        )
        .field(form::flag("is_first_party", "It is ours").hint(
            "People are not asked whether they trust it. Clear this for applications of others.",
        ))
        .field(form::flag("disabled", "Switched off").hint(
            "Its requests are refused and its tokens stop working until you switch it on again.",
        ));
    tokens(grants(addresses(form)))
}

fn addresses(form: Form) -> Form {
    form.section(
        "Addresses",
        "One on each line. They are compared letter by letter: no patterns.",
    )
    .field(form::lines("callbacks", "Allowed callback URLs").hint(
        "Where people may return after logging in (redirect_uri): \
                 https://app.example.com/callback.",
    ))
    .field(
        form::lines("allowed_logout_urls", "Allowed logout URLs")
            .hint("Where they may return after logging out (returnTo)."),
    )
    .field(form::lines("web_origins", "Allowed web origins").hint(
        "Origins that may ask without a page: silent log-in and refresh of single-page \
                 applications. \
             No path: https://app.example.com.",
    ))
    .field(
        form::lines("allowed_origins", "Further origins for CORS")
            .hint("Origins of callback URLs are allowed already."),
    )
}

fn grants(form: Form) -> Form {
    form.section("How it gets tokens", "")
        .field(form::many("grant_types", "Grant types", grant_types()))
        .field(
            form::flag(
                "cross_origin_authentication",
                "Log in from a form of its own",
            )
            .hint(
                "For auth0.js with an embedded form. People then type their password into the \
                       application's page; prefer the login page of the tenant.",
            ),
        )
}

fn grant_types() -> Vec<Choice> {
    const PASSWORDLESS: &str = "http://auth0.com/oauth/grant-type/passwordless/otp";
    const REALM: &str = "http://auth0.com/oauth/grant-type/password-realm";
    vec![
        choice("authorization_code", "Authorization code").hint(
            "People log in on the tenant's page; the application gets a code and redeems it. \
             The right choice for everything with people.",
        ),
        choice("refresh_token", "Refresh token")
            .hint("Gets new access tokens without the user, for APIs that allow offline access."),
        choice("client_credentials", "Client credentials").hint(
            "The application acts in its own name. Needs a secret or a key, and a permission for \
                 each API.",
        ),
        choice("implicit", "Implicit")
            .hint("Tokens in the address of the callback: what older single-page applications do.")
            .warning(
                "Tokens end up in the browser's history, and nothing ties them to who asked. \
                 Use the authorization code with PKCE; every SDK of today does.",
            ),
        choice("password", "Password")
            .hint("The application collects the password itself.")
            .warning(
                "It sees the passwords of your users, and neither second factors nor \
                 federation work.",
            ),
        choice(REALM, "Password with a realm").hint("As Password, and names the connection."),
        choice(
            "urn:ietf:params:oauth:grant-type:device_code",
            "Device code",
        )
        .hint("Televisions and terminals: people confirm on another device."),
        choice(PASSWORDLESS, "Code by mail or SMS").hint(
            "Passwordless log-in from a form of its \
             own.",
        ),
    ]
}

fn tokens(form: Form) -> Form {
    let algorithms = ["RS256", "ES256", "PS256", "EdDSA", "RS512"];
    let mut algorithms: Vec<Choice> = algorithms.iter().map(|alg| choice(*alg, *alg)).collect();
    algorithms.push(
        choice("HS256", "HS256").warning(
            "Whoever can check such a token can also make one: the client secret signs it.",
        ),
    );
    let rotation = vec![
        choice("rotating", "Rotates").hint("Each use gives a new one; a stolen one is noticed."),
        choice("non-rotating", "Stays the same").hint("Only for applications that keep a secret."),
    ];
    form.section(
        "ID tokens",
        "They say who logged in, to this application alone. APIs want access tokens.",
    )
    .field(form::one("jwt_configuration.alg", "Algorithm", algorithms))
    .field(form::number(
        "jwt_configuration.lifetime_in_seconds",
        "Lifetime",
        "seconds",
    ))
    .section(
        "Refresh tokens",
        "Lifetimes of access tokens are settings of each API.",
    )
    .field(form::one(
        "refresh_token.rotation_type",
        "Rotation",
        rotation,
    ))
    .field(
        form::number("refresh_token.leeway", "Leeway", "seconds").hint(
            "For so long a token that was replaced gets the same answer again, so a lost \
                 answer logs nobody out. At most 60.",
        ),
    )
    .field(
        form::number("refresh_token.token_lifetime", "Ends after", "seconds")
            .hint("Since the login."),
    )
    .field(
        form::number(
            "refresh_token.idle_token_lifetime",
            "Ends unused after",
            "seconds",
        )
        .hint("Since the last use."),
    )
    .section("For actions", "")
    .field(
        form::json("client_metadata", "Metadata")
            .hint("A JSON object of texts that actions can read: {\"plan\": \"gold\"}."),
    )
}
