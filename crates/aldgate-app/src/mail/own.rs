//! A tenant's own mail: its template, its provider. Both are looked up when the mail goes out, so
//! that the latest ones count.

use std::time::Duration;

use aldgate_core::event::EventType;
use aldgate_core::id::TenantId;
use aldgate_core::mail::provider::{Provider, Smtp};
use aldgate_core::mail::template::{FilledMail, MailTemplate};
use aldgate_core::tenant::Tenant;
use aldgate_core::time::Timestamp;
use aldgate_core::user::User;
use aldgate_store::{StoreError, Tx};
use serde_json::{Map, Value, json};

use super::plain;
use super::transport::{MailError, Mailer};
use super::{About, OutgoingMail};
use crate::app::App;
use crate::seal::Place;
use crate::shared_keys::settings_secret_place;

/// The kind of the settings document with a tenant's mail provider.
pub const PROVIDER: &str = "email_provider";
/// The kind of the settings documents with a tenant's mail templates; the id is the template's
/// name.
pub const TEMPLATE: &str = "email_template";

/// Where a provider's credentials are sealed: its member `credentials_sealed`.
#[must_use]
pub const fn credentials_place(tenant: &TenantId) -> Place<'_> {
    settings_secret_place(tenant, PROVIDER, "credentials")
}

impl App {
    /// The mail as its tenant wants it, and who carries it.
    pub(super) async fn dress(
        &self,
        tenant: &TenantId,
        mut mail: OutgoingMail,
        now: Timestamp,
    ) -> Result<(OutgoingMail, Mailer), MailError> {
        let provider = self.mail_provider(tenant).await?;
        let mut from = provider
            .as_ref()
            .and_then(|provider| provider.default_from_address.clone());
        if let Some(filled) = self.filled(tenant, &mail, now).await? {
            from = filled.from.or(from);
            mail.subject = filled.subject;
            mail.text = plain::of_html(&filled.html);
            mail.html = filled.html;
        }
        let Some(provider) = provider else {
            // The sender belongs to whoever runs the server, as its transport does.
            return Ok((mail, self.mailer.clone()));
        };
        let smtp = self.smtp(tenant, &provider)?;
        Ok((mail, self.mailer_of(&smtp, from.as_deref()).await?))
    }

    /// What sends by a tenant's own server.
    pub(super) async fn mailer_of(
        &self,
        smtp: &Smtp,
        from: Option<&str>,
    ) -> Result<Mailer, MailError> {
        let address = self.outbound.resolve(&smtp.host, smtp.port).await;
        let address = address.map_err(|error| MailError::Provider(error.to_string()))?;
        self.mailer.by(smtp, address, from, TIMEOUT)
    }

    /// The tenant's provider, if it is one that can be used.
    pub(super) async fn mail_provider(
        &self,
        tenant: &TenantId,
    ) -> Result<Option<Provider>, StoreError> {
        let stored = self.settings(tenant, PROVIDER, "").await?;
        let provider = stored.and_then(|stored| Provider::deserialize_from(&stored));
        Ok(provider.filter(|provider| provider.enabled && provider.name == "smtp"))
    }

    pub(super) fn smtp(&self, tenant: &TenantId, provider: &Provider) -> Result<Smtp, MailError> {
        let sealed = &provider.credentials_sealed;
        let opened = self.open_text(&credentials_place(tenant), sealed);
        let opened = opened.and_then(|text| serde_json::from_str(text.expose()).ok());
        let credentials: Map<String, Value> =
            opened.ok_or_else(|| MailError::Provider("its credentials do not open here".into()))?;
        Smtp::of(&credentials).map_err(|refusal| MailError::Provider(refusal.cause.into()))
    }

    /// The tenant's template, filled. One that cannot be filled is told in the tenant log, and the
    /// mail goes out as shipped.
    async fn filled(
        &self,
        tenant: &TenantId,
        mail: &OutgoingMail,
        now: Timestamp,
    ) -> Result<Option<FilledMail>, StoreError> {
        let Some(about) = &mail.about else {
            return Ok(None);
        };
        let Some(template) = self.template(tenant, about).await? else {
            return Ok(None);
        };
        let variables = self.variables(tenant, mail, about).await?;
        match template.fill(&variables) {
            Ok(filled) => Ok(Some(filled)),
            Err(error) => {
                let text = format!(
                    "The mail template {} cannot be used: {error}",
                    about.template
                );
                let event = self.mail_event(EventType::Warning, &text, now);
                self.events.record(tenant, event);
                Ok(None)
            }
        }
    }

    /// The tenant's template of a mail: a document of its own, or for passwordless mails the
    /// option `email` of the connection (Auth0: passwordless e-mail template).
    async fn template(
        &self,
        tenant: &TenantId,
        about: &About,
    ) -> Result<Option<MailTemplate>, StoreError> {
        if let Some(id) = &about.connection {
            let connection = self.connection(tenant, id).await?;
            let email = connection.and_then(|one| one.options.get("email").cloned());
            let template = email.and_then(|email| serde_json::from_value(email).ok());
            return Ok(template.filter(|template: &MailTemplate| !template.body.is_empty()));
        }
        let stored = self.settings(tenant, TEMPLATE, &about.template).await?;
        let template: Option<MailTemplate> =
            stored.and_then(|stored| serde_json::from_value(Value::clone(&stored)).ok());
        Ok(template.filter(|template| template.enabled))
    }

    /// What templates may name (Auth0: "Customize email templates").
    async fn variables(
        &self,
        tenant: &TenantId,
        mail: &OutgoingMail,
        about: &About,
    ) -> Result<Value, StoreError> {
        let found = self.tenant(tenant).await?;
        let (id, to) = (about.user_id.clone(), mail.to.clone());
        let find = move |tx: &mut Tx<'_>| match &id {
            Some(id) => tx.users().by_id(id),
            None => Ok(tx.users().by_email(&to)?.into_iter().next()),
        };
        let user: Option<User> = self.store.read(tenant, find).await?;
        Ok(values(found.as_deref(), user.as_ref(), mail, about))
    }
}

/// The longest wait for a tenant's server.
const TIMEOUT: Duration = Duration::from_secs(20);

pub(super) fn values(
    tenant: Option<&Tenant>,
    user: Option<&User>,
    mail: &OutgoingMail,
    about: &About,
) -> Value {
    let settings = tenant.map(|tenant| &tenant.settings);
    let text = |text: Option<&String>| text.cloned().unwrap_or_default();
    let mut person = user.map_or_else(|| json!({}), |user| json!(user));
    if person.get("email").is_none() {
        person["email"] = json!(mail.to);
    }
    let connection = user.and_then(|user| user.identities.first());
    let link = about.link.clone().unwrap_or_default();
    json!({
        "user": person,
        "email": mail.to,
        "url": link,
        "link": link,
        "code": about.code,
        "password": about.code,
        "send": if about.code.is_some() { "code" } else { "link" },
        "tenant": tenant.map(|tenant| tenant.id.to_string()),
        "domain": tenant.map(|tenant| tenant.issuer.authority()),
        "friendly_name": text(settings.and_then(|settings| settings.friendly_name.as_ref())),
        "support_email": text(settings.and_then(|settings| settings.support_email.as_ref())),
        "support_url": text(settings.and_then(|settings| settings.support_url.as_ref())),
        "application": {
            "name": about.application,
            "callback_domain": tenant.map(|tenant| tenant.issuer.origin()),
        },
        "connection": {"name": connection.map(|identity| identity.connection.to_string())},
        "organization": {},
        "inviter": {},
    })
}
