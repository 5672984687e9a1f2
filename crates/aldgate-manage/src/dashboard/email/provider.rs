//! Who carries the tenant's mail: an SMTP server of its own, or the transport of this server.

use axum::response::Response;
use http::{Method, StatusCode};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::sheet;
use super::test::Tried;
use crate::dashboard::Visit;
use crate::dashboard::api::Refused;
use crate::dashboard::applications::text;
use crate::dashboard::confirm::Confirm;
use crate::dashboard::fault::Fault;
use crate::dashboard::form::{self, Filled, Form};
use crate::dashboard::page::{Group, Page, act, show};
use crate::dashboard::visit::href;
use crate::op::Who;

const OPERATION: &str = "/emails/provider";
const REMOVE: &str = "/email/remove";

pub(super) fn pages() -> Vec<Page> {
    vec![
        show("/email", "E-mail", provider)
            .needs("GET /emails/provider")
            .nav(Group::Tenant),
        act("/email", "Change the mail provider", save)
            .needs("POST /emails/provider")
            .needs("PATCH /emails/provider"),
        show(REMOVE, "Remove the mail provider?", ask).needs("DELETE /emails/provider"),
        act(REMOVE, "Remove the mail provider", remove).needs("DELETE /emails/provider"),
    ]
}

#[derive(Serialize)]
pub(super) struct View {
    form: Filled,
    /// `none`, `off`, `smtp` or `other`.
    state: &'static str,
    /// What is configured: a server, or a provider that is not used.
    configured: String,
    remove: String,
    /// Where the test mail goes.
    to: String,
    to_problem: Option<String>,
    tried: Option<Tried>,
}

/// What is configured; `null` if nothing is.
pub(super) async fn load(visit: &Visit) -> Result<Value, Refused> {
    match visit.get(OPERATION).await {
        Err(refused) if refused.status == StatusCode::NOT_FOUND => Ok(Value::Null),
        other => other,
    }
}

impl View {
    pub(super) fn of(visit: &Visit, provider: &Value) -> Self {
        let is_smtp = provider["name"] == "smtp";
        let state = match provider {
            Value::Null => "none",
            _ if !is_smtp => "other",
            provider if provider["enabled"] == false => "off",
            _ => "smtp",
        };
        let (name, host) = (
            text(provider, "name"),
            text(&provider["credentials"], "smtp_host"),
        );
        let own = match visit.actor.who() {
            Who::User { name, .. } if name.contains('@') => name.clone(),
            _ => String::new(),
        };
        Self {
            form: form(provider).filled(&shown(provider)),
            state,
            configured: if is_smtp { host } else { name },
            remove: href(REMOVE),
            to: own,
            to_problem: None,
            tried: None,
        }
    }

    /// The page after a test mail was sent to an address.
    pub(super) fn tested(mut self, to: &str, tried: Result<Tried, String>) -> Self {
        to.clone_into(&mut self.to);
        match tried {
            Ok(tried) => self.tried = Some(tried),
            Err(problem) => self.to_problem = Some(problem),
        }
        self
    }

    fn with(self, form: Filled) -> Self {
        Self { form, ..self }
    }
}

/// The provider as the form shows it: a new one is switched on.
fn shown(provider: &Value) -> Value {
    match provider {
        Value::Null => json!({"enabled": true, "credentials": {"smtp_port": 587}}),
        other => other.clone(),
    }
}

fn form(provider: &Value) -> Form {
    let password = form::secret("credentials.smtp_pass", "Password");
    let password = match provider {
        Value::Null => password.hint("Stored sealed and never shown again."),
        _ => password.hint("Stored sealed and never shown. Leave it empty to keep it."),
    };
    Form::new()
        .section("SMTP server", "")
        .field(
            form::flag("enabled", "Switched on")
                .hint("Off: this server's own transport carries the mail, and the settings stay."),
        )
        .field(
            form::text("credentials.smtp_host", "Host")
                .hint("smtp.example.com. Its address must be public, or in outbound.allow_cidrs.")
                .required(),
        )
        .field(form::number("credentials.smtp_port", "Port", "").hint(
            "465: TLS from the first byte. Any other: STARTTLS, which must be offered where there \
             is a user name. Without a number: 587.",
        ))
        .field(form::text("credentials.smtp_user", "User name").hint("Empty: without a login."))
        .field(password)
        .field(
            form::text("default_from_address", "From")
                .hint("Orchard <hello@orchard.example>. A template can name another sender."),
        )
}

async fn provider(visit: Visit) -> Result<Response, Fault> {
    let provider = load(&visit).await?;
    let view = View::of(&visit, &provider);
    Ok(page(&visit, &view, StatusCode::OK))
}

pub(super) fn page(visit: &Visit, view: &View, status: StatusCode) -> Response {
    sheet(visit, "email", "/email").status(status).show(view)
}

async fn save(visit: Visit) -> Result<Response, Fault> {
    let provider = load(&visit).await?;
    let form = form(&provider);
    let view = View::of(&visit, &provider);
    let mut body = match form.changes(&visit.form, &provider) {
        Ok(body) => body,
        Err(form) => return Ok(page(&visit, &view.with(*form), StatusCode::BAD_REQUEST)),
    };
    if body.is_empty() && provider["name"] == "smtp" {
        return Ok(visit.go("/email", "Nothing was different, so nothing was changed."));
    }
    complete(&mut body, &provider);
    body.insert("enabled".to_owned(), visit.form.has("enabled").into());
    let method = match provider {
        Value::Null => Method::POST,
        _ => Method::PATCH,
    };
    match visit.send(method, OPERATION, &Value::Object(body)).await {
        Ok(_) => Ok(visit.go(
            "/email",
            "The provider was saved. Send a test mail to see it work.",
        )),
        Err(refused) => {
            let form = form.submitted(&visit.form).refused(&refused);
            Ok(page(&visit, &view.with(form), refused.status))
        }
    }
}

/// Credentials are laid over those that are stored: what was emptied has to be named.
fn complete(body: &mut Map<String, Value>, provider: &Value) {
    body.insert("name".to_owned(), "smtp".into());
    let Some(Value::Object(sent)) = body.get_mut("credentials") else {
        return;
    };
    for name in ["smtp_port", "smtp_user"] {
        if !provider["credentials"][name].is_null() && !sent.contains_key(name) {
            sent.insert(name.to_owned(), Value::Null);
        }
    }
}

async fn ask(visit: Visit) -> Result<Response, Fault> {
    let provider = load(&visit).await?;
    if provider.is_null() {
        return Err(Fault::NotFound);
    }
    let confirm = Confirm {
        action: href(REMOVE),
        question: "Remove the tenant's mail provider?".to_owned(),
        consequences: vec![
            "Mail goes out by this server's own transport, from its sender.".to_owned(),
            "The password is forgotten: to come back, enter it again.".to_owned(),
        ],
        button: "Remove the provider".to_owned(),
        back: href("/email"),
        is_final: true,
        hidden: Vec::new(),
    };
    let sheet = visit.page("confirm", "Remove the mail provider");
    Ok(sheet.under("E-mail", "/email").show(&confirm))
}

async fn remove(visit: Visit) -> Result<Response, Fault> {
    visit.delete(OPERATION).await?;
    Ok(visit.go("/email", "The provider was removed."))
}
