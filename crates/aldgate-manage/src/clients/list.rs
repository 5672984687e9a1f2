//! `GET /clients`.

use aldgate_core::application::{AppType, Application};
use aldgate_store::{StoreError, Tx};

use super::view;
use crate::op::{ApiError, Call, Paging, Reply};

/// Which applications are wanted.
#[derive(Clone)]
struct Filter {
    name: String,
    app_types: Vec<AppType>,
    first_party: Option<bool>,
}

impl Filter {
    fn of(call: &Call) -> Self {
        let app_types = call.query.get("app_type").unwrap_or_default();
        Self {
            name: call.query.get("q").unwrap_or_default().to_owned(),
            app_types: app_types
                .split(',')
                .filter_map(|kind| serde_json::from_value(kind.trim().into()).ok())
                .collect(),
            first_party: call.query.flag("is_first_party"),
        }
    }
}

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let paging = Paging::of(&call)?;
    let filter = Filter::of(&call);
    // Auth0 has one "global" application of a tenant; Aldgate has none.
    if call.query.flag("is_global") == Some(true) {
        return Ok(paging.reply(&call, "clients", Vec::new(), 0));
    }
    let (page, name) = (paging.page(), filter.name.clone());
    let load = move |tx: &mut Tx<'_>| {
        let applications = tx.applications().list(&name, &page)?;
        let total = tx.applications().count(&name)?;
        Ok::<_, StoreError>((applications, total))
    };
    let (applications, total) = call.app.store.read(&call.tenant.id, load).await?;
    let wanted = |application: &&Application| filter.wants(application);
    let items = applications.iter().filter(wanted).map(|application| {
        let key = application.id.to_string();
        (key, view(application, call.tenant.id.as_str()))
    });
    Ok(paging.reply(&call, "clients", items.collect(), total))
}

impl Filter {
    fn wants(&self, application: &Application) -> bool {
        let kind = self.app_types.is_empty()
            || application
                .app_type
                .is_some_and(|kind| self.app_types.contains(&kind));
        kind && self
            .first_party
            .is_none_or(|first| first == application.is_first_party)
    }
}
