//! A test mail, and what the server answered.

use axum::response::Response;
use http::{Method, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};

use super::provider::{View, load, page};
use crate::dashboard::Visit;
use crate::dashboard::applications::text;
use crate::dashboard::fault::Fault;
use crate::dashboard::page::{Page, act};

pub(super) fn pages() -> Vec<Page> {
    vec![
        act("/email/test", "Send a test mail", send)
            .needs("POST /emails/test")
            .needs("GET /emails/provider"),
    ]
}

/// What became of a test mail.
#[derive(Serialize)]
pub(super) struct Tried {
    sent: bool,
    to: String,
    /// Who carried it, as a person says it.
    by: String,
    from: String,
    /// The server's own words, or what failed.
    words: String,
    remedy: &'static str,
}

async fn send(visit: Visit) -> Result<Response, Fault> {
    let to = visit.form.get("to").to_owned();
    let answer = visit
        .send(Method::POST, "/emails/test", &json!({"to": to}))
        .await;
    let (tried, status) = match answer {
        Ok(answer) => (Ok(tried(&answer, &to)), StatusCode::OK),
        Err(refused) if refused.status == StatusCode::BAD_REQUEST => (
            Err("Expected an address such as ada@example.com.".to_owned()),
            refused.status,
        ),
        Err(refused) => return Err(refused.into()),
    };
    let view = View::of(&visit, &load(&visit).await?).tested(&to, tried);
    Ok(page(&visit, &view, status))
}

fn tried(answer: &Value, to: &str) -> Tried {
    let sent = answer["sent"] == true;
    let error = text(answer, "error");
    Tried {
        sent,
        to: to.to_owned(),
        by: match answer["server"].as_str() {
            Some(server) => server.to_owned(),
            None => "this server's own transport".to_owned(),
        },
        from: text(answer, "from"),
        words: if sent {
            text(answer, "answer")
        } else {
            error.clone()
        },
        remedy: remedy(&error),
    }
}

/// What usually helps, by what went wrong.
fn remedy(error: &str) -> &'static str {
    let error = error.to_lowercase();
    if error.is_empty() {
        return "";
    }
    let has = |words: &[&str]| words.iter().any(|word| error.contains(word));
    if has(&["public internet"]) {
        "The server's address is not public. Whoever runs Aldgate can allow its network in \
         outbound.allow_cidrs."
    } else if has(&["lookup", "not known", "such name", "name is not answered"]) {
        "The host has no address. Compare its name with what the provider says."
    } else if has(&["(535)", "(534)", "(530)", "authenticat", "credential"]) {
        "The server does not take this user name and password. Some providers want a password of \
         its own for SMTP."
    } else if has(&["(550)", "(553)", "(554)", "(501)", "relay", "sender"]) {
        "The server refuses sender or recipient. The sender must be an address that the provider \
         knows as yours."
    } else if has(&["certificate", "tls", "handshake"]) {
        "TLS failed. Port 465 begins with TLS; on 587 the server must offer STARTTLS with a \
         certificate for its name."
    } else if has(&[
        "refused",
        "timed out",
        "did not finish",
        "unreachable",
        "connection",
    ]) {
        "Nobody answers at this host and port. 587 and 465 are usual; many networks block 25."
    } else {
        "The tenant log has the request, and the server's log what came before."
    }
}

#[cfg(test)]
mod tests {
    use super::remedy;

    #[test]
    fn the_remedy_fits_what_went_wrong() {
        for (error, word) in [
            (
                "SMTP: permanent error (535): 5.7.8 Authentication failed",
                "password",
            ),
            (
                "SMTP: Connection error: Connection refused (os error 111)",
                "587",
            ),
            ("the SMTP server did not finish within 20 s", "587"),
            ("SMTP: permanent error (550): relay denied", "sender"),
            ("SMTP: network error: invalid peer certificate", "TLS"),
        ] {
            assert!(remedy(error).contains(word), "{error}: {}", remedy(error));
        }
    }
}
