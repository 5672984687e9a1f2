//! What happened to an application lately, and the mistakes it makes.

use aldgate_core::mistake::{self, Mistake};
use axum::response::Response;
use serde::Serialize;

use super::{load, sheet};
use crate::dashboard::Visit;
use crate::dashboard::events::{self, Row};
use crate::dashboard::fault::Fault;
use crate::dashboard::page::{Page, show};
use crate::dashboard::path::at;
use crate::dashboard::visit::href;

pub(super) fn pages() -> Vec<Page> {
    vec![
        show("/applications/{id}/logs", "Logs of an application", logs).needs("GET /logs"),
        show(
            "/applications/{id}/mistakes",
            "Mistakes of an application",
            mistakes,
        )
        .needs("GET /logs"),
    ]
}

#[derive(Serialize)]
struct Logs {
    rows: Vec<Row>,
    more: String,
}

async fn logs(visit: Visit) -> Result<Response, Fault> {
    let application = load(&visit).await?;
    let id = visit.segment("id");
    let query = format!("client_id:\"{id}\"");
    let answer = visit.get(&at("/logs?per_page=50&q={}", &[&query])).await?;
    let view = Logs {
        rows: events::rows(&answer),
        more: href(&at("/logs?client_id={}", &[id])),
    };
    Ok(sheet(&visit, "application_logs", &application, "/logs").show(&view))
}

#[derive(Serialize)]
struct Mistakes {
    rows: Vec<Told>,
}

#[derive(Serialize)]
struct Told {
    sentence: String,
    remedy: &'static str,
    api: String,
}

async fn mistakes(visit: Visit) -> Result<Response, Fault> {
    let application = load(&visit).await?;
    let id = visit.segment("id");
    let all = events::mistakes(&visit).await?;
    let own = all
        .into_iter()
        .filter(|mistake| mistake.client_id.as_deref() == Some(id));
    let view = Mistakes {
        rows: mistake::summarize(own).iter().map(told).collect(),
    };
    Ok(sheet(&visit, "application_mistakes", &application, "/mistakes").show(&view))
}

fn told(mistake: &Mistake) -> Told {
    Told {
        sentence: mistake.sentence(),
        remedy: mistake.remedy(),
        api: mistake.audience.clone(),
    }
}
