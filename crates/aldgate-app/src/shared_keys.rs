//! Which key signs a token: one of the tenant's, or the secret that an application or an API shares
//! with the server (HS256, ruling R11).

use std::sync::Arc;

use aldgate_core::api::{Api, SigningAlg};
use aldgate_core::application::Application;
use aldgate_core::connection::{Connection, rules};
use aldgate_core::error::{ErrorCode, OAuthError, Refusal};
use aldgate_core::federation::tokens::Tokens;
use aldgate_core::id::{ApiId, ClientId, ConnectionId, TenantId};
use aldgate_core::secret::Secret;
use aldgate_core::tenant::Tenant;
use aldgate_jose::{Alg, SigningKey, b64};
use aldgate_store::SealedTokens;

use crate::app::App;
use crate::seal::Place;

/// Where the client secret of an application is sealed (`Application::secret_sealed`).
#[must_use]
pub fn client_secret_place<'a>(tenant: &'a TenantId, application: &'a ClientId) -> Place<'a> {
    Place {
        tenant,
        table: "applications",
        row: application.as_str(),
        column: "secret_sealed",
    }
}

/// Where the signing secret of an API is sealed (`Api::signing_secret_sealed`).
#[must_use]
pub fn signing_secret_place<'a>(tenant: &'a TenantId, api: &'a ApiId) -> Place<'a> {
    Place {
        tenant,
        table: "apis",
        row: api.as_str(),
        column: "signing_secret_sealed",
    }
}

/// Where a secret of a settings document is sealed: its member `{secret}_sealed`, at any depth.
#[must_use]
pub const fn settings_secret_place<'a>(
    tenant: &'a TenantId,
    kind: &'a str,
    secret: &'a str,
) -> Place<'a> {
    Place {
        tenant,
        table: "settings",
        row: kind,
        column: secret,
    }
}

/// Where a secret option of a connection is sealed.
#[must_use]
pub const fn connection_secret_place<'a>(
    tenant: &'a TenantId,
    connection: &'a str,
    option: &'a str,
) -> Place<'a> {
    Place {
        tenant,
        table: "connections",
        row: connection,
        column: option,
    }
}

/// Where a provider's tokens for an account are sealed; `row` is [`upstream_tokens_row`].
#[must_use]
pub const fn upstream_tokens_place<'a>(tenant: &'a TenantId, row: &'a str) -> Place<'a> {
    Place {
        tenant,
        table: "upstream_tokens",
        row,
        column: "sealed",
    }
}

/// The row of an account at a connection.
#[must_use]
pub fn upstream_tokens_row(connection: &ConnectionId, subject: &str) -> String {
    format!("{connection} {subject}")
}

impl App {
    /// Seals a secret for one of the places above.
    #[must_use]
    pub fn seal_text(&self, place: &Place<'_>, secret: &Secret<String>) -> String {
        b64::encode(
            &self
                .sealer
                .seal(place, secret.expose().as_bytes(), &mut self.rng()),
        )
    }

    /// Opens what [`App::seal_text`] sealed; `None` if it does not open here.
    #[must_use]
    pub fn open_text(&self, place: &Place<'_>, sealed: &str) -> Option<Secret<String>> {
        let plain = self.sealer.open(place, &b64::decode(sealed).ok()?).ok()?;
        String::from_utf8(plain.expose().clone())
            .ok()
            .map(Secret::new)
    }

    /// A secret option of a connection; `None` when it has none, or it does not open here.
    #[must_use]
    pub fn connection_secret(
        &self,
        tenant: &TenantId,
        connection: &Connection,
        option: &str,
    ) -> Option<Secret<String>> {
        let sealed = rules::sealed(connection, option)?;
        let place = connection_secret_place(tenant, connection.id.as_str(), option);
        self.open_text(&place, sealed)
    }

    /// Seals a provider's tokens for an account.
    ///
    /// # Errors
    /// Never in practice: tokens are plain JSON.
    pub fn seal_upstream_tokens(
        &self,
        tenant: &TenantId,
        account: (&ConnectionId, &str),
        tokens: &Tokens,
    ) -> Result<SealedTokens, serde_json::Error> {
        let (connection, subject) = account;
        let row = upstream_tokens_row(connection, subject);
        let place = upstream_tokens_place(tenant, &row);
        let plain = serde_json::to_vec(tokens)?;
        Ok(SealedTokens {
            connection_id: connection.clone(),
            subject: subject.to_owned(),
            sealed: self.sealer.seal(&place, &plain, &mut self.rng()),
        })
    }

    /// Opens what [`App::seal_upstream_tokens`] sealed; `None` if it does not open here.
    #[must_use]
    pub fn open_upstream_tokens(&self, tenant: &TenantId, kept: &SealedTokens) -> Option<Tokens> {
        let row = upstream_tokens_row(&kept.connection_id, &kept.subject);
        let place = upstream_tokens_place(tenant, &row);
        let plain = self.sealer.open(&place, &kept.sealed).ok()?;
        serde_json::from_slice(plain.expose()).ok()
    }

    /// The key that signs an application's ID tokens.
    ///
    /// # Errors
    /// `server_error` when the secret for HS256 is missing, too short or does not open;
    /// `temporarily_unavailable` when the database does not answer.
    pub async fn id_token_signer(
        &self,
        tenant: &Tenant,
        application: &Application,
    ) -> Result<Arc<SigningKey>, OAuthError> {
        let alg = application.jwt_configuration.alg;
        if alg != SigningAlg::Hs256 {
            return Ok(self.signer(tenant, alg).await?);
        }
        let place = client_secret_place(&tenant.id, &application.id);
        self.shared_key(
            &place,
            application.secret_sealed.as_deref(),
            "client secret",
        )
    }

    /// The key that signs an API's access tokens.
    ///
    /// # Errors
    /// As [`App::id_token_signer`].
    pub async fn access_token_signer(
        &self,
        tenant: &Tenant,
        api: &Api,
    ) -> Result<Arc<SigningKey>, OAuthError> {
        if api.signing_alg != SigningAlg::Hs256 {
            return Ok(self.signer(tenant, api.signing_alg).await?);
        }
        let place = signing_secret_place(&tenant.id, &api.id);
        self.shared_key(
            &place,
            api.signing_secret_sealed.as_deref(),
            "signing secret",
        )
    }

    fn shared_key(
        &self,
        place: &Place<'_>,
        sealed: Option<&str>,
        what: &'static str,
    ) -> Result<Arc<SigningKey>, OAuthError> {
        let refuse = |cause: String| {
            OAuthError::new(ErrorCode::ServerError, "The server could not sign").because(
                Refusal::new("shared_secret", cause)
                    .expected("a sealed secret of at least 256 bits")
                    .remedy(format!("Rotate the {what}, or choose RS256.")),
            )
        };
        let sealed =
            sealed.ok_or_else(|| refuse(format!("HS256 is set, but no {what} is kept")))?;
        let sealed = b64::decode(sealed).map_err(|error| refuse(error.to_string()))?;
        let secret = self
            .sealer
            .open(place, &sealed)
            .map_err(|e| refuse(e.to_string()))?;
        let key = SigningKey::hmac(Alg::HS256, secret.expose());
        key.map(Arc::new).map_err(|error| refuse(error.to_string()))
    }
}
