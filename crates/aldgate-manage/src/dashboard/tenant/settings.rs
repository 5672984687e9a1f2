//! The settings of the tenant that the house acts on; what is only stored is not offered.

use aldgate_app::page::Locale;
use axum::response::Response;
use http::{Method, StatusCode};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::sheet;
use crate::dashboard::Visit;
use crate::dashboard::applications::text;
use crate::dashboard::fault::Fault;
use crate::dashboard::form::{self, Choice, Field, Filled, Form, choice};
use crate::dashboard::page::{Group, Page, act, show};

const OPERATION: &str = "/tenants/settings";

/// Lifetimes, which the form shows in minutes and the operation in hours.
const LIFETIMES: [(&str, &str); 4] = [
    ("session_lifetime", "session_lifetime_in_minutes"),
    ("idle_session_lifetime", "idle_session_lifetime_in_minutes"),
    (
        "ephemeral_session_lifetime",
        "ephemeral_session_lifetime_in_minutes",
    ),
    (
        "idle_ephemeral_session_lifetime",
        "idle_ephemeral_session_lifetime_in_minutes",
    ),
];

pub(super) fn pages() -> Vec<Page> {
    vec![
        show("/tenant", "Tenant settings", settings)
            .needs("GET /tenants/settings")
            .nav(Group::Tenant),
        act("/tenant", "Change the tenant's settings", save).needs("PATCH /tenants/settings"),
    ]
}

#[derive(Serialize)]
struct View {
    form: Filled,
    id: String,
    issuer: String,
}

/// What can be chosen by name, as far as she may read it.
struct Names {
    databases: Option<Vec<String>>,
    apis: Option<Vec<String>>,
}

impl Names {
    async fn load(visit: &Visit) -> Result<Self, Fault> {
        let databases = "/connections?strategy=auth0&per_page=100";
        let databases = visit.get_if_permitted(databases).await?;
        let apis = visit
            .get_if_permitted("/resource-servers?per_page=100")
            .await?;
        let names = |list: &Value, name: &str| {
            let items = list.as_array()?.iter();
            Some(items.map(|item| text(item, name)).collect())
        };
        Ok(Self {
            databases: names(&databases, "name"),
            apis: names(&apis, "identifier"),
        })
    }
}

/// One of several by name; a text where she may not see which there are.
fn named(
    field: (&'static str, &'static str),
    names: Option<&Vec<String>>,
    settings: &Value,
) -> Field {
    let Some(names) = names else {
        return form::text(field.0, field.1);
    };
    let current = text(settings, field.0);
    let mut choices: Vec<Choice> = vec![choice("", "None")];
    choices.extend(names.iter().map(|name| choice(name, name)));
    if !current.is_empty() && !names.contains(&current) {
        choices.push(choice(&current, &current).warning("There is no such thing any more."));
    }
    form::one(field.0, field.1, choices)
}

fn form(settings: &Value, names: &Names) -> Form {
    let form = Form::new()
        .section("Name and support", "Shown on the login pages and in mails.")
        .field(form::text("friendly_name", "Name").hint("Orchard. Empty: Aldgate."))
        .field(
            form::text_of("url", "picture_url", "Picture")
                .hint("An https address of an image; the logo of the branding comes first."),
        )
        .field(form::text_of("email", "support_email", "Support address"))
        .field(
            form::text_of("url", "support_url", "Support page")
                .hint("Error pages lead there, or else to the address."),
        );
    let form = languages(form);
    let form = sessions(form);
    let directory = ("default_directory", "Default database");
    let audience = ("default_audience", "Default API");
    let form = form
        .section("Where nothing is said", "")
        .field(named(directory, names.databases.as_ref(), settings).hint(
            "For requests that name no connection: the password grant, sign-ups by the \
             Authentication API.",
        ))
        .field(named(audience, names.apis.as_ref(), settings).hint(
            "For requests without an audience. With it, every application gets tokens for this API.",
        ))
        .field(
            form::text_of("url", "default_redirection_uri", "Default login page")
                .hint("Where people go who open the login page by itself, from a bookmark."),
        )
        .field(
            form::lines("allowed_logout_urls", "Allowed logout URLs")
                .hint("One on each line: for /v2/logout without a client_id."),
        );
    refusals(form)
}

fn languages(form: Form) -> Form {
    let all = Locale::ALL.iter();
    let all = all.map(|locale| choice(locale.tag(), locale.name()));
    form.section("Languages", "").field(
        form::many("enabled_locales", "Languages of the pages", all.collect())
            .hint("People get the one that their browser asks for, if it is among these."),
    )
}

fn sessions(form: Form) -> Form {
    let modes = vec![
        choice("persistent", "Stays").hint("People are still logged in after they close it."),
        choice("non-persistent", "Ends with the browser"),
    ];
    let minutes = |name, label| form::number(name, label, "minutes");
    form.section(
        "Sessions",
        "A session is a browser's login at the tenant: while it lasts, applications get people \
         logged in without asking.",
    )
    .field(minutes("session_lifetime_in_minutes", "Ends after").required())
    .field(minutes("idle_session_lifetime_in_minutes", "Ends unused after").required())
    .field(form::one("session_cookie.mode", "When the browser closes", modes))
    .field(
        minutes(
            "ephemeral_session_lifetime_in_minutes",
            "If it ends with the browser: ends after",
        )
        .hint("Empty: as above."),
    )
    .field(
        minutes(
            "idle_ephemeral_session_lifetime_in_minutes",
            "If it ends with the browser: ends unused after",
        )
        .hint("Empty: as above."),
    )
    .field(
        form::flag("sessions.oidc_logout_prompt_enabled", "Ask before logging out")
            .hint("When an application asks for a logout at /oidc/logout without proof of who it is about."),
    )
}

fn refusals(form: Form) -> Form {
    form.section("Refusals", "")
        .field(form::text_of("url", "error_page.url", "Error page of yours").hint(
            "Refusals with nowhere else to go lead there, with error, error_description and \
             tracking, the support code. Empty: Aldgate's own page, which says more.",
        ))
        .field(
            form::flag(
                "flags.enable_public_signup_user_exists_error",
                "Sign-up says that the user exists",
            )
            .hint("At /dbconnections/signup. Whoever asks can then find out who has an account."),
        )
        .section("Actions", "")
        .field(form::flag("kept_action_events.enabled", "Keep events to try drafts on").hint(
            "What logins handed to actions is kept for a while, without secrets, so that a draft \
             can be run over the last real logins.",
        ))
        .field(
            form::number("kept_action_events.retention_hours", "Kept for", "hours")
                .hint("At most 168. Without a number: 24. Switching it off deletes what is kept."),
        )
}

/// The settings as the form shows them.
async fn load(visit: &Visit) -> Result<Value, Fault> {
    let mut settings = visit.get(OPERATION).await?;
    for (hours, minutes) in LIFETIMES {
        if let Some(value) = settings[hours].as_f64() {
            let value = (value * 60.0).round();
            settings[minutes] = format!("{value:.0}").parse::<u64>().unwrap_or(1).into();
        }
    }
    if settings["session_cookie"]["mode"].is_null() {
        settings["session_cookie"] = json!({"mode": "persistent"});
    }
    if settings["sessions"]["oidc_logout_prompt_enabled"].is_null() {
        settings["sessions"] = json!({"oidc_logout_prompt_enabled": true});
    }
    Ok(settings)
}

async fn settings(visit: Visit) -> Result<Response, Fault> {
    let (settings, names) = (load(&visit).await?, Names::load(&visit).await?);
    let form = form(&settings, &names).filled(&settings);
    Ok(page(&visit, form, StatusCode::OK))
}

fn page(visit: &Visit, form: Filled, status: StatusCode) -> Response {
    let view = View {
        form,
        id: visit.tenant.id.to_string(),
        issuer: visit.tenant.issuer.as_str().to_owned(),
    };
    sheet(visit, "tenant", "/tenant").status(status).show(&view)
}

async fn save(visit: Visit) -> Result<Response, Fault> {
    let (settings, names) = (load(&visit).await?, Names::load(&visit).await?);
    let form = form(&settings, &names);
    let mut body = match form.changes(&visit.form, &settings) {
        Ok(body) => body,
        Err(form) => return Ok(page(&visit, *form, StatusCode::BAD_REQUEST)),
    };
    if body.is_empty() {
        return Ok(visit.go("/tenant", "Nothing was different, so nothing was changed."));
    }
    emptied(&mut body);
    match visit
        .send(Method::PATCH, OPERATION, &Value::Object(body))
        .await
    {
        Ok(_) => Ok(visit.go("/tenant", "The settings were saved. They count at once.")),
        Err(refused) => {
            let form = form.submitted(&visit.form).refused(&refused);
            Ok(page(&visit, form, refused.status))
        }
    }
}

/// A lifetime in minutes that was emptied takes away the one in hours.
fn emptied(body: &mut Map<String, Value>) {
    for (hours, minutes) in LIFETIMES {
        if body.get(minutes).is_some_and(Value::is_null) {
            body.remove(minutes);
            body.insert(hours.to_owned(), Value::Null);
        }
    }
}
