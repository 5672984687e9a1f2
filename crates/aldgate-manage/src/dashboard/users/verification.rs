//! Mails and links by which a user verifies her address or chooses a password herself.

use axum::response::Response;
use http::Method;
use serde::Serialize;
use serde_json::{Value, json};

use super::{database, inner, load, side};
use crate::dashboard::Visit;
use crate::dashboard::api::Refused;
use crate::dashboard::applications::text;
use crate::dashboard::fault::Fault;
use crate::dashboard::page::{Page, act};
use crate::dashboard::visit::href;

/// How long a link of a ticket works, in days: the longest there is.
const DAYS: u64 = 5;

pub(super) fn pages() -> Vec<Page> {
    let verify = "/users/{id}/verification";
    let user = |page: Page| page.needs("GET /users/{id}");
    vec![
        user(act(verify, "Send a verification mail", send)).needs("POST /jobs/verification-email"),
        user(act(
            "/users/{id}/verification/link",
            "Make a verification link",
            link,
        ))
        .needs("POST /tickets/email-verification"),
        user(act("/users/{id}/reset", "Send a reset mail", send_reset))
            .needs("POST /tickets/password-change"),
        user(act(
            "/users/{id}/reset/link",
            "Make a reset link",
            reset_link,
        ))
        .needs("POST /tickets/password-change"),
    ]
}

async fn send(visit: Visit) -> Result<Response, Fault> {
    let user = load(&visit).await?;
    let body = json!({"user_id": visit.segment("id")});
    visit
        .send(Method::POST, "/jobs/verification-email", &body)
        .await?;
    let said = format!(
        "A verification mail is on its way to {}.",
        text(&user, "email")
    );
    Ok(visit.go(&side(&visit, "/sign-in"), &said))
}

/// The same mail as *Forgot your password?* sends, asked for by the dashboard's application.
async fn send_reset(visit: Visit) -> Result<Response, Fault> {
    let user = load(&visit).await?;
    let (email, connection) = (text(&user, "email"), database(&user).unwrap_or_default());
    let fields = [
        ("client_id", aldgate_core::provision::DASHBOARD),
        ("email", email.as_str()),
        ("connection", connection.as_str()),
    ];
    visit.ask("/dbconnections/change_password", &fields).await?;
    let said = format!("A mail with a link to choose a password is on its way to {email}.");
    Ok(visit.go(&side(&visit, "/sign-in"), &said))
}

#[derive(Serialize)]
struct Ticket {
    lead: String,
    link: String,
    days: u64,
    back: String,
}

async fn link(visit: Visit) -> Result<Response, Fault> {
    let user = load(&visit).await?;
    let lead = format!("Who opens this link verifies {}.", text(&user, "email"));
    let ticket = ticket(&visit, "/tickets/email-verification").await?;
    Ok(page(&visit, &user, &ticket, lead))
}

async fn reset_link(visit: Visit) -> Result<Response, Fault> {
    let user = load(&visit).await?;
    let lead = "Who opens this link chooses the password of this user.".to_owned();
    let ticket = ticket(&visit, "/tickets/password-change").await?;
    Ok(page(&visit, &user, &ticket, lead))
}

async fn ticket(visit: &Visit, path: &str) -> Result<Value, Refused> {
    let body = json!({"user_id": visit.segment("id"), "ttl_sec": DAYS * 86_400});
    visit.send(Method::POST, path, &body).await
}

fn page(visit: &Visit, user: &Value, ticket: &Value, lead: String) -> Response {
    let view = Ticket {
        lead,
        link: text(ticket, "ticket"),
        days: DAYS,
        back: href(&side(visit, "/sign-in")),
    };
    inner(visit, "user_ticket", "A link to hand over", user)
        .under("Sign-in", &side(visit, "/sign-in"))
        .show(&view)
}
