//! Secrets of actions: sealed for one action and one name, opened just before a run (SBX-03).

use std::collections::BTreeMap;

use aldgate_core::action::SealedSecret;
use aldgate_core::error::Refusal;
use aldgate_core::id::{ActionId, TenantId};

use crate::app::App;
use crate::seal::Place;

/// Where the secret `name` of an action is sealed; its versions keep the same sealed text.
#[must_use]
pub fn action_secret_place<'a>(
    tenant: &'a TenantId,
    action: &'a ActionId,
    name: &'a str,
) -> Place<'a> {
    Place {
        tenant,
        table: "actions",
        row: action.as_str(),
        column: name,
    }
}

impl App {
    /// The secrets of an action in the clear, for a job of the sandbox and nothing else.
    ///
    /// # Errors
    /// Names the first secret that does not open: the master key that sealed it is not loaded.
    pub fn open_action_secrets(
        &self,
        tenant: &TenantId,
        action: &ActionId,
        secrets: &[SealedSecret],
    ) -> Result<BTreeMap<String, String>, Refusal> {
        let open = |secret: &SealedSecret| {
            let place = action_secret_place(tenant, action, &secret.name);
            let plain = self.open_text(&place, &secret.sealed).ok_or_else(|| {
                let cause = format!("the secret {:?} of an action does not open", secret.name);
                Refusal::new("action_secret", cause)
                    .expected("a secret sealed under a master key that is loaded")
                    .remedy("Set the secret again, or load the former master key.")
            })?;
            Ok((secret.name.clone(), plain.expose().clone()))
        };
        secrets.iter().map(open).collect()
    }
}
