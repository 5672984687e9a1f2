//! Resources that are one document of a tenant, which always exists: reading shows it over its
//! defaults, writing lays members over it.

use aldgate_core::error::Refusal;
use aldgate_core::members::{self, Member};
use aldgate_store::Tx;
use serde_json::{Map, Value};

use crate::op::{ApiError, Call, Reply};

/// A document of a tenant.
#[derive(Clone, Copy)]
pub(crate) struct Document {
    /// Its kind in the settings table.
    pub(crate) kind: &'static str,
    /// Its id there; empty for kinds with a single one.
    pub(crate) id: &'static str,
    /// What a body may set.
    pub(crate) members: &'static [Member],
    /// What is shown as long as nothing else was set.
    pub(crate) defaults: fn() -> Value,
    /// What the members cannot say of the whole document.
    pub(crate) check: fn(&Value) -> Result<(), Refusal>,
}

/// Every document whose members fit is sound.
pub(crate) const SOUND: fn(&Value) -> Result<(), Refusal> = |_| Ok(());

impl Document {
    /// The shape of a body.
    pub(crate) fn body(&self) -> Value {
        members::schema(self.members, &[])
    }

    /// Shows the document.
    pub(crate) async fn read(self, call: Call) -> Result<Reply, ApiError> {
        let stored = call
            .app
            .settings(&call.tenant.id, self.kind, self.id)
            .await?;
        let stored = stored.map(|stored| Value::clone(&stored));
        Ok(Reply::ok(call.chosen(self.view(stored))))
    }

    /// Lays the body over the document.
    pub(crate) async fn change(self, call: Call) -> Result<Reply, ApiError> {
        let body = call.object()?;
        members::check(self.members, &[], &body)?;
        self.save(call, body).await
    }

    /// Saves `body`, which was checked, over the document.
    pub(crate) async fn save(
        self,
        call: Call,
        body: Map<String, Value>,
    ) -> Result<Reply, ApiError> {
        let (audit, now) = (call.audit(), call.now);
        let save = move |tx: &mut Tx<'_>| {
            let stored: Option<Value> = tx.settings().load(self.kind, self.id)?;
            let before = self.view(stored.clone());
            let mut document = object(stored);
            members::lay_over(&mut document, body.clone());
            let document = Value::Object(document);
            (self.check)(&self.view(Some(document.clone())))?;
            tx.settings().save(self.kind, self.id, &document, now)?;
            let after = self.view(Some(document));
            audit.record(tx, &before, &after)?;
            Ok::<_, ApiError>(after)
        };
        Ok(Reply::ok(
            call.app.store.write(&call.tenant.id, save).await?,
        ))
    }

    /// The document over its defaults.
    pub(crate) fn view(&self, stored: Option<Value>) -> Value {
        let mut view = object(Some((self.defaults)()));
        view.extend(object(stored));
        Value::Object(view)
    }
}

fn object(value: Option<Value>) -> Map<String, Value> {
    match value {
        Some(Value::Object(members)) => members,
        _ => Map::new(),
    }
}
