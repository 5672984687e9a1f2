//! The settings of brute-force protection and of suspicious-IP throttling. Those of what is not
//! built are not offered: they are kept for tools and do nothing.

use axum::response::Response;
use http::{Method, StatusCode};
use serde::Serialize;
use serde_json::Value;

use super::sheet;
use crate::dashboard::Visit;
use crate::dashboard::fault::Fault;
use crate::dashboard::form::{self, Filled, Form, choice};
use crate::dashboard::page::{Group, Page, act, show};
use crate::dashboard::visit::href;

/// One document of settings with its page.
#[derive(Clone, Copy)]
struct Brake {
    /// Below `/dashboard`.
    page: &'static str,
    /// The operation's path.
    operation: &'static str,
    /// What it does, in a sentence.
    about: &'static str,
    form: fn() -> Form,
    /// What the page says after a change.
    saved: &'static str,
}

const ACCOUNTS: Brake = Brake {
    page: "/protection",
    operation: "/attack-protection/brute-force-protection",
    about: "Somebody tries passwords for one account. From fifty failures on, wherever from, \
            attempts wait for each other in any case.",
    form: accounts,
    saved: "The settings were saved. They count for the next attempt; what is blocked stays so.",
};

const ADDRESSES: Brake = Brake {
    page: "/protection/addresses",
    operation: "/attack-protection/suspicious-ip-throttling",
    about: "One address tries many accounts, or opens many. An IPv6 address counts with its \
            whole network.",
    form: addresses,
    saved: "The settings were saved. They count for the next attempt.",
};

pub(super) fn pages() -> Vec<Page> {
    vec![
        show(ACCOUNTS.page, "Attack protection", |visit| {
            ask(visit, ACCOUNTS)
        })
        .needs("GET /attack-protection/brute-force-protection")
        .nav(Group::Tenant),
        act(ACCOUNTS.page, "Change attack protection", |visit| {
            save(visit, ACCOUNTS)
        })
        .needs("PATCH /attack-protection/brute-force-protection"),
        show(ADDRESSES.page, "Suspicious addresses", |visit| {
            ask(visit, ADDRESSES)
        })
        .needs("GET /attack-protection/suspicious-ip-throttling"),
        act(ADDRESSES.page, "Change attack protection", |visit| {
            save(visit, ADDRESSES)
        })
        .needs("PATCH /attack-protection/suspicious-ip-throttling"),
    ]
}

#[derive(Serialize)]
struct View {
    form: Filled,
    action: String,
    about: &'static str,
    may_save: bool,
}

async fn ask(visit: Visit, brake: Brake) -> Result<Response, Fault> {
    let document = visit.get(brake.operation).await?;
    let form = (brake.form)().filled(&document);
    Ok(page(&visit, brake, form, StatusCode::OK))
}

fn page(visit: &Visit, brake: Brake, form: Filled, status: StatusCode) -> Response {
    let view = View {
        form,
        action: href(brake.page),
        about: brake.about,
        may_save: visit.can(&format!("PATCH {}", brake.operation)),
    };
    sheet(visit, "protection", brake.page)
        .status(status)
        .show(&view)
}

async fn save(visit: Visit, brake: Brake) -> Result<Response, Fault> {
    let document = visit.get(brake.operation).await?;
    let body = match (brake.form)().changes(&visit.form, &document) {
        Ok(body) => body,
        Err(form) => return Ok(page(&visit, brake, *form, StatusCode::BAD_REQUEST)),
    };
    if body.is_empty() {
        let said = "Nothing was different, so nothing was changed.";
        return Ok(visit.go(brake.page, said));
    }
    let body = Value::Object(body);
    match visit.send(Method::PATCH, brake.operation, &body).await {
        Ok(_) => Ok(visit.go(brake.page, brake.saved)),
        Err(refused) => {
            let form = (brake.form)().submitted(&visit.form).refused(&refused);
            Ok(page(&visit, brake, form, refused.status))
        }
    }
}

fn accounts() -> Form {
    let modes = vec![
        choice("count_per_identifier_and_ip", "For each address apart")
            .hint("The owner still gets in from elsewhere while a stranger is kept out."),
        choice("count_per_identifier", "From all addresses together")
            .hint("Also stops guessing from many addresses at once.")
            .warning("Anybody can lock anybody out by wrong passwords; her last address excepted."),
    ];
    let shields = vec![
        choice("block", "Block the account")
            .hint("For thirty days, or until a new password, the mailed link, or you lift it."),
        choice("user_notification", "Tell the user")
            .hint("By mail, with a link that lifts the block."),
    ];
    Form::new()
        .section("", "")
        .field(form::flag("enabled", "Switched on"))
        .field(
            form::number("max_attempts", "Failures in a row", "attempts")
                .hint("So many wrong passwords are looked at; 1 to 100.")
                .required(),
        )
        .field(form::one("mode", "Failures count", modes))
        .field(form::many("shields", "Then", shields))
        .field(allowlist())
}

fn addresses() -> Form {
    let shields = vec![
        choice("block", "Slow the address down")
            .hint("Its next attempt has to wait, as long as is chosen below."),
        choice("admin_notification", "Tell the administrators")
            .hint("By an event of the tenant log (limit_mu)."),
    ];
    let at_once = |name, hint: &str| {
        form::number(name, "At once", "attempts")
            .hint(hint)
            .required()
    };
    let further = |name| {
        form::number(name, "Then one more each", "milliseconds")
            .hint("Rounded up to seconds; at most a day.")
            .required()
    };
    Form::new()
        .section("", "")
        .field(form::flag("enabled", "Switched on"))
        .field(form::many(
            "shields",
            "When an address used up its attempts",
            shields,
        ))
        .field(allowlist())
        .section("Logins", "Failed ones, for whatever account.")
        .field(at_once(
            "stage.pre-login.max_attempts",
            "Auth0's default is 100.",
        ))
        .field(further("stage.pre-login.rate"))
        .section("Sign-ups", "Accounts opened from one address.")
        .field(at_once(
            "stage.pre-user-registration.max_attempts",
            "Auth0's default is 50.",
        ))
        .field(further("stage.pre-user-registration.rate"))
}

fn allowlist() -> form::Field {
    form::lines("allowlist", "Exempt addresses").hint(
        "Your office, your tests: one address or network on each line, as 192.0.2.0/24. \
         At most 100.",
    )
}
