//! [`App`]: the only shared state. Cheap to clone; every handler gets one.

use std::ops::Deref;
use std::sync::Arc;

use aldgate_core::action::{Deployed, Trigger};
use aldgate_core::api::Api;
use aldgate_core::application::Application;
use aldgate_core::application::own::is_account;
use aldgate_core::attack_protection::AttackProtection;
use aldgate_core::client_grant::{ClientGrant, SubjectType};
use aldgate_core::connection::Connection;
use aldgate_core::event::{Event, EventType};
use aldgate_core::id::{ClientId, ConnectionId, EventId, TenantId};
use aldgate_core::tenant::Tenant;
use aldgate_core::time::Timestamp;
use aldgate_store::{Page, Store, StoreError};

use crate::caches::Caches;
use crate::clock::Clock;
use crate::config::Config;
use crate::cors::Origins;
use crate::edge::AuthenticationRate;
use crate::events::Events;
use crate::extract::Caller;
use crate::hashing::Hashing;
use crate::keys::Keys;
use crate::mail::{MailError, Mailer};
use crate::metrics::Metrics;
use crate::outbound::Outbound;
use crate::rng::Rng;
use crate::sandbox::Sandbox;
use crate::seal::{MasterKey, MasterKeyError, Sealer};
use crate::tls::TlsError;
use crate::upstream::Upstreams;

/// The only shared state.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// What an [`App`] consists of.
pub struct Parts {
    /// The configuration.
    pub config: Config,
    /// The database.
    pub store: Store,
    /// The time; read once a request.
    pub clock: Arc<dyn Clock>,
    /// Seals secrets at rest.
    pub sealer: Sealer,
    /// Signing keys.
    pub keys: Keys,
    /// Hashes passwords.
    pub hashing: Hashing,
    /// Sends mails.
    pub mailer: Mailer,
    /// Fetches from elsewhere.
    pub outbound: Outbound,
    /// Runs tenant JavaScript.
    pub sandbox: Sandbox,
    /// Writes the tenant logs.
    pub events: Events,
    /// What operators count.
    pub metrics: Metrics,
    /// Limits requests to the Authentication API.
    pub(crate) authentication_rate: Option<AuthenticationRate>,
    /// What other providers publish.
    pub(crate) upstreams: Upstreams,
    caches: Arc<Caches>,
    rng: Rng,
    csrf_key: [u8; 32],
    refresh_key: [u8; 32],
    federation_key: [u8; 32],
    dashboard_key: [u8; 32],
    otp_key: [u8; 32],
}

/// What differs between a server, development and tests.
pub struct Start {
    /// The configuration.
    pub config: Config,
    /// The database, migrated.
    pub store: Store,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The randomness.
    pub rng: Rng,
    /// Keeps mails in memory instead of where the configuration says.
    pub mails_in_memory: bool,
}

/// Why an [`App`] cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// There is no master key.
    #[error(transparent)]
    MasterKey(#[from] MasterKeyError),
    /// TLS of outgoing connections cannot be set up.
    #[error("outgoing TLS: {0}")]
    Tls(#[from] TlsError),
    /// The mail transport cannot be set up.
    #[error("mail: {0}")]
    Mail(#[from] MailError),
    /// Threads cannot be started.
    #[error("threads: {0}")]
    Threads(#[from] std::io::Error),
    /// The database cannot be watched.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl App {
    /// Puts the parts together and starts the threads and the writer of the tenant logs.
    ///
    /// # Errors
    /// [`StartError`] says which part is missing.
    pub fn start(start: Start) -> Result<Self, StartError> {
        let Start {
            config,
            store,
            clock,
            mut rng,
            mails_in_memory,
        } = start;
        let master = MasterKey::load(&config.security.master_key, &mut rng)?;
        let retired = config.security.previous_master_keys.iter();
        let retired = retired
            .map(|path| MasterKey::read(path))
            .collect::<Result<Vec<_>, _>>()?;
        let sealer = Sealer::new(&master, &retired);
        let outbound = Outbound::new(&config.outbound)?;
        let metrics = Metrics::new();
        let caches = Arc::new(Caches::default());
        let keys = Keys::new(metrics.clone());
        let (forgetful, rings) = (Arc::clone(&caches), keys.clone());
        store.on_change(move |change| {
            forgetful.forget(change);
            rings.forget(change);
        })?;
        Ok(Self(Arc::new(Parts {
            csrf_key: master.derive("csrf"),
            refresh_key: master.derive("refresh"),
            federation_key: master.derive("federation"),
            upstreams: Upstreams::default(),
            dashboard_key: master.derive("dashboard"),
            otp_key: master.derive("otp"),
            hashing: Hashing::start(&config.security, metrics.clone(), &mut rng)?,
            mailer: Mailer::new(&config.mail, mails_in_memory)?,
            sandbox: Sandbox::new(&config.actions, outbound.clone()),
            outbound,
            events: Events::start(store.clone(), metrics.clone()),
            authentication_rate: config
                .server
                .authentication_rate
                .map(AuthenticationRate::new),
            config,
            store,
            clock,
            sealer,
            keys,
            metrics,
            caches,
            rng,
        })))
    }

    /// The time now. Read it once a request and hand it down.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A source of randomness.
    #[must_use]
    pub fn rng(&self) -> Rng {
        self.rng.clone()
    }

    /// The key that binds forms to browsers (WEB-01).
    #[must_use]
    pub fn csrf_key(&self) -> &[u8; 32] {
        &self.csrf_key
    }

    /// The key from which the successors of refresh tokens are derived (ruling R9).
    #[must_use]
    pub fn refresh_key(&self) -> &[u8; 32] {
        &self.refresh_key
    }

    /// The key from which nonce and PKCE verifier of a login at another provider are derived.
    #[must_use]
    pub fn federation_key(&self) -> &[u8; 32] {
        &self.federation_key
    }

    /// The key from which the dashboard's client secrets and login states are derived.
    #[must_use]
    pub fn dashboard_key(&self) -> &[u8; 32] {
        &self.dashboard_key
    }

    /// The key under which passwordless codes are hashed: six digits are soon tried.
    #[must_use]
    pub fn otp_key(&self) -> &[u8; 32] {
        &self.otp_key
    }

    /// The tenant that answers at `host`, or the default tenant.
    ///
    /// # Errors
    /// When the database does not answer, or has no tenant yet.
    pub async fn tenant_by_host(&self, host: &str) -> Result<Arc<Tenant>, StoreError> {
        let found = match host.len() {
            1..=255 => self.caches.tenant_by_authority(&self.store, host).await?,
            _ => None,
        };
        match found {
            Some(tenant) => Ok(tenant),
            None => self.tenant(&TenantId::default()).await?.ok_or_else(|| {
                StoreError::unavailable("there is no default tenant yet; start the server once")
            }),
        }
    }

    /// A tenant.
    ///
    /// # Errors
    /// When the database does not answer. So it is with every look-up here.
    pub async fn tenant(&self, id: &TenantId) -> Result<Option<Arc<Tenant>>, StoreError> {
        self.caches.tenant(&self.store, id).await
    }

    /// Every tenant, for background work.
    ///
    /// # Errors
    /// As [`App::tenant`].
    pub async fn tenants(&self) -> Result<Vec<Tenant>, StoreError> {
        let mut all: Vec<Tenant> = Vec::new();
        loop {
            let page = Page::after(all.last().map_or("", |last| last.id.as_str()), 500);
            let more = self
                .store
                .read_system(move |system| system.tenants().list(&page))
                .await;
            let more: Vec<Tenant> = more?;
            if more.is_empty() {
                return Ok(all);
            }
            all.extend(more);
        }
    }

    /// An application, also a disabled one, and that of the account pages.
    ///
    /// # Errors
    /// As [`App::tenant`].
    pub async fn application(
        &self,
        tenant: &TenantId,
        id: &ClientId,
    ) -> Result<Option<Arc<Application>>, StoreError> {
        if is_account(id) {
            let tenant = self.tenant(tenant).await?;
            return Ok(tenant.map(|tenant| Arc::new(Application::account(&tenant.issuer))));
        }
        self.caches.application(&self.store, tenant, id).await
    }

    /// An API by its identifier, or by a former identifier that still works at `now`.
    ///
    /// # Errors
    /// As [`App::tenant`].
    pub async fn api(
        &self,
        tenant: &TenantId,
        identifier: &str,
        now: Timestamp,
    ) -> Result<Option<Arc<Api>>, StoreError> {
        self.caches.api(&self.store, tenant, identifier, now).await
    }

    /// What [`App::api`] answers, as far as it is cached; the outer `None`: ask that.
    #[must_use]
    pub fn known_api(
        &self,
        tenant: &TenantId,
        identifier: &str,
        now: Timestamp,
    ) -> Option<Option<Arc<Api>>> {
        self.caches.known_api(tenant, identifier, now)
    }

    /// What [`App::client_grant`] answers, as far as it is cached; the outer `None`: ask that.
    #[must_use]
    pub fn known_client_grant(
        &self,
        tenant: &TenantId,
        client: &ClientId,
        audience: &str,
        subject: SubjectType,
    ) -> Option<Option<Arc<ClientGrant>>> {
        self.caches
            .known_client_grant(tenant, client, audience, subject)
    }

    /// What an application may have of an API, by itself or on behalf of a user.
    ///
    /// # Errors
    /// As [`App::tenant`].
    pub async fn client_grant(
        &self,
        tenant: &TenantId,
        client: &ClientId,
        audience: &str,
        subject: SubjectType,
    ) -> Result<Option<Arc<ClientGrant>>, StoreError> {
        self.caches
            .client_grant(&self.store, tenant, client, audience, subject)
            .await
    }

    /// A connection by its name.
    ///
    /// # Errors
    /// As [`App::tenant`].
    pub async fn connection_by_name(
        &self,
        tenant: &TenantId,
        name: &str,
    ) -> Result<Option<Arc<Connection>>, StoreError> {
        let all = self.connections(tenant).await?;
        Ok(all
            .iter()
            .find(|connection| connection.name == name)
            .cloned())
    }

    /// A connection.
    ///
    /// # Errors
    /// As [`App::tenant`].
    pub async fn connection(
        &self,
        tenant: &TenantId,
        id: &ConnectionId,
    ) -> Result<Option<Arc<Connection>>, StoreError> {
        let all = self.connections(tenant).await?;
        Ok(all.iter().find(|connection| connection.id == *id).cloned())
    }

    /// The connections of a tenant, at most a thousand, ordered by name.
    ///
    /// # Errors
    /// As [`App::tenant`].
    pub async fn connections(
        &self,
        tenant: &TenantId,
    ) -> Result<Arc<Vec<Arc<Connection>>>, StoreError> {
        self.caches.connections(&self.store, tenant).await
    }

    /// A further document of a tenant: branding, texts, …. `id` is empty for kinds with only one.
    ///
    /// # Errors
    /// As [`App::tenant`].
    pub async fn settings(
        &self,
        tenant: &TenantId,
        kind: &str,
        id: &str,
    ) -> Result<Option<Arc<serde_json::Value>>, StoreError> {
        self.caches.settings(&self.store, tenant, kind, id).await
    }

    /// How a tenant is protected from guessing.
    ///
    /// # Errors
    /// As [`App::tenant`].
    pub async fn attack_protection(
        &self,
        tenant: &TenantId,
    ) -> Result<Arc<AttackProtection>, StoreError> {
        self.caches.attack_protection(&self.store, tenant).await
    }

    /// What a trigger of a tenant runs, in its order. Most often nothing: ask before anything else.
    ///
    /// # Errors
    /// As [`App::tenant`].
    pub async fn bound_actions(
        &self,
        tenant: &TenantId,
        trigger: Trigger,
    ) -> Result<Arc<Vec<Deployed>>, StoreError> {
        self.caches.actions(&self.store, tenant, trigger).await
    }

    /// The origins that CORS allows at a tenant.
    ///
    /// # Errors
    /// As [`App::tenant`].
    pub async fn origins(&self, tenant: &TenantId) -> Result<Arc<Origins>, StoreError> {
        self.caches.origins(&self.store, tenant).await
    }

    /// An event of the tenant log with what is known of the caller.
    #[must_use]
    pub fn event(&self, kind: EventType, caller: &Caller, now: Timestamp) -> Event {
        let mut event = Event::new(EventId::at(now, &mut self.rng()), kind, now);
        event.ip = caller.address().to_string();
        event.user_agent = caller.user_agent().to_owned();
        event
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
