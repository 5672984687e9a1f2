//! The trust map: which application may call which API with which scopes, drawn, and what the
//! audience linter finds.

mod draw;
mod lint;

use std::collections::BTreeSet;

use aldgate_core::time::Seconds;
use axum::response::Response;
use serde::Serialize;
use serde_json::Value;

use super::Visit;
use super::api::Refused;
use super::applications::text;
use super::fault::Fault;
use super::page::{Group, Page, show};
use super::path::at;
use super::visit::href;
use lint::{Api, Application, Finding, Grant, Seen};

/// What the log tells counts for so long.
const LATELY: Seconds = Seconds::days(30);

/// The most applications, APIs and client grants of a map.
const THINGS_MAX: usize = 100;

/// More scopes than this are counted, not named.
const NAMED_MAX: usize = 8;

pub(super) fn pages() -> Vec<Page> {
    vec![
        show("/trust", "Trust map", run)
            .needs("GET /clients")
            .needs("GET /resource-servers")
            .needs("GET /client-grants")
            .nav(Group::Build),
    ]
}

#[derive(Serialize)]
struct View {
    svg: String,
    rows: Vec<Row>,
    findings: Vec<Finding>,
    /// Whether the log could be asked which scopes are requested.
    knows_log: bool,
    /// Whether there is more than the map shows.
    cut: bool,
}

/// One line of the map, for those who read rather than see it.
#[derive(Serialize)]
struct Row {
    application: String,
    application_href: String,
    api: String,
    api_href: String,
    subject: &'static str,
    scopes: String,
}

async fn run(visit: Visit) -> Result<Response, Fault> {
    let (applications, apis, grants) = load(&visit).await?;
    let knows_log = visit.can("GET /logs");
    let seen = match knows_log {
        true => Some(seen(&visit, &apis).await?),
        false => None,
    };
    let full = [applications.len(), apis.len(), grants.len()];
    let view = View {
        svg: draw::map(&applications, &apis, &grants),
        rows: grants
            .iter()
            .filter_map(|grant| row(grant, &applications, &apis))
            .collect(),
        findings: lint::findings(&applications, &apis, &grants, seen.as_deref()),
        cut: full.iter().any(|count| *count >= THINGS_MAX),
        knows_log,
    };
    Ok(visit.page("trust", "Trust map").show(&view))
}

async fn load(visit: &Visit) -> Result<(Vec<Application>, Vec<Api>, Vec<Grant>), Refused> {
    let clients = visit.get("/clients?per_page=100").await?;
    let servers = visit.get("/resource-servers?per_page=100").await?;
    let grants = visit.get("/client-grants?per_page=100").await?;
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let applications = list(&clients).iter().map(application).collect();
    let apis = list(&servers).iter().map(api).collect();
    let grants = list(&grants).iter().map(grant).collect();
    Ok((applications, apis, grants))
}

fn application(item: &Value) -> Application {
    let refresh = &item["refresh_token"];
    Application {
        id: text(item, "client_id"),
        name: text(item, "name"),
        endless_refresh: refresh["infinite_token_lifetime"] == true
            && refresh["infinite_idle_token_lifetime"] == true,
    }
}

fn api(item: &Value) -> Api {
    let scopes = item["scopes"].as_array().cloned().unwrap_or_default();
    Api {
        id: text(item, "id"),
        name: text(item, "name"),
        identifier: text(item, "identifier"),
        scopes: scopes.iter().map(|scope| text(scope, "value")).collect(),
        is_system: item["is_system"] == true,
        open_to_users: item["subject_type_authorization"]["user"]["policy"] == "allow_all",
        lifetime: Seconds(item["token_lifetime"].as_u64().unwrap_or_default()),
        lifetime_for_web: Seconds(item["token_lifetime_for_web"].as_u64().unwrap_or_default()),
    }
}

fn grant(item: &Value) -> Grant {
    let scopes = item["scope"].as_array().cloned().unwrap_or_default();
    Grant {
        client_id: text(item, "client_id"),
        audience: text(item, "audience"),
        scopes: scopes
            .iter()
            .filter_map(|scope| scope.as_str().map(str::to_owned))
            .collect(),
        all: item["allow_all_scopes"] == true,
        for_users: item["subject_type"] == "user",
    }
}

/// What the log tells of each API lately: whether it was asked for, and with which scopes.
async fn seen(visit: &Visit, apis: &[Api]) -> Result<Vec<Seen>, Refused> {
    let since = (visit.now - LATELY).iso8601();
    let mut all = Vec::new();
    for api in apis.iter().filter(|api| !api.is_system) {
        let identifier = api.identifier.replace('\\', "\\\\").replace('"', "\\\"");
        let query = format!("date:[{since} TO *] AND audience:\"{identifier}\" AND type:s*");
        let answer = visit.get(&at("/logs?per_page=100&q={}", &[&query])).await?;
        let events = answer.as_array().cloned().unwrap_or_default();
        let mut scopes = BTreeSet::new();
        for event in &events {
            scopes.extend(text(event, "scope").split_whitespace().map(str::to_owned));
        }
        all.push(Seen {
            audience: api.identifier.clone(),
            used: !events.is_empty(),
            scopes,
        });
    }
    Ok(all)
}

fn row(grant: &Grant, applications: &[Application], apis: &[Api]) -> Option<Row> {
    let application = applications.iter().find(|one| one.id == grant.client_id)?;
    let api = apis.iter().find(|api| api.identifier == grant.audience)?;
    let scopes = match (grant.all, grant.scopes.is_empty()) {
        (true, _) => "all scopes".to_owned(),
        (false, true) => "no scopes".to_owned(),
        (false, false) if grant.scopes.len() > NAMED_MAX => {
            format!("{} scopes", grant.scopes.len())
        }
        (false, false) => grant.scopes.join(", "),
    };
    Some(Row {
        application: application.name.clone(),
        application_href: href(&at("/applications/{}/apis", &[&application.id])),
        api: api.name.clone(),
        api_href: href(&at("/apis/{}", &[&api.id])),
        subject: if grant.for_users {
            "for its users"
        } else {
            "by itself"
        },
        scopes,
    })
}
