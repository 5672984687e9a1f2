//! What is held up now, and letting it in again.

use std::net::IpAddr;

use axum::response::Response;
use http::StatusCode;
use serde::Serialize;
use serde_json::Value;

use super::sheet;
use crate::dashboard::Visit;
use crate::dashboard::applications::text;
use crate::dashboard::events::when;
use crate::dashboard::fault::Fault;
use crate::dashboard::page::{Page, act, show};
use crate::dashboard::path::at;
use crate::dashboard::visit::href;

const PATH: &str = "/protection/blocks";

pub(super) fn pages() -> Vec<Page> {
    vec![
        show(PATH, "Blocked now", blocks).needs("GET /anomaly/blocks"),
        act("/protection/blocks/user", "Let a user in again", lift_user)
            .needs("DELETE /user-blocks/{id}"),
        act("/protection/blocks/ip", "Let an address in again", lift_ip)
            .needs("DELETE /anomaly/blocks/ips/{id}"),
    ]
}

#[derive(Serialize)]
struct View {
    q: String,
    /// What is said of what was looked for.
    found: String,
    rows: Vec<Row>,
    more: Option<String>,
}

#[derive(Serialize)]
struct Row {
    what: &'static str,
    /// The user's id, if it is about a user.
    user_id: String,
    /// Where she is looked at, if there is such a page.
    user_href: String,
    ip: String,
    at: String,
    until: String,
    /// `user`, `ip` or empty: how it is lifted.
    lift: &'static str,
}

async fn blocks(visit: Visit) -> Result<Response, Fault> {
    let q = visit.query.get("q").to_owned();
    let mut path = "/anomaly/blocks?take=50".to_owned();
    let from = visit.query.get("from");
    if !from.is_empty() {
        path.push_str(&at("&from={}", &[from]));
    }
    let answer = visit.get(&path).await?;
    let blocks = answer["blocks"].as_array().cloned().unwrap_or_default();
    let mut rows: Vec<Row> = blocks.iter().map(|block| row(&visit, block)).collect();
    let mut more = answer["next"].as_str().map(|next| {
        let query = visit.query.with("from", next);
        format!("{}?{query}", href(PATH))
    });
    let mut found = String::new();
    if !q.is_empty() {
        (rows, found) = look_up(&visit, &q).await?;
        more = None;
    }
    let view = View {
        q,
        found,
        rows,
        more,
    };
    Ok(sheet(&visit, "protection_blocks", PATH).show(&view))
}

/// The blocks of one name or address.
async fn look_up(visit: &Visit, q: &str) -> Result<(Vec<Row>, String), Fault> {
    if q.parse::<IpAddr>().is_ok() {
        let path = at("/anomaly/blocks/ips/{}", &[q]);
        return match visit.get(&path).await {
            Ok(_) => Ok((vec![of_ip(q)], String::new())),
            Err(refused) if refused.status == StatusCode::NOT_FOUND => {
                Ok((Vec::new(), format!("Logins from {q} are not held up.")))
            }
            Err(refused) => Err(refused.into()),
        };
    }
    if !visit.can("GET /user-blocks") {
        let said = "Your roles do not permit to look for users; look for an address.";
        return Ok((Vec::new(), said.to_owned()));
    }
    match visit.get(&at("/user-blocks?identifier={}", &[q])).await {
        Ok(answer) => {
            let all = answer["blocked_for"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            let rows: Vec<Row> = all.iter().map(of_name).collect();
            let none = rows.is_empty().then(|| format!("{q} is not blocked."));
            Ok((rows, none.unwrap_or_default()))
        }
        Err(refused) if refused.status == StatusCode::NOT_FOUND => {
            Ok((Vec::new(), format!("Nobody logs in as {q}.")))
        }
        Err(refused) => Err(refused.into()),
    }
}

fn of_ip(ip: &str) -> Row {
    Row {
        what: "Logins from an address",
        user_id: String::new(),
        user_href: String::new(),
        ip: ip.to_owned(),
        at: String::new(),
        until: String::new(),
        lift: "ip",
    }
}

fn of_name(block: &Value) -> Row {
    Row {
        what: "Logins to an account",
        user_id: text(block, "identifier"),
        user_href: String::new(),
        ip: text(block, "ip"),
        at: String::new(),
        until: String::new(),
        lift: "name",
    }
}

fn row(visit: &Visit, block: &Value) -> Row {
    let (user_id, ip) = (text(block, "user_id"), text(block, "ip"));
    let (what, lift) = match (text(block, "kind").as_str(), user_id.is_empty()) {
        ("user_and_ip", false) => ("Logins to an account from an address", "user"),
        ("user_and_ip", true) => ("A name that nobody has, from an address", ""),
        ("user", false) => ("Logins to an account", "user"),
        ("user", true) => ("A name that nobody has", ""),
        ("signup", _) => ("Sign-ups from an address", "ip"),
        ("passwordless_codes", _) => ("Codes asked for from an address", "ip"),
        _ => ("Logins from an address", "ip"),
    };
    let at_iso = text(block, "blocked_until");
    let mut pages = visit.desk.pages.iter();
    let has_page = pages.any(|page| page.path == "/users/{id}") && visit.can("GET /users/{id}");
    let user_href = match has_page && !user_id.is_empty() {
        true => href(&at("/users/{}", &[&user_id])),
        false => String::new(),
    };
    Row {
        what,
        user_id,
        user_href,
        ip,
        until: when(&at_iso),
        at: at_iso,
        lift,
    }
}

async fn lift_user(visit: Visit) -> Result<Response, Fault> {
    let (id, name) = (visit.form.get("user_id"), visit.form.get("identifier"));
    let (path, who) = match id.is_empty() {
        true => (at("/user-blocks?identifier={}", &[name]), name),
        false => (at("/user-blocks/{}", &[id]), id),
    };
    visit.delete(&path).await?;
    let said = format!("{who} may log in again, from everywhere.");
    Ok(visit.go(PATH, &said))
}

async fn lift_ip(visit: Visit) -> Result<Response, Fault> {
    let ip = visit.form.get("ip");
    visit.delete(&at("/anomaly/blocks/ips/{}", &[ip])).await?;
    Ok(visit.go(PATH, &format!("{ip} is let in again.")))
}
