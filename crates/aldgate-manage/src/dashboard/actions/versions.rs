//! The versions of an action: what was deployed when, what differs, and the way back.

use axum::response::Response;
use http::Method;
use serde::Serialize;
use serde_json::{Value, json};

use super::diff::{self, Line};
use super::{load, operation, sheet, side, text};
use crate::dashboard::Visit;
use crate::dashboard::api::Refused;
use crate::dashboard::confirm::Confirm;
use crate::dashboard::events::when;
use crate::dashboard::fault::Fault;
use crate::dashboard::page::{Page, act, show};
use crate::dashboard::path::at;
use crate::dashboard::visit::href;

const ONE: &str = "/actions/{id}/versions/{version}";
const DEPLOY: &str = "/actions/{id}/versions/{version}/deploy";
const DRAFT: &str = "/actions/{id}/versions/{version}/draft";
const ROLL_BACK: &str = "POST /actions/actions/{id}/versions/{version}/deploy";

pub(super) fn pages() -> Vec<Page> {
    vec![
        show("/actions/{id}/versions", "Versions of an action", list)
            .needs("GET /actions/actions/{id}/versions"),
        show(ONE, "A version of an action", one)
            .needs("GET /actions/actions/{id}/versions/{version}"),
        show(DEPLOY, "Roll back?", ask).needs(ROLL_BACK),
        act(DEPLOY, "Roll back", roll_back).needs(ROLL_BACK),
        act(DRAFT, "Make it the draft", to_draft).needs("PATCH /actions/actions/{id}"),
    ]
}

#[derive(Serialize)]
struct List {
    rows: Vec<Row>,
    older: Option<String>,
    newer: Option<String>,
    changed: bool,
}

#[derive(Clone, Debug, Serialize)]
struct Row {
    number: u64,
    href: String,
    at: String,
    when: String,
    deployed: bool,
    deploy: String,
    secrets: usize,
    lines: usize,
}

/// Versions of one page.
const PER_PAGE: u64 = 25;

async fn list(visit: Visit) -> Result<Response, Fault> {
    let action = load(&visit).await?;
    let page = visit.query.number("page").unwrap_or(1).clamp(1, 1000) - 1;
    let query = format!("/versions?per_page={PER_PAGE}&page={page}");
    let answer = visit.get(&operation(&visit, &query)).await?;
    let items = answer["versions"].as_array().cloned().unwrap_or_default();
    let total = answer["total"].as_u64().unwrap_or(0);
    let own = |page: u64| format!("{}?page={page}", href(&side(&visit, "/versions")));
    let view = List {
        rows: items.iter().map(|item| row(&visit, item)).collect(),
        older: ((page + 1) * PER_PAGE < total).then(|| own(page + 2)),
        newer: (page > 0).then(|| own(page)),
        changed: action["all_changes_deployed"] == false,
    };
    Ok(sheet(&visit, "action_versions", &action, "/versions").show(&view))
}

fn row(visit: &Visit, version: &Value) -> Row {
    let at_iso = text(version, "created_at");
    let own = side(visit, &at("/versions/{}", &[&text(version, "id")]));
    Row {
        number: version["number"].as_u64().unwrap_or(0),
        deploy: href(&format!("{own}/deploy")),
        href: href(&own),
        when: when(&at_iso),
        at: at_iso,
        deployed: version["deployed"] == true,
        secrets: version["secrets"].as_array().map_or(0, Vec::len),
        lines: text(version, "code").lines().count(),
    }
}

#[derive(Serialize)]
struct One {
    version: Row,
    code: String,
    /// What it is compared with: `draft` or `deployed`.
    with: &'static str,
    /// The number of the deployed version; 0: none.
    deployed: u64,
    own: String,
    draft: String,
    lines: Vec<Line>,
}

async fn find(visit: &Visit) -> Result<Value, Refused> {
    let rest = at("/versions/{}", &[visit.segment("version")]);
    visit.get(&operation(visit, &rest)).await
}

async fn one(visit: Visit) -> Result<Response, Fault> {
    let action = load(&visit).await?;
    let version = find(&visit).await?;
    let code = text(&version, "code");
    let with_draft = visit.query.get("with") == "draft" || version["deployed"] == true;
    let other = match with_draft {
        true => text(&action, "code"),
        false => text(&action["deployed_version"], "code"),
    };
    let row = row(&visit, &version);
    let view = One {
        with: if with_draft { "draft" } else { "deployed" },
        deployed: action["deployed_version"]["number"].as_u64().unwrap_or(0),
        own: row.href.clone(),
        draft: format!("{}/draft", row.href),
        lines: diff::lines(&code, &other),
        version: row,
        code,
    };
    let title = format!("Version {}", view.version.number);
    Ok(visit
        .page("action_version", title)
        .under("Actions", "/actions")
        .under(text(&action, "name"), &side(&visit, ""))
        .under("Versions", &side(&visit, "/versions"))
        .show(&view))
}

async fn ask(visit: Visit) -> Result<Response, Fault> {
    let action = load(&visit).await?;
    let version = find(&visit).await?;
    let (name, number) = (text(&action, "name"), version["number"].clone());
    let now = &action["deployed_version"]["number"];
    let row = row(&visit, &version);
    let confirm = Confirm {
        action: row.deploy,
        question: format!("Roll {name} back to version {number}?"),
        consequences: vec![
            format!("Its code and secrets become the newest version and run in place of {now}."),
            "Logins that are on their way finish on the version they began with.".to_owned(),
            "The draft stays as it is, and no version goes: you can roll forward the same way."
                .to_owned(),
        ],
        button: format!("Roll back to version {number}"),
        back: row.href,
        is_final: false,
        hidden: Vec::new(),
    };
    Ok(visit
        .page("confirm", "Roll back")
        .under("Actions", "/actions")
        .under(name, &side(&visit, ""))
        .show(&confirm))
}

async fn roll_back(visit: Visit) -> Result<Response, Fault> {
    let rest = at("/versions/{}/deploy", &[visit.segment("version")]);
    let path = operation(&visit, &rest);
    let made = visit.send(Method::POST, &path, &json!({})).await?;
    let said = format!(
        "The version is back, as version {}. It runs from now on.",
        made["number"]
    );
    Ok(visit.go(&side(&visit, "/versions"), &said))
}

async fn to_draft(visit: Visit) -> Result<Response, Fault> {
    let version = find(&visit).await?;
    let body = json!({"code": version["code"]});
    visit
        .send(Method::PATCH, &operation(&visit, ""), &body)
        .await?;
    let said = format!("The draft is version {} now.", version["number"]);
    Ok(visit.go(&side(&visit, ""), &said))
}
