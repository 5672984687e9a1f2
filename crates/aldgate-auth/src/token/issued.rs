//! What a first exchange hands out, stored within its unit of work; and what a grant is worth now.

use aldgate_core::access::{self, Access, AccessRequest, Subject};
use aldgate_core::application::Application;
use aldgate_core::error::OAuthError;
use aldgate_core::grant::Grant;
use aldgate_core::grant::refresh::{RefreshToken, first_lifetimes};
use aldgate_core::random::Entropy;
use aldgate_core::scope::Scopes;
use aldgate_core::secret::{Secret, TokenHash, TokenKind};
use aldgate_core::time::Timestamp;
use aldgate_core::token::{Channel, access_lifetime};
use aldgate_store::{StoreError, Tx};

use crate::audience::Reach;
use crate::issue::{Names, kept_for};

/// Refresh tokens of one user for one application; beyond, the oldest goes (Auth0: 200).
const FAMILIES_MAX: u32 = 200;

/// The secrets of a first exchange, drawn before its unit of work so that it can run again.
#[derive(Clone)]
pub(super) struct Issued {
    pub(super) names: Names,
    pub(super) refresh_token: Secret<String>,
}

impl Issued {
    /// Draws the secrets.
    pub(super) fn generate(rng: &mut dyn Entropy) -> Self {
        Self {
            names: Names::generate(rng),
            refresh_token: TokenKind::Refresh.generate(rng),
        }
    }

    /// Stores what `access` gives; says whether that includes a refresh token.
    pub(super) fn store(
        &self,
        tx: &mut Tx<'_>,
        (application, reach): (&Application, Option<&Reach>),
        grant: &Grant,
        access: &Access,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let api = reach.map(|reach| &*reach.api);
        let lifetime = access_lifetime(api, Channel::Back);
        let refreshes = access.scope.contains("offline_access");
        let mut kept_until = now + kept_for(api);
        if refreshes {
            let (idle_expires_at, expires_at) = first_lifetimes(&application.refresh_token, now);
            let token = RefreshToken {
                grant_id: grant.id.clone(),
                generation: 0,
                idle_expires_at,
                expires_at,
                retired_at: None,
            };
            kept_until = kept_until.max(expires_at + lifetime);
            let hash = TokenHash::of(self.refresh_token.expose());
            tx.refresh_tokens().create(&hash, &token, now)?;
            if let Some(user) = &grant.user_id {
                tx.refresh_tokens()
                    .keep_youngest((user, &application.id), FAMILIES_MAX, now)?;
            }
        }
        if access.audience.is_none() {
            self.names
                .store_opaque(tx, &grant.id, &access.scope, (now, lifetime))?;
        }
        tx.grants().keep_until(&grant.id, kept_until)?;
        Ok(refreshes)
    }

    /// The refresh token's text, where one is handed out.
    pub(super) fn refresh_token(&self, refreshes: bool) -> Option<String> {
        refreshes.then(|| self.refresh_token.expose().clone())
    }
}

/// Evaluates the scopes of a grant by today's rules and permissions (SES-04).
pub(super) fn current_access(
    tx: &mut Tx<'_>,
    application: &Application,
    grant: &Grant,
    reach: Option<&Reach>,
) -> Result<Result<Access, OAuthError>, StoreError> {
    let permissions = match (reach, &grant.user_id) {
        (Some(reach), Some(user)) if reach.api.enforce_policies => {
            let held = tx.permissions().of_user_at(user, &reach.api.identifier)?;
            Scopes::collect(held.iter().map(String::as_str))
        }
        _ => Scopes::none(),
    };
    Ok(access::evaluate(AccessRequest {
        application,
        api: reach.map(Reach::pair),
        client_grant: reach.and_then(|reach| reach.client_grant.as_deref()),
        requested: Some(&grant.scope),
        subject: Subject::User(&permissions),
    }))
}
