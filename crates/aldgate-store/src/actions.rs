//! Actions: drafts, deployed versions, and what each trigger runs.
//!
//! Executions and kept events are in [`crate::ActionRecords`].

use aldgate_core::action::{Action, ActionVersion, Binding, Deployed, Trigger};
use aldgate_core::id::{ActionId, ActionVersionId};

use crate::changes::ChangeKind;
use crate::error::StoreError;
use crate::page::Page;
use crate::row::Row;
use crate::sql::sql;
use crate::tx::Tx;
use crate::value::{params, to_json};

/// The most versions of one action that are kept; the oldest that is not deployed goes first.
const VERSIONS_MAX: u32 = 200;

/// The actions of a tenant.
pub struct Actions<'t, 'c> {
    tx: &'t mut Tx<'c>,
}

/// Which actions a list has; everything is optional.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ActionFilter {
    /// Only those of this trigger.
    pub trigger: Option<Trigger>,
    /// Only the one of this name.
    pub name: Option<String>,
    /// Only those that are deployed, or only those that are not.
    pub deployed: Option<bool>,
}

impl<'c> Tx<'c> {
    /// Actions.
    pub const fn actions(&mut self) -> Actions<'_, 'c> {
        Actions { tx: self }
    }
}

impl Actions<'_, '_> {
    /// What a trigger runs, in its order: the deployed versions of bound actions. Everything that
    /// a login needs; cached by the application shell (`App::bound_actions`).
    pub fn bound(&mut self, trigger: Trigger) -> Result<Vec<Deployed>, StoreError> {
        let pairs: Vec<(Action, ActionVersion)> =
            self.tx.all(&BOUND, params![trigger.as_str()], |row| {
                Ok((row.json(0)?, row.json(1)?))
            })?;
        let steps = pairs.into_iter();
        Ok(steps
            .map(|(action, version)| Deployed::new(&action, version))
            .collect())
    }

    /// Finds an action.
    pub fn by_id(&mut self, id: &ActionId) -> Result<Option<Action>, StoreError> {
        self.tx.one(&BY_ID, params![id], read)
    }

    /// Finds an action and holds its row until the end of the unit of work, so that a change
    /// based on it cannot undo another one.
    pub fn by_id_to_change(&mut self, id: &ActionId) -> Result<Option<Action>, StoreError> {
        self.tx.one(&LOCK, params![id], read)
    }

    /// Finds an action by its unique name.
    pub fn by_name(&mut self, name: &str) -> Result<Option<Action>, StoreError> {
        self.tx.one(&BY_NAME, params![name], read)
    }

    /// Lists actions, ordered by name; the page's key is a name.
    pub fn list(&mut self, filter: &ActionFilter, page: &Page) -> Result<Vec<Action>, StoreError> {
        let trigger = filter.trigger.map(Trigger::as_str);
        let (name, deployed) = (&filter.name, filter.deployed);
        let params = params![page.after, trigger, name, deployed, page.limit, page.offset];
        self.tx.all(&LIST, params, read)
    }

    /// Counts the actions that [`Actions::list`] has on all its pages.
    pub fn count(&mut self, filter: &ActionFilter) -> Result<u64, StoreError> {
        let trigger = filter.trigger.map(Trigger::as_str);
        let params = params![trigger, filter.name, filter.deployed];
        let count = self.tx.one(&COUNT, params, |row| row.count(0))?;
        Ok(count.unwrap_or_default())
    }

    /// Adds an action.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the name is taken.
    pub fn create(&mut self, action: &Action) -> Result<(), StoreError> {
        let document = to_json(action)?;
        let (trigger, version) = (action.trigger.as_str(), &action.deployed);
        let (id, name, at) = (&action.id, &action.name, action.created_at);
        self.tx
            .execute(&CREATE, params![id, name, trigger, version, document, at])?;
        self.note(id.as_str())
    }

    /// Replaces an action; `false` when it does not exist.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the name is taken.
    pub fn update(&mut self, action: &Action) -> Result<bool, StoreError> {
        let document = to_json(action)?;
        let (id, name, at) = (&action.id, &action.name, action.updated_at);
        let params = params![id, name, action.deployed, document, at];
        let updated = self.tx.execute(&UPDATE, params)? == 1;
        self.note(id.as_str())?;
        Ok(updated)
    }

    /// Removes an action with its versions and its binding; `false` when it does not exist.
    pub fn delete(&mut self, id: &ActionId) -> Result<bool, StoreError> {
        self.tx.execute(&UNBIND, params![id])?;
        self.tx.execute(&DELETE_VERSIONS, params![id])?;
        let existed = self.tx.execute(&DELETE, params![id])? == 1;
        self.note(id.as_str())?;
        Ok(existed)
    }

    /// Adds a version that was just deployed, and drops the oldest ones beyond 200.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the number is taken: somebody else deployed meanwhile.
    pub fn add_version(&mut self, version: &ActionVersion) -> Result<(), StoreError> {
        let document = to_json(version)?;
        let (action, at) = (&version.action_id, version.created_at);
        let params = params![action, version.id, version.number, document, at];
        self.tx.execute(&ADD_VERSION, params)?;
        let until = version.number.saturating_sub(VERSIONS_MAX);
        self.tx.execute(&DROP_VERSIONS, params![action, until])?;
        self.note(action.as_str())
    }

    /// Replaces a version: only its secrets' seals may differ, after a change of the master key.
    pub fn reseal_version(&mut self, version: &ActionVersion) -> Result<(), StoreError> {
        let document = to_json(version)?;
        let params = params![version.action_id, version.id, document];
        self.tx.execute(&RESEAL_VERSION, params)?;
        self.note(version.action_id.as_str())
    }

    /// Finds a version of an action.
    pub fn version(
        &mut self,
        action: &ActionId,
        id: &ActionVersionId,
    ) -> Result<Option<ActionVersion>, StoreError> {
        self.tx
            .one(&VERSION, params![action, id], |row| row.json(0))
    }

    /// Lists the versions of an action, the newest first; the page has no key.
    pub fn versions(
        &mut self,
        action: &ActionId,
        page: &Page,
    ) -> Result<Vec<ActionVersion>, StoreError> {
        let params = params![action, page.limit, page.offset];
        self.tx.all(&VERSIONS, params, |row| row.json(0))
    }

    /// Counts the versions of an action.
    pub fn count_versions(&mut self, action: &ActionId) -> Result<u64, StoreError> {
        let count = self
            .tx
            .one(&COUNT_VERSIONS, params![action], |row| row.count(0))?;
        Ok(count.unwrap_or_default())
    }

    /// The bindings of a trigger, in their order.
    pub fn bindings(&mut self, trigger: Trigger) -> Result<Vec<Binding>, StoreError> {
        self.tx
            .all(&BINDINGS, params![trigger.as_str()], |row| row.json(0))
    }

    /// The binding of an action, if it has one.
    pub fn binding_of(&mut self, action: &ActionId) -> Result<Option<Binding>, StoreError> {
        self.tx.one(&BINDING_OF, params![action], |row| row.json(0))
    }

    /// Replaces all bindings of a trigger; the order is that of `bindings`.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when an action is bound twice.
    pub fn bind(&mut self, trigger: Trigger, bindings: &[Binding]) -> Result<(), StoreError> {
        let trigger = trigger.as_str();
        self.tx.execute(&CLEAR, params![trigger])?;
        for (place, binding) in bindings.iter().enumerate() {
            let document = to_json(binding)?;
            let params = params![trigger, place, binding.action_id, document];
            self.tx.execute(&BIND, params)?;
        }
        self.note(trigger)
    }

    fn note(&mut self, id: &str) -> Result<(), StoreError> {
        self.tx.note_change(ChangeKind::Action, id)
    }
}

fn read(row: &Row<'_>) -> Result<Action, StoreError> {
    row.json(0)
}

sql! {
    const BOUND = "SELECT actions.document, action_versions.document
        FROM action_bindings
        JOIN actions
            ON actions.tenant_id = action_bindings.tenant_id
            AND actions.id = action_bindings.action_id
        JOIN action_versions
            ON action_versions.tenant_id = action_bindings.tenant_id
            AND action_versions.action_id = action_bindings.action_id
            AND action_versions.id = actions.version_id
        WHERE action_bindings.tenant_id = ?1 AND action_bindings.trigger_id = ?2
        ORDER BY action_bindings.place";
    const BY_ID = "SELECT document FROM actions WHERE tenant_id = ?1 AND id = ?2";
    const LOCK = "UPDATE actions
        SET updated_at = updated_at
        WHERE tenant_id = ?1 AND id = ?2
        RETURNING document";
    const BY_NAME = "SELECT document FROM actions WHERE tenant_id = ?1 AND name = ?2";
    const LIST = "SELECT document
        FROM actions
        WHERE tenant_id = ?1 AND name > ?2
            AND (CAST(?3 AS TEXT) IS NULL OR trigger_id = ?3)
            AND (CAST(?4 AS TEXT) IS NULL OR name = ?4)
            AND (CAST(?5 AS BIGINT) IS NULL OR (?5 = 1 AND version_id IS NOT NULL)
                OR (?5 = 0 AND version_id IS NULL))
        ORDER BY name
        LIMIT ?6 OFFSET ?7";
    const COUNT = "SELECT CAST(COUNT(*) AS BIGINT)
        FROM actions
        WHERE tenant_id = ?1
            AND (CAST(?2 AS TEXT) IS NULL OR trigger_id = ?2)
            AND (CAST(?3 AS TEXT) IS NULL OR name = ?3)
            AND (CAST(?4 AS BIGINT) IS NULL OR (?4 = 1 AND version_id IS NOT NULL)
                OR (?4 = 0 AND version_id IS NULL))";
    const CREATE = "INSERT INTO actions
            (tenant_id, id, name, trigger_id, version_id, document, created_at, updated_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)";
    const UPDATE = "UPDATE actions
        SET name = ?3, version_id = ?4, document = ?5, updated_at = ?6
        WHERE tenant_id = ?1 AND id = ?2";
    const DELETE = "DELETE FROM actions WHERE tenant_id = ?1 AND id = ?2";
    const DELETE_VERSIONS = "DELETE FROM action_versions WHERE tenant_id = ?1 AND action_id = ?2";
    const UNBIND = "DELETE FROM action_bindings WHERE tenant_id = ?1 AND action_id = ?2";
    const ADD_VERSION = "INSERT INTO action_versions
            (tenant_id, action_id, id, number, document, created_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    const DROP_VERSIONS = "DELETE FROM action_versions
        WHERE tenant_id = ?1 AND action_id = ?2 AND number <= ?3
            AND id NOT IN (
                SELECT version_id FROM actions
                WHERE tenant_id = ?1 AND id = ?2 AND version_id IS NOT NULL)";
    const RESEAL_VERSION = "UPDATE action_versions
        SET document = ?4
        WHERE tenant_id = ?1 AND action_id = ?2 AND id = ?3";
    const VERSION = "SELECT document
        FROM action_versions
        WHERE tenant_id = ?1 AND action_id = ?2 AND id = ?3";
    const VERSIONS = "SELECT document
        FROM action_versions
        WHERE tenant_id = ?1 AND action_id = ?2
        ORDER BY number DESC
        LIMIT ?3 OFFSET ?4";
    const COUNT_VERSIONS = "SELECT CAST(COUNT(*) AS BIGINT)
        FROM action_versions
        WHERE tenant_id = ?1 AND action_id = ?2";
    const BINDINGS = "SELECT document
        FROM action_bindings
        WHERE tenant_id = ?1 AND trigger_id = ?2
        ORDER BY place";
    const BINDING_OF = "SELECT document
        FROM action_bindings
        WHERE tenant_id = ?1 AND action_id = ?2";
    const CLEAR = "DELETE FROM action_bindings WHERE tenant_id = ?1 AND trigger_id = ?2";
    const BIND = "INSERT INTO action_bindings (tenant_id, trigger_id, place, action_id, document)
        VALUES (?1, ?2, ?3, ?4, ?5)";
}
