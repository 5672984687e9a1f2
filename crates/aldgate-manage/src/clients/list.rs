//! `GET /clients`.

use aldgate_core::application::{AppType, Application};
use aldgate_store::{StoreError, Tx};
use serde_json::{Value, json};

use super::readable;
use crate::op::{ApiError, Call, Paging, Reply, everything};

/// Which applications are wanted, besides by name.
#[derive(Clone, Default)]
struct Filter {
    /// `None`: of any kind.
    app_types: Option<Vec<AppType>>,
    first_party: Option<bool>,
}

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let paging = Paging::of(&call)?;
    // Auth0 has applications whose id is a URL; Aldgate has none.
    let external = call.query.get("external_client_id");
    if external.is_some_and(|id| !id.is_empty()) {
        return Ok(paging.reply(&call, "clients", Vec::new(), 0));
    }
    if call.query.flag("is_global") == Some(true) {
        let item = (GLOBAL.to_owned(), global(call.tenant.id.as_str()));
        return Ok(paging.reply(&call, "clients", vec![item], 1));
    }
    let filter = Filter::of(&call);
    let name = call.query.get("q").unwrap_or_default().to_owned();
    let window = paging.clone();
    let load = move |tx: &mut Tx<'_>| {
        if filter.wants_all() {
            let applications = tx.applications().list(&name, &window.page())?;
            let total = tx.applications().count(&name)?;
            return Ok::<_, StoreError>((applications, total));
        }
        let key = |application: &Application| application.id.to_string();
        let mut all = everything(key, |page| tx.applications().list(&name, page))?;
        all.retain(|application| filter.wants(application));
        let total = all.len() as u64;
        Ok((window.part_of(all, key), total))
    };
    let (applications, total) = call.app.store.read(&call.tenant.id, load).await?;
    let items = applications.iter().map(|application| {
        let key = application.id.to_string();
        (key, readable(application, &call))
    });
    Ok(paging.reply(&call, "clients", items.collect(), total))
}

/// The id that [`global`] shows; no application has it.
const GLOBAL: &str = "GlobalApplicationOfThisTenant000";

/// Auth0's "global" application, which holds the tenant's login page and which auth0-deploy-cli
/// does not do without. There is nothing to it here.
fn global(tenant: &str) -> Value {
    json!({
        "client_id": GLOBAL,
        "name": "All Applications",
        "tenant": tenant,
        "global": true,
        "callbacks": [],
        "is_first_party": true,
    })
}

impl Filter {
    fn of(call: &Call) -> Self {
        let kinds = call.query.get("app_type").filter(|kinds| !kinds.is_empty());
        let kind = |kind: &str| serde_json::from_value(kind.trim().into()).ok();
        Self {
            app_types: kinds.map(|kinds| kinds.split(',').filter_map(kind).collect()),
            first_party: call.query.flag("is_first_party"),
        }
    }

    const fn wants_all(&self) -> bool {
        self.app_types.is_none() && self.first_party.is_none()
    }

    fn wants(&self, application: &Application) -> bool {
        let of_kind = |kinds: &Vec<AppType>| {
            application
                .app_type
                .is_some_and(|kind| kinds.contains(&kind))
        };
        self.app_types.as_ref().is_none_or(of_kind)
            && self
                .first_party
                .is_none_or(|first| first == application.is_first_party)
    }
}
