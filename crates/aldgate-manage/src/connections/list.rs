//! `GET /connections`.

use aldgate_core::connection::Connection;
use aldgate_store::{StoreError, Tx};
use serde_json::Value;

use super::view;
use crate::op::{ApiError, Call, Paging, Reply, everything};

/// Which connections are wanted.
#[derive(Clone)]
struct Filter {
    strategies: Vec<String>,
    name: Option<String>,
    domain: Option<String>,
}

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let paging = Paging::of(&call)?;
    let text = |name| call.query.get(name).filter(|text| !text.is_empty());
    let filter = Filter {
        strategies: call.query.all("strategy").to_vec(),
        name: text("name").map(str::to_owned),
        domain: text("domain_alias").map(str::to_owned),
    };
    let window = paging.clone();
    let load = move |tx: &mut Tx<'_>| {
        let key = |connection: &Connection| connection.id.to_string();
        let mut all = everything(key, |page| tx.connections().list(None, page))?;
        all.retain(|connection| filter.wants(connection));
        let total = all.len() as u64;
        Ok::<_, StoreError>((window.part_of(all, key), total))
    };
    let (connections, total) = call.app.store.read(&call.tenant.id, load).await?;
    let items = connections
        .iter()
        .map(|one| (one.id.to_string(), view(one)));
    Ok(paging.reply(&call, "connections", items.collect(), total))
}

impl Filter {
    fn wants(&self, connection: &Connection) -> bool {
        let aliases = connection
            .options
            .get("domain_aliases")
            .and_then(Value::as_array);
        let answers_to = |domain: &String| {
            let mut names = aliases.into_iter().flatten().filter_map(Value::as_str);
            names.any(|alias| alias.eq_ignore_ascii_case(domain))
        };
        let strategies = &self.strategies;
        (strategies.is_empty() || strategies.contains(&connection.strategy))
            && self
                .name
                .as_ref()
                .is_none_or(|name| *name == connection.name)
            && self.domain.as_ref().is_none_or(answers_to)
    }
}
