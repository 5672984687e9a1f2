//! The code for a new application and its API, and the live test.

use aldgate_core::event::EventType;
use axum::response::Response;
use serde::Serialize;
use serde_json::Value;

use crate::dashboard::Visit;
use crate::dashboard::api::Refused;
use crate::dashboard::applications::text;
use crate::dashboard::events::{self, Row};
use crate::dashboard::fault::Fault;
use crate::dashboard::logs::quoted;
use crate::dashboard::page::{Page, show};
use crate::dashboard::path::at;
use crate::dashboard::snippets::{self, APIS, APPLICATIONS, Names, Snippet, Stack};
use crate::dashboard::visit::{Link, href};

pub(super) fn pages() -> Vec<Page> {
    vec![
        show("/start/{client}/{api}", "Getting started", watch)
            .needs("GET /clients/{id}")
            .needs("GET /resource-servers/{id}"),
    ]
}

#[derive(Serialize)]
struct View {
    application: Snippet,
    applications: Vec<Link>,
    api: Snippet,
    apis: Vec<Link>,
    client_id: String,
    audience: String,
    application_href: String,
    api_href: String,
    test: Option<Test>,
    /// Code that lets an API tell of the first accepted token.
    reporter: String,
    trial_href: String,
    /// The fixed address of `auth0.js`, which speaks https only.
    needs_https: bool,
}

/// What the tenant log tells so far.
#[derive(Serialize)]
struct Test {
    login: Option<Row>,
    token: Option<Row>,
    /// An API said that it accepts tokens of the application.
    accepted: Option<Row>,
    failure: Option<Row>,
    mistake: Option<Row>,
    /// Whether the application has what it needs.
    done: bool,
    /// Whether there is more to wait for.
    waits: bool,
}

async fn watch(visit: Visit) -> Result<Response, Fault> {
    let client = visit
        .get(&at("/clients/{}", &[visit.segment("client")]))
        .await?;
    let api = visit
        .get(&at("/resource-servers/{}", &[visit.segment("api")]))
        .await?;
    let names = names(&visit, &client, &api);
    let application = snippets::choose(&APPLICATIONS, visit.query.get("application"));
    let api_stack = snippets::choose(&APIS, visit.query.get("api"));
    let test = match visit.can("GET /logs") {
        true => Some(test(&visit, &names).await?),
        false => None,
    };
    let view = View {
        needs_https: application.id == "auth0-js" && !names.issuer.starts_with("https://"),
        application: application.fill(&names),
        applications: links(&visit, &APPLICATIONS, "application", application),
        api: api_stack.fill(&names),
        apis: links(&visit, &APIS, "api", api_stack),
        application_href: href(&at("/applications/{}", &[&names.client_id])),
        api_href: href(&at("/apis/{}", &[visit.segment("api")])),
        trial_href: href(&at("/apis/{}/test", &[visit.segment("api")])),
        reporter: reporter(&names),
        client_id: names.client_id,
        audience: names.audience,
        test,
    };
    Ok(visit
        .page(
            "start_watch",
            format!("{} and {}", text(&client, "name"), text(&api, "name")),
        )
        .under("Getting started", "/start")
        .show(&view))
}

fn reporter(names: &Names) -> String {
    let (issuer, audience) = (&names.issuer, &names.audience);
    format!(
        "let reporter = Reporter::new(\"{issuer}\", \"CLIENT_ID\", \"CLIENT_SECRET\")?\n    \
         .first_acceptances();\n\
         let verifier = Verifier::builder(\"{issuer}\", \"{audience}\")\n    \
         .observer(reporter)\n    .build()?;"
    )
}

fn links(visit: &Visit, stacks: &[Stack], name: &str, chosen: &Stack) -> Vec<Link> {
    let own = href(&visit.path);
    let link = |stack: &Stack| Link {
        label: stack.label.to_owned(),
        href: format!("{own}?{}", visit.query.with(name, stack.id)),
        current: stack.id == chosen.id,
    };
    stacks.iter().map(link).collect()
}

fn names(visit: &Visit, client: &Value, api: &Value) -> Names {
    let first = |list: &Value| list[0].as_str().unwrap_or_default().to_owned();
    Names {
        issuer: visit.tenant.issuer.to_string(),
        domain: visit.tenant.issuer.authority().to_owned(),
        client_id: text(client, "client_id"),
        callback: first(&client["callbacks"]),
        audience: text(api, "identifier"),
        scope: text(&api["scopes"][0], "value"),
    }
}

async fn test(visit: &Visit, names: &Names) -> Result<Test, Refused> {
    let of_client = format!("client_id:\"{}\"", names.client_id);
    let logins = format!("{of_client} AND (type:s OR type:ssa)");
    let tokens = format!(
        "{of_client} AND audience:\"{}\" AND (type:s OR type:ssa OR type:seacft OR type:sertft)",
        quoted(&names.audience),
    );
    let acceptances = format!(
        "{of_client} AND audience:\"{}\" AND type:{}",
        quoted(&names.audience),
        EventType::TokenAccepted.code(),
    );
    let newest = async |query: &str| {
        let path = at("/logs?per_page=1&q={}", &[query]);
        let answer = visit.get(&path).await?;
        Ok::<_, Refused>(events::rows(&answer).into_iter().next())
    };
    let login = newest(&logins).await?;
    let token = newest(&tokens).await?;
    let accepted = newest(&acceptances).await?;
    let failure = newest(&format!("{of_client} AND type:f*")).await?;
    let mistake = newest(&format!("{of_client} AND type:w")).await?;
    // What failed before it worked needs no attention any more.
    let later = |failure: &Row| login.as_ref().is_none_or(|login| failure.id > login.id);
    let newer = |mistake: &Row| accepted.as_ref().is_none_or(|good| mistake.id > good.id);
    let mistake = mistake.filter(newer);
    let done = login.is_some() && token.is_some() && mistake.is_none();
    Ok(Test {
        failure: failure.filter(later),
        done,
        waits: !(done && accepted.is_some()),
        login,
        token,
        accepted,
        mistake,
    })
}
