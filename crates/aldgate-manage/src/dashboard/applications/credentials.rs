//! How an application proves itself: its method, its secret, its keys.

use axum::response::Response;
use http::{Method, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};

use super::{SecretView, load, sheet, side, text};
use crate::dashboard::Visit;
use crate::dashboard::confirm::Confirm;
use crate::dashboard::fault::Fault;
use crate::dashboard::form::{self, Filled, Form, choice};
use crate::dashboard::page::{Page, act, show};
use crate::dashboard::path::at;
use crate::dashboard::visit::href;

const PATH: &str = "/applications/{id}/credentials";
const ROTATE: &str = "/applications/{id}/rotate-secret";

pub(super) fn pages() -> Vec<Page> {
    vec![
        show(PATH, "Credentials", credentials).needs("GET /clients/{id}"),
        act(PATH, "Change how an application proves itself", save).needs("PATCH /clients/{id}"),
        show(ROTATE, "Rotate the secret?", ask).needs("POST /clients/{id}/rotate-secret"),
        act(ROTATE, "Rotate the secret", rotate).needs("POST /clients/{id}/rotate-secret"),
    ]
}

#[derive(Serialize)]
struct View {
    form: Filled,
    action: String,
    client_id: String,
    method: String,
    has_secret: bool,
    rotate: String,
    keys: Vec<Value>,
}

async fn credentials(visit: Visit) -> Result<Response, Fault> {
    let application = load(&visit).await?;
    let form = form().filled(&application);
    page(&visit, &application, form, StatusCode::OK).await
}

async fn page(
    visit: &Visit,
    application: &Value,
    form: Filled,
    status: StatusCode,
) -> Result<Response, Fault> {
    let client_id = text(application, "client_id");
    let keys = visit
        .get_if_permitted(&at("/clients/{}/credentials", &[&client_id]))
        .await?;
    let method = match &application["client_authentication_methods"] {
        Value::Null => text(application, "token_endpoint_auth_method"),
        _ => "private_key_jwt".to_owned(),
    };
    let view = View {
        form,
        action: href(&side(visit, "/credentials")),
        has_secret: method.starts_with("client_secret"),
        method,
        rotate: href(&side(visit, "/rotate-secret")),
        keys: keys.as_array().cloned().unwrap_or_default(),
        client_id,
    };
    let sheet = sheet(
        visit,
        "application_credentials",
        application,
        "/credentials",
    );
    Ok(sheet.status(status).show(&view))
}

fn form() -> Form {
    let methods = vec![
        choice("none", "Nothing, but PKCE").hint(
            "For applications that cannot keep a secret: in the browser, on a device. \
             Its secret is forgotten.",
        ),
        choice("client_secret_post", "Secret in the body")
            .hint("client_id and client_secret as parameters: what most SDKs of Auth0 do."),
        choice("client_secret_basic", "Secret in the Authorization header")
            .hint("HTTP Basic, as OAuth 2.0 recommends."),
    ];
    Form::new().section("", "").field(form::one(
        "token_endpoint_auth_method",
        "At the token endpoint it shows",
        methods,
    ))
}

async fn save(visit: Visit) -> Result<Response, Fault> {
    let application = load(&visit).await?;
    let body = match form().changes(&visit.form, &application) {
        Ok(body) => body,
        Err(form) => return page(&visit, &application, *form, StatusCode::BAD_REQUEST).await,
    };
    let own = side(&visit, "/credentials");
    if body.is_empty() {
        return Ok(visit.go(&own, "Nothing was different, so nothing was changed."));
    }
    let path = at("/clients/{}", &[visit.segment("id")]);
    match visit.send(Method::PATCH, &path, &Value::Object(body)).await {
        Ok(changed) => match changed["client_secret"].as_str() {
            Some(secret) => Ok(once(
                &visit,
                &changed,
                secret,
                "It proves itself by a secret now.",
            )),
            None => Ok(visit.go(&own, "The application was saved. It counts at once.")),
        },
        Err(refused) => {
            let form = form().submitted(&visit.form).refused(&refused);
            page(&visit, &application, form, refused.status).await
        }
    }
}

async fn ask(visit: Visit) -> Result<Response, Fault> {
    let application = load(&visit).await?;
    let name = text(&application, "name");
    let confirm = Confirm {
        action: href(&side(&visit, "/rotate-secret")),
        question: format!("Give {name} a new secret?"),
        consequences: vec![
            "The secret it has now stops working at once: requests with it are refused.".to_owned(),
            "Tokens that were issued already stay good until they expire.".to_owned(),
            "The new secret is shown once, on the next page.".to_owned(),
        ],
        button: "Make a new secret".to_owned(),
        back: href(&side(&visit, "/credentials")),
        is_final: true,
        hidden: Vec::new(),
    };
    Ok(visit
        .page("confirm", "Rotate the secret")
        .under("Applications", "/applications")
        .under(name, &side(&visit, ""))
        .show(&confirm))
}

async fn rotate(visit: Visit) -> Result<Response, Fault> {
    let path = at("/clients/{}/rotate-secret", &[visit.segment("id")]);
    let changed = visit.send(Method::POST, &path, &json!({})).await?;
    let secret = text(&changed, "client_secret");
    Ok(once(
        &visit,
        &changed,
        &secret,
        "The former secret has stopped working.",
    ))
}

/// The page that shows a secret once.
fn once(visit: &Visit, application: &Value, secret: &str, lead: &str) -> Response {
    let view = SecretView {
        lead: lead.to_owned(),
        client_id: text(application, "client_id"),
        secret: secret.to_owned(),
        next: href(&side(visit, "/credentials")),
        next_label: "Back to the application",
    };
    visit
        .page("secret", "Keep this secret")
        .under("Applications", "/applications")
        .under(text(application, "name"), &side(visit, ""))
        .show(&view)
}
