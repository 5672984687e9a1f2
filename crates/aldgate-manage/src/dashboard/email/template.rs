//! What the tenant's mails say: the list of templates, and one of them.

use aldgate_app::mail::own_text;
use aldgate_app::page::{Chrome, MailKind};
use axum::response::Response;
use http::{HeaderMap, Method, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};

use super::sheet;
use crate::dashboard::Visit;
use crate::dashboard::api::Refused;
use crate::dashboard::fault::Fault;
use crate::dashboard::form::{self, Filled, Form};
use crate::dashboard::page::{Page, act, show};
use crate::dashboard::path::at;
use crate::dashboard::visit::href;

const PATH: &str = "/email/templates/{name}";

/// A mail whose words can be the tenant's own.
pub(super) struct Mail {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    about: &'static str,
    pub(super) kind: MailKind,
}

/// The mails that Aldgate sends and that take a template. Others are stored by the Management API
/// and never sent, so they are not offered.
pub(super) const MAILS: [Mail; 4] = [
    Mail {
        name: "verify_email",
        label: "Confirm an address",
        about: "After a sign-up, or when somebody changes her address.",
        kind: MailKind::VerifyEmail,
    },
    Mail {
        name: "reset_email",
        label: "Reset a password",
        about: "When somebody has forgotten hers.",
        kind: MailKind::ResetPassword,
    },
    Mail {
        name: "password_reset",
        label: "The password was changed",
        about: "Afterwards, so that nobody changes it behind her back.",
        kind: MailKind::PasswordChanged,
    },
    Mail {
        name: "blocked_account",
        label: "The account is blocked",
        about: "After too many failed logins.",
        kind: MailKind::BlockedAccount,
    },
];

pub(super) fn pages() -> Vec<Page> {
    let read = "GET /email-templates/{templateName}";
    vec![
        show("/email/templates", "Mail templates", list).needs(read),
        show(PATH, "Mail template", template).needs(read),
        act(PATH, "Change a mail template", save)
            .needs("POST /email-templates")
            .needs("PATCH /email-templates/{templateName}"),
    ]
}

#[derive(Serialize)]
struct List {
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    label: &'static str,
    about: &'static str,
    href: String,
    subject: String,
    /// `own`, `off` or `shipped`.
    state: &'static str,
}

#[derive(Serialize)]
struct View {
    form: Filled,
    about: &'static str,
    action: String,
    preview: String,
    reset: String,
    /// Whether there is a text of the tenant's own.
    is_own: bool,
    variables: &'static [(&'static str, &'static str)],
}

/// What a template may name, and what it is.
const VARIABLES: &[(&str, &str)] = &[
    ("url", "The address of the button"),
    (
        "user.name",
        "Her name; also user.email, user.given_name, user.user_metadata.…",
    ),
    (
        "application.name",
        "The application that caused it; it may be empty",
    ),
    (
        "friendly_name",
        "The tenant's name; also support_email, support_url",
    ),
    ("connection.name", "Where her account is"),
];

/// The mail that the path names.
pub(super) fn mail(visit: &Visit) -> Result<&'static Mail, Fault> {
    let named = visit.segment("name");
    MAILS
        .iter()
        .find(|mail| mail.name == named)
        .ok_or(Fault::NotFound)
}

/// The tenant's own template; `null` if there is none.
pub(super) async fn load(visit: &Visit, name: &str) -> Result<Value, Refused> {
    match visit.get(&at("/email-templates/{}", &[name])).await {
        Err(refused) if refused.status == StatusCode::NOT_FOUND => Ok(Value::Null),
        other => other,
    }
}

/// The template that the form begins with: the tenant's own, or the shipped words as a template.
pub(super) async fn or_shipped(visit: &Visit, mail: &Mail, own: &Value) -> Value {
    if !own.is_null() {
        return own.clone();
    }
    let chrome: Chrome = visit
        .app
        .chrome_by(&visit.tenant, &HeaderMap::new(), "")
        .await;
    match own_text(mail.kind, &chrome) {
        Ok(text) => json!({
            "enabled": true, "from": text.from, "subject": text.subject, "body": text.body,
        }),
        Err(error) => {
            tracing::error!(%error, "a mail as shipped cannot be rendered");
            json!({"enabled": true})
        }
    }
}

pub(super) fn form() -> Form {
    Form::new()
        .section("", "")
        .field(
            form::flag("enabled", "Use this text")
                .hint("Otherwise the mail is Aldgate's own, in the language of the reader."),
        )
        .field(form::text("subject", "Subject").required())
        .field(form::text("from", "From").hint(
            "{{ friendly_name }} <hello@orchard.example>. Counts with a provider of your own; \
             empty: the provider's sender.",
        ))
        .field(
            form::source("body", "Text")
                .hint("HTML with Liquid.")
                .required(),
        )
}

async fn list(visit: Visit) -> Result<Response, Fault> {
    let mut rows = Vec::with_capacity(MAILS.len());
    for mail in &MAILS {
        let own = load(&visit, mail.name).await?;
        rows.push(Row {
            label: mail.label,
            about: mail.about,
            href: href(&at("/email/templates/{}", &[mail.name])),
            subject: own["subject"].as_str().unwrap_or_default().to_owned(),
            state: match &own {
                Value::Null => "shipped",
                own if own["enabled"] == false => "off",
                _ => "own",
            },
        });
    }
    let sheet = sheet(&visit, "email_templates", "/email/templates");
    Ok(sheet.show(&List { rows }))
}

async fn template(visit: Visit) -> Result<Response, Fault> {
    let mail = mail(&visit)?;
    let own = load(&visit, mail.name).await?;
    let form = form().filled(&or_shipped(&visit, mail, &own).await);
    Ok(page(&visit, (mail, &own), form, StatusCode::OK))
}

fn page(visit: &Visit, (mail, own): (&Mail, &Value), form: Filled, status: StatusCode) -> Response {
    let path = at("/email/templates/{}", &[mail.name]);
    let view = View {
        form,
        about: mail.about,
        action: href(&path),
        preview: href(&(path.clone() + "/preview")),
        reset: href(&(path + "/reset")),
        is_own: !own.is_null(),
        variables: VARIABLES,
    };
    visit
        .page("email_template", mail.label)
        .under("E-mail", "/email")
        .under("Templates", "/email/templates")
        .status(status)
        .show(&view)
}

async fn save(visit: Visit) -> Result<Response, Fault> {
    let mail = mail(&visit)?;
    let own = load(&visit, mail.name).await?;
    let form = form();
    let mut body = match form.changes(&visit.form, &own) {
        Ok(body) => body,
        Err(form) => return Ok(page(&visit, (mail, &own), *form, StatusCode::BAD_REQUEST)),
    };
    let path = at("/email/templates/{}", &[mail.name]);
    let answer = if own.is_null() {
        for (name, value) in [("from", json!("")), ("enabled", json!(false))] {
            body.entry(name).or_insert(value);
        }
        body.insert("template".to_owned(), mail.name.into());
        body.insert("syntax".to_owned(), "liquid".into());
        let body = Value::Object(body);
        visit.send(Method::POST, "/email-templates", &body).await
    } else if body.is_empty() {
        return Ok(visit.go(&path, "Nothing was different, so nothing was changed."));
    } else {
        if body.get("from").is_some_and(Value::is_null) {
            body.insert("from".to_owned(), json!(""));
        }
        let own = at("/email-templates/{}", &[mail.name]);
        visit.send(Method::PATCH, &own, &Value::Object(body)).await
    };
    match answer {
        Ok(_) => Ok(visit.go(&path, "The text was saved. The next mail says it so.")),
        Err(refused) => {
            let form = form.submitted(&visit.form).refused(&refused);
            Ok(page(&visit, (mail, &own), form, refused.status))
        }
    }
}
