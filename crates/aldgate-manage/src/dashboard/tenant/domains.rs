//! Further host names of the tenant, and whether it answers there.

use axum::response::Response;
use serde::Serialize;
use serde_json::Value;

use super::sheet;
use crate::dashboard::Visit;
use crate::dashboard::applications::text;
use crate::dashboard::confirm::Confirm;
use crate::dashboard::fault::Fault;
use crate::dashboard::page::{Page, act, show};
use crate::dashboard::path::at;
use crate::dashboard::visit::href;

const DELETE: &str = "/tenant/domains/{id}/delete";

pub(super) fn pages() -> Vec<Page> {
    let needed = "DELETE /custom-domains/{id}";
    vec![
        show("/tenant/domains", "Custom domains", domains).needs("GET /custom-domains"),
        show(DELETE, "Delete a custom domain?", ask)
            .needs("GET /custom-domains/{id}")
            .needs(needed),
        act(DELETE, "Delete a custom domain", delete)
            .needs("GET /custom-domains/{id}")
            .needs(needed),
    ]
}

#[derive(Serialize)]
struct View {
    issuer: String,
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    domain: String,
    ready: bool,
    delete: String,
}

async fn domains(visit: Visit) -> Result<Response, Fault> {
    let all = visit.get("/custom-domains?per_page=100").await?;
    let row = |item: &Value| {
        let id = text(item, "custom_domain_id");
        Row {
            domain: text(item, "domain"),
            ready: item["status"] == "ready",
            delete: href(&at("/tenant/domains/{}/delete", &[&id])),
        }
    };
    let view = View {
        issuer: visit.tenant.issuer.as_str().to_owned(),
        rows: all
            .as_array()
            .map(|all| all.iter().map(row).collect())
            .unwrap_or_default(),
    };
    let sheet = sheet(&visit, "tenant_domains", "/tenant/domains");
    Ok(sheet.show(&view))
}

async fn load(visit: &Visit) -> Result<Value, Fault> {
    let path = at("/custom-domains/{}", &[visit.segment("id")]);
    Ok(visit.get(&path).await?)
}

async fn ask(visit: Visit) -> Result<Response, Fault> {
    let domain = load(&visit).await?;
    let name = text(&domain, "domain");
    let effect = match domain["status"] == "ready" {
        true => "The tenant goes on answering there: it is the host of its issuer.",
        false => "The tenant never answered there.",
    };
    let confirm = Confirm {
        action: href(&at("/tenant/domains/{}/delete", &[visit.segment("id")])),
        question: format!("Delete the custom domain {name}?"),
        consequences: vec![effect.to_owned(), "Its metadata is forgotten.".to_owned()],
        button: format!("Delete {name}"),
        back: href("/tenant/domains"),
        is_final: true,
        hidden: Vec::new(),
    };
    Ok(visit
        .page("confirm", "Delete a custom domain")
        .under("Tenant", "/tenant")
        .under("Custom domains", "/tenant/domains")
        .show(&confirm))
}

async fn delete(visit: Visit) -> Result<Response, Fault> {
    let domain = load(&visit).await?;
    let path = at("/custom-domains/{}", &[visit.segment("id")]);
    visit.delete(&path).await?;
    let said = format!("{} was deleted.", text(&domain, "domain"));
    Ok(visit.go("/tenant/domains", &said))
}
