//! `POST /jobs/users-exports`.

use aldgate_app::transfer::enqueue;
use aldgate_core::id::{ConnectionId, JobId};
use aldgate_core::job::{ExportField, ExportFormat, Job, UsersExport, Work};
use aldgate_store::{Tx, UserFilter};
use serde::Deserialize;
use serde_json::Value;

use super::{database, room};
use crate::op::{ApiError, Call, Reply, parse};

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Wanted {
    connection_id: Option<ConnectionId>,
    format: Option<ExportFormat>,
    limit: Option<u64>,
    fields: Option<Vec<ExportField>>,
}

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let wanted: Wanted = parse(Value::Object(call.object_or_nothing()?))?;
    if let Some(id) = &wanted.connection_id {
        database(&call, id).await?;
    }
    if wanted.limit == Some(0) {
        return Err(ApiError::invalid_body(
            "Value is less than minimum 1 on property limit",
        ));
    }
    let export = UsersExport {
        connection_id: wanted.connection_id,
        format: wanted.format.unwrap_or(ExportFormat::Json),
        limit: wanted.limit,
        fields: wanted.fields.unwrap_or_default(),
        after: String::new(),
        parts: 0,
        bytes: 0,
    };
    export.columns()?;
    let filter = UserFilter {
        connection: export.connection_id.clone(),
        ..UserFilter::default()
    };
    let count = move |tx: &mut Tx<'_>| match &filter.connection {
        None => tx.users().count_all(),
        Some(_) => tx.users().count(&filter),
    };
    let users = call.app.store.read(&call.tenant.id, count).await?;
    let total = export.limit.map_or(users, |limit| limit.min(users));
    let id = JobId::generate(&mut call.app.rng());
    let audit = call.audit().about("job", id.as_str());
    let job = Job::new(id, Work::UsersExport(export), total, call.now);
    let view = Value::Object(job.view(call.now));
    let after = view.clone();
    let store = move |tx: &mut Tx<'_>| {
        room(tx, &job)?;
        enqueue(tx, &job)?;
        Ok::<_, ApiError>(audit.record(tx, &Value::Null, &after)?)
    };
    call.app.store.write(&call.tenant.id, store).await?;
    Ok(Reply::ok(view))
}
