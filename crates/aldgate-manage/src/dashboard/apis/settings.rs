//! The settings of an API.

use axum::response::Response;
use http::{Method, StatusCode};
use serde::Serialize;
use serde_json::Value;

use super::{load, new, sheet, side};
use crate::dashboard::Visit;
use crate::dashboard::applications::text;
use crate::dashboard::fault::Fault;
use crate::dashboard::form::{self, Choice, Filled, Form, choice};
use crate::dashboard::page::{Page, act, show};
use crate::dashboard::path::at;
use crate::dashboard::visit::href;

pub(super) fn pages() -> Vec<Page> {
    vec![
        show("/apis/{id}", "API", settings).needs("GET /resource-servers/{id}"),
        act("/apis/{id}", "Change an API", save).needs("PATCH /resource-servers/{id}"),
    ]
}

#[derive(Serialize)]
struct View {
    form: Filled,
    action: String,
    identifier: String,
    is_system: bool,
    rename: String,
    delete: String,
}

async fn settings(visit: Visit) -> Result<Response, Fault> {
    let api = load(&visit).await?;
    let form = form(&api).filled(&api);
    Ok(page(&visit, &api, form, StatusCode::OK))
}

fn page(visit: &Visit, api: &Value, form: Filled, status: StatusCode) -> Response {
    let view = View {
        form,
        action: href(&side(visit, "")),
        identifier: text(api, "identifier"),
        is_system: api["is_system"] == true,
        rename: href(&side(visit, "/identifier")),
        delete: href(&side(visit, "/delete")),
    };
    sheet(visit, "api", api, "").status(status).show(&view)
}

async fn save(visit: Visit) -> Result<Response, Fault> {
    let api = load(&visit).await?;
    let body = match form(&api).changes(&visit.form, &api) {
        Ok(body) => body,
        Err(form) => return Ok(page(&visit, &api, *form, StatusCode::BAD_REQUEST)),
    };
    let own = side(&visit, "");
    if body.is_empty() {
        return Ok(visit.go(&own, "Nothing was different, so nothing was changed."));
    }
    let path = at("/resource-servers/{}", &[visit.segment("id")]);
    match visit.send(Method::PATCH, &path, &Value::Object(body)).await {
        Ok(_) => Ok(visit.go(
            &own,
            "The API was saved. It counts for the tokens issued from now on.",
        )),
        Err(refused) => {
            let form = form(&api).submitted(&visit.form).refused(&refused);
            Ok(page(&visit, &api, form, refused.status))
        }
    }
}

fn form(api: &Value) -> Form {
    let mut algorithms = new::algorithms();
    // Others are chosen by the Management API, which also takes the secret that HS256 needs.
    let current = text(api, "signing_alg");
    if matches!(current.as_str(), "HS256" | "RS512") {
        algorithms.push(choice(current.clone(), current));
    }
    let form = Form::new()
        .section("Basics", "")
        .field(form::text("name", "Name").required())
        .section(
            "Access tokens",
            "Applications and APIs check lifetimes by themselves: a token \
             that is out cannot be called back.",
        )
        .field(
            form::number("token_lifetime", "Lifetime", "seconds")
                .hint(
                    "At most 2592000, \
             thirty days.",
                )
                .required(),
        )
        .field(
            form::number(
                "token_lifetime_for_web",
                "Lifetime from the front channel",
                "seconds",
            )
            .hint(
                "For tokens in the address of a callback (implicit and hybrid flows): keep \
                     it short.",
            )
            .required(),
        )
        .field(form::flag("allow_offline_access", "Refresh tokens").hint(
            "Applications may ask for offline_access, and so stay logged in without the user.",
        ))
        .field(form::one("signing_alg", "Algorithm", algorithms))
        .field(form::one("token_dialect", "Dialect", dialects()));
    access(form)
}

fn dialects() -> Vec<Choice> {
    vec![
        choice("rfc9068_profile", "RFC 9068")
            .hint("typ is at+jwt, so nobody takes an ID token for it."),
        choice("rfc9068_profile_authz", "RFC 9068 with permissions")
            .hint("Also lists the user's permissions, if role-based access control is on."),
        choice("access_token", "Auth0").hint("typ is JWT, as Auth0's own default."),
        choice("access_token_authz", "Auth0 with permissions")
            .hint("Also lists the user's permissions, if role-based access control is on."),
    ]
}

fn access(form: Form) -> Form {
    let users = vec![
        choice("allow_all", "Every application of the tenant")
            .hint("What a user may do is decided by her roles and her consent."),
        choice(
            "require_client_grant",
            "Only applications that were given access",
        )
        .hint("On the page of an application, under APIs."),
        choice("deny_all", "None"),
    ];
    let machines = vec![
        choice(
            "require_client_grant",
            "Only applications that were given access",
        ),
        choice("deny_all", "None"),
    ];
    form.section("Who may ask for its tokens", "")
        .field(
            form::flag("enforce_policies", "Role-based access control").hint(
                "A user gets only the scopes that her roles and permissions hold. Without it, she \
                 gets what the application asks for.",
            ),
        )
        .field(form::one(
            "subject_type_authorization.user.policy",
            "For users",
            users,
        ))
        .field(form::one(
            "subject_type_authorization.client.policy",
            "For applications by \
             themselves",
            machines,
        ))
        .field(
            form::flag(
                "skip_consent_for_verifiable_first_party_clients",
                "Your own applications \
                 skip consent",
            )
            .hint("Applications of others always ask the user."),
        )
}
