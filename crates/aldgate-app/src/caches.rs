//! Bounded caches of hot reads. A commit that changes something is heard of through the store's
//! change feed: at once on this node, within a second on the others.

mod table;

use std::sync::Arc;
use std::time::Duration;

use aldgate_core::action::{Deployed, Trigger};
use aldgate_core::api::Api;
use aldgate_core::application::Application;
use aldgate_core::attack_protection::{AttackProtection, BruteForce, SuspiciousIp};
use aldgate_core::client_grant::{ClientGrant, SubjectType};
use aldgate_core::connection::Connection;
use aldgate_core::id::{ClientId, TenantId};
use aldgate_core::settings::Document as _;
use aldgate_core::tenant::Tenant;
use aldgate_core::time::Timestamp;
use aldgate_store::{Change, ChangeKind, Page, Store, StoreError};
use serde_json::Value;

use crate::cors::Origins;
use table::Table;

/// Safety net should a change ever be missed.
const LIFETIME: Duration = Duration::from_secs(300);

/// The caches of one process.
pub(crate) struct Caches {
    tenants_by_authority: Table<String, Tenant>,
    tenants: Table<TenantId, Tenant>,
    applications: Table<(TenantId, ClientId), Application>,
    apis: Table<(TenantId, String), Api>,
    client_grants: Table<(TenantId, ClientId, String, SubjectType), ClientGrant>,
    connections: Table<TenantId, Vec<Arc<Connection>>>,
    origins: Table<TenantId, Origins>,
    settings: Table<(TenantId, String, String), Value>,
    attack_protection: Table<TenantId, AttackProtection>,
    actions: Table<(TenantId, Trigger), Vec<Deployed>>,
}

impl Default for Caches {
    fn default() -> Self {
        Self {
            tenants_by_authority: Table::new(10_000, LIFETIME),
            tenants: Table::new(10_000, LIFETIME),
            applications: Table::new(50_000, LIFETIME),
            apis: Table::new(50_000, LIFETIME),
            client_grants: Table::new(50_000, LIFETIME),
            connections: Table::new(1_000, LIFETIME),
            origins: Table::new(1_000, LIFETIME),
            settings: Table::new(10_000, LIFETIME),
            attack_protection: Table::new(10_000, LIFETIME),
            actions: Table::new(2_000, LIFETIME),
        }
    }
}

impl Caches {
    /// Forgets what changed.
    pub(crate) fn forget(&self, change: &Change) {
        match change {
            Change::Anything => self.forget_all(),
            Change::Row { tenant, kind, id } => match kind {
                ChangeKind::Action => Trigger::ALL
                    .into_iter()
                    .for_each(|trigger| self.actions.forget(&(tenant.clone(), trigger))),
                ChangeKind::Api => self.apis.forget_all(),
                ChangeKind::Application => {
                    self.origins.forget(tenant);
                    match ClientId::parse(id) {
                        Ok(id) => self.applications.forget(&(tenant.clone(), id)),
                        Err(_) => self.applications.forget_all(),
                    }
                }
                ChangeKind::ClientGrant => self.client_grants.forget_all(),
                ChangeKind::Connection => self.connections.forget(tenant),
                ChangeKind::Settings => {
                    self.settings.forget_all();
                    self.attack_protection.forget(tenant);
                }
                ChangeKind::SigningKey => {}
                ChangeKind::Tenant => {
                    self.tenants_by_authority.forget_all();
                    self.tenants.forget(tenant);
                }
            },
        }
    }

    fn forget_all(&self) {
        self.tenants_by_authority.forget_all();
        self.tenants.forget_all();
        self.applications.forget_all();
        self.apis.forget_all();
        self.client_grants.forget_all();
        self.connections.forget_all();
        self.origins.forget_all();
        self.settings.forget_all();
        self.attack_protection.forget_all();
        self.actions.forget_all();
    }

    pub(crate) async fn tenant_by_authority(
        &self,
        store: &Store,
        authority: &str,
    ) -> Result<Option<Arc<Tenant>>, StoreError> {
        let key = authority.to_owned();
        let wanted = key.clone();
        let load = store.read_system(move |system| system.tenants().by_authority(&wanted));
        self.tenants_by_authority.get(key, load).await
    }

    pub(crate) async fn tenant(
        &self,
        store: &Store,
        id: &TenantId,
    ) -> Result<Option<Arc<Tenant>>, StoreError> {
        let wanted = id.clone();
        let load = store.read_system(move |system| system.tenants().by_id(&wanted));
        self.tenants.get(id.clone(), load).await
    }

    pub(crate) async fn application(
        &self,
        store: &Store,
        tenant: &TenantId,
        id: &ClientId,
    ) -> Result<Option<Arc<Application>>, StoreError> {
        let wanted = id.clone();
        let load = store.read(tenant, move |tx| tx.applications().by_id(&wanted));
        self.applications
            .get((tenant.clone(), id.clone()), load)
            .await
    }

    pub(crate) async fn api(
        &self,
        store: &Store,
        tenant: &TenantId,
        identifier: &str,
        now: Timestamp,
    ) -> Result<Option<Arc<Api>>, StoreError> {
        let wanted = identifier.to_owned();
        let load = store.read(tenant, move |tx| tx.apis().by_identifier(&wanted, now));
        let api = self
            .apis
            .get((tenant.clone(), identifier.to_owned()), load)
            .await?;
        Ok(api.filter(|api| works(api, identifier, now)))
    }

    /// The API that is cached; the outer `None`: ask [`Caches::api`].
    pub(crate) fn known_api(
        &self,
        tenant: &TenantId,
        identifier: &str,
        now: Timestamp,
    ) -> Option<Option<Arc<Api>>> {
        let known = self.apis.known(&(tenant.clone(), identifier.to_owned()))?;
        Some(known.filter(|api| works(api, identifier, now)))
    }

    pub(crate) async fn client_grant(
        &self,
        store: &Store,
        tenant: &TenantId,
        client: &ClientId,
        audience: &str,
        subject: SubjectType,
    ) -> Result<Option<Arc<ClientGrant>>, StoreError> {
        let key = (tenant.clone(), client.clone(), audience.to_owned(), subject);
        let (_, client, audience, _) = key.clone();
        let load = store.read(tenant, move |tx| {
            tx.client_grants().of(&client, &audience, subject)
        });
        self.client_grants.get(key, load).await
    }

    /// The client grant that is cached; the outer `None`: ask [`Caches::client_grant`].
    pub(crate) fn known_client_grant(
        &self,
        tenant: &TenantId,
        client: &ClientId,
        audience: &str,
        subject: SubjectType,
    ) -> Option<Option<Arc<ClientGrant>>> {
        let key = (tenant.clone(), client.clone(), audience.to_owned(), subject);
        self.client_grants.known(&key)
    }

    pub(crate) async fn connections(
        &self,
        store: &Store,
        tenant: &TenantId,
    ) -> Result<Arc<Vec<Arc<Connection>>>, StoreError> {
        let load = store.read(tenant, |tx| {
            let all = tx.connections().list(None, &Page::largest())?;
            Ok::<_, StoreError>(Some(all.into_iter().map(Arc::new).collect()))
        });
        Ok(self
            .connections
            .get(tenant.clone(), load)
            .await?
            .unwrap_or_default())
    }

    pub(crate) async fn settings(
        &self,
        store: &Store,
        tenant: &TenantId,
        kind: &str,
        id: &str,
    ) -> Result<Option<Arc<Value>>, StoreError> {
        let key = (tenant.clone(), kind.to_owned(), id.to_owned());
        let (_, kind, id) = key.clone();
        let load = store.read(tenant, move |tx| tx.settings().load::<Value>(&kind, &id));
        self.settings.get(key, load).await
    }

    pub(crate) async fn attack_protection(
        &self,
        store: &Store,
        tenant: &TenantId,
    ) -> Result<Arc<AttackProtection>, StoreError> {
        let load = store.read(tenant, |tx| {
            let mut settings = tx.settings();
            let brute_force = settings.load(BruteForce::KIND, "")?;
            let suspicious_ip = settings.load(SuspiciousIp::KIND, "")?;
            Ok::<_, StoreError>(Some(AttackProtection {
                brute_force: brute_force.unwrap_or_default(),
                suspicious_ip: suspicious_ip.unwrap_or_default(),
            }))
        });
        let known = self.attack_protection.get(tenant.clone(), load).await?;
        Ok(known.unwrap_or_default())
    }

    pub(crate) async fn actions(
        &self,
        store: &Store,
        tenant: &TenantId,
        trigger: Trigger,
    ) -> Result<Arc<Vec<Deployed>>, StoreError> {
        let load = store.read(tenant, move |tx| tx.actions().bound(trigger).map(Some));
        let known = self.actions.get((tenant.clone(), trigger), load).await?;
        Ok(known.unwrap_or_default())
    }

    pub(crate) async fn origins(
        &self,
        store: &Store,
        tenant: &TenantId,
    ) -> Result<Arc<Origins>, StoreError> {
        let load = load_origins(store, tenant);
        Ok(self
            .origins
            .get(tenant.clone(), load)
            .await?
            .unwrap_or_default())
    }
}

/// Whether an API still answers to `identifier`: a former one may have ended since it was cached.
fn works(api: &Api, identifier: &str, now: Timestamp) -> bool {
    let alias = |alias: &&aldgate_core::api::IdentifierAlias| alias.identifier == identifier;
    api.identifier == identifier
        || api
            .aliases
            .iter()
            .find(alias)
            .is_none_or(|alias| now < alias.until)
}

/// The origins of every application that is not disabled.
async fn load_origins(store: &Store, tenant: &TenantId) -> Result<Option<Origins>, StoreError> {
    let mut origins = Origins::default();
    let mut offset = 0;
    loop {
        let page = Page::at(offset, 1_000);
        let more = store
            .read(tenant, move |tx| tx.applications().list("", &page))
            .await;
        let more: Vec<Application> = more?;
        more.iter()
            .filter(|one| !one.disabled)
            .for_each(|one| origins.add(one));
        if more.len() < 1_000 {
            return Ok(Some(origins));
        }
        offset += 1_000;
    }
}
