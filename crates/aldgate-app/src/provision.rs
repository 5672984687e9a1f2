//! Gives a tenant what it has from its first moment: see `aldgate_core::provision`.

use aldgate_core::api::SigningAlg;
use aldgate_core::client_grant::SubjectType;
use aldgate_core::id::TenantId;
use aldgate_core::provision::{self, provision};
use aldgate_core::secret::{Secret, TokenHash};
use aldgate_core::tenant::{Issuer, Tenant};
use aldgate_core::time::Timestamp;
use aldgate_store::{StoreError, Tx};

use crate::app::App;
use crate::extract::csrf_token;
use crate::keys::KeysError;

impl App {
    /// Makes a tenant with its database, Management API, administrator role and RS256 keys.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the id or the host is taken.
    pub async fn create_tenant(&self, id: TenantId, issuer: Issuer) -> Result<Tenant, KeysError> {
        let now = self.now();
        let fresh = provision(id, issuer, now, &mut self.rng());
        let tenant = fresh.tenant.clone();
        let id = tenant.id.clone();
        let create = move |system: &mut aldgate_store::SystemTx<'_>| {
            system.tenants().create(&fresh.tenant)?;
            let tx = system.within(&id);
            tx.connections().create(&fresh.database)?;
            tx.apis().create(&fresh.management)?;
            tx.roles().create(&fresh.administrator, now)?;
            tx.roles()
                .permit(&fresh.administrator.id, &fresh.permissions)
        };
        self.store.write_system(create).await?;
        self.maintain_keys(&tenant, SigningAlg::Rs256).await?;
        Ok(tenant)
    }

    /// Makes the default tenant if there is none, and lets it answer at the configured address.
    ///
    /// # Errors
    /// When the database does not answer, another tenant answers there, or no key can be made.
    pub async fn ensure_default_tenant(&self) -> Result<Tenant, KeysError> {
        let (id, issuer) = (TenantId::default(), self.issuer());
        let known = self.tenant(&id).await?;
        let Some(known) = known else {
            return match self.create_tenant(id.clone(), issuer).await {
                // Another node was faster.
                Err(KeysError::Store(StoreError::Conflict(_))) => self.existing(&id).await,
                made => made,
            };
        };
        if known.issuer != issuer {
            let now = self.now();
            let move_to = move |tx: &mut Tx<'_>| move_tenant(tx, &issuer, now);
            self.store.write(&id, move_to).await?;
            tracing::warn!(tenant.id = %id, "the default tenant has a new issuer");
        }
        let tenant = self.existing(&id).await?;
        self.maintain_keys(&tenant, SigningAlg::Rs256).await?;
        Ok(tenant)
    }

    /// Makes the dashboard an application of the tenant, or mends it: after the tenant moved, the
    /// master key was changed, or somebody edited or deleted it. Returns its client secret, which
    /// is derived and kept nowhere. One look into the caches when all is well.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn ensure_dashboard(&self, tenant: &Tenant) -> Result<Secret<String>, StoreError> {
        let id = provision::dashboard_id();
        let secret = csrf_token(self.dashboard_key(), tenant.id.as_str(), "client secret");
        let (hash, now) = (TokenHash::of(&secret), self.now());
        let management = tenant.issuer.management();
        let known = self.application(&tenant.id, &id).await?;
        let wanted = provision::dashboard(&tenant.issuer, hash, known.as_deref(), now);
        let granted = self
            .client_grant(&tenant.id, &id, &management, SubjectType::User)
            .await?;
        if known.is_some_and(|known| *known == wanted) && granted.is_some() {
            return Ok(Secret::new(secret));
        }
        let grant = provision::dashboard_grant(&tenant.issuer, now, &mut self.rng());
        let mend = move |tx: &mut Tx<'_>| {
            match tx.applications().by_id_to_change(&id)? {
                Some(_) => drop(tx.applications().update(&wanted)?),
                None => tx.applications().create(&wanted)?,
            }
            let granted = tx.client_grants().of(&id, &management, SubjectType::User)?;
            match granted {
                Some(_) => Ok(()),
                None => tx.client_grants().create(&grant),
            }
        };
        self.store.write(&tenant.id, mend).await?;
        Ok(Secret::new(secret))
    }

    /// The configured address as an issuer.
    fn issuer(&self) -> Issuer {
        Issuer::parse(self.config.server.public_url.as_str())
            .expect("invariant: the configuration accepts origins only")
    }

    async fn existing(&self, id: &TenantId) -> Result<Tenant, KeysError> {
        let wanted = id.clone();
        let load = move |system: &mut aldgate_store::SystemTx<'_>| system.tenants().by_id(&wanted);
        let tenant: Option<Tenant> = self.store.read_system(load).await?;
        Ok(tenant.ok_or_else(|| StoreError::unavailable("the tenant was removed just now"))?)
    }
}

/// Changes the issuer, and with it the identifier of the Management API.
fn move_tenant(tx: &mut Tx<'_>, issuer: &Issuer, now: Timestamp) -> Result<(), StoreError> {
    let Some(mut tenant) = tx.own_tenant().load_to_change()? else {
        return Ok(());
    };
    let (from, to) = (tenant.issuer.management(), issuer.management());
    tenant.issuer = issuer.clone();
    tx.own_tenant().update(&tenant, now)?;
    if let Some(mut api) = tx
        .apis()
        .by_identifier(&from, now)?
        .filter(|api| api.is_system)
    {
        api.identifier.clone_from(&to);
        api.updated_at = now;
        tx.apis().update(&api)?;
        tx.apis().rename(&from, &to)?;
    }
    Ok(())
}
