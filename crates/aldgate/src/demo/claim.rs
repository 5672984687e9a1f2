//! The action of the story's last step: it puts the e-mail address into access tokens.
//!
//! The page asks its own server for it, which does what three calls of the Management API would:
//! make the action, deploy it, bind it to `post-login`.

use aldgate_app::App;
use aldgate_core::action::{Action, ActionVersion, Binding, Trigger};
use aldgate_core::id::{ActionId, ActionVersionId, TenantId};
use aldgate_store::{StoreError, Tx};

/// What the action is called.
const NAME: &str = "Demo: e-mail address in access tokens";

/// The claim that it sets.
pub(super) const CLAIM: &str = "https://demo/email";

/// Its code.
pub(super) const CODE: &str = r#"exports.onExecutePostLogin = async (event, api) => {
  api.accessToken.setCustomClaim("https://demo/email", event.user.email);
};
"#;

/// Binds the action after those that are bound already, or takes it away again.
pub(super) async fn bind(app: &App, tenant: &TenantId, wanted: bool) -> Result<(), StoreError> {
    let (now, mut rng) = (app.now(), app.rng());
    let (id, version_id) = (
        ActionId::generate(&mut rng),
        ActionVersionId::generate(&mut rng),
    );
    let fresh = Action {
        id,
        name: NAME.to_owned(),
        trigger: Trigger::PostLogin,
        trigger_version: None,
        runtime: None,
        code: CODE.to_owned(),
        dependencies: Vec::new(),
        secrets: Vec::new(),
        failure_mode: None,
        deployed: Some(version_id),
        all_changes_deployed: true,
        created_at: now,
        updated_at: now,
    };
    let binding_id = ActionId::generate(&mut rng).to_string();
    let work = move |tx: &mut Tx<'_>| {
        let action = match tx.actions().by_name(NAME)? {
            Some(action) => action,
            None if !wanted => return Ok(()),
            None => {
                deploy(tx, &fresh)?;
                fresh.clone()
            }
        };
        let mut bindings = tx.actions().bindings(Trigger::PostLogin)?;
        bindings.retain(|binding| binding.action_id != action.id);
        if wanted {
            bindings.push(Binding {
                id: binding_id.clone(),
                trigger: Trigger::PostLogin,
                action_id: action.id,
                display_name: NAME.to_owned(),
                created_at: now,
                updated_at: now,
            });
        }
        tx.actions().bind(Trigger::PostLogin, &bindings)
    };
    app.store.write(tenant, work).await
}

fn deploy(tx: &mut Tx<'_>, action: &Action) -> Result<(), StoreError> {
    tx.actions().create(action)?;
    let Some(version) = &action.deployed else {
        return Ok(());
    };
    tx.actions().add_version(&ActionVersion {
        id: version.clone(),
        action_id: action.id.clone(),
        number: 1,
        trigger: action.trigger,
        trigger_version: None,
        runtime: None,
        code: action.code.clone(),
        javascript: None,
        dependencies: Vec::new(),
        secrets: Vec::new(),
        created_at: action.created_at,
    })
}
