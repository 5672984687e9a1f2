//! `/oidc/logout` (OpenID Connect RP-Initiated Logout 1.0), by GET and POST.

use std::sync::Arc;

use aldgate_app::extract::FormParams;
use aldgate_app::page::{LogoutConfirm, Policy, reply};
use aldgate_core::application::Application;
use aldgate_core::error::Refusal;
use aldgate_core::hint::Hint;
use aldgate_core::logout::{self, Outcome, RpInitiated};
use aldgate_core::params::Params;
use aldgate_core::session::Session;
use aldgate_core::user::User;
use aldgate_store::{StoreError, Tx};
use axum::extract::RawQuery;
use axum::response::Response;
use http::StatusCode;

use super::{carry_out, read};
use crate::authorize::facts::{find_application, read_hint};
use crate::federation::logout::{self as federated, Detour};
use crate::visitor::{Fault, Visitor, view};

/// The name of the confirmation form.
pub(super) const FORM: &str = "logout";

/// Asks for a logout at the provider, too.
pub(super) const FEDERATED: &str = "federated";

/// What the confirmation form carries along.
const CARRIED: [&str; 6] = [
    "id_token_hint",
    "logout_hint",
    "client_id",
    "post_logout_redirect_uri",
    "state",
    "ui_locales",
];

pub(super) async fn get(visitor: Visitor, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let result = match read(&visitor, query.as_bytes()).await {
        Ok(params) => {
            let how = How {
                confirmed: false,
                federated: federated::is_wanted(&query),
            };
            decide(&visitor, &params, how).await
        }
        Err(page) => Ok(*page),
    };
    visitor.answer(result).await
}

pub(super) async fn post(visitor: Visitor, FormParams(params): FormParams) -> Response {
    let result = match read(&visitor, b"").await {
        Ok(_) => {
            let how = How {
                confirmed: false,
                federated: params.value(FEDERATED).is_some(),
            };
            decide(&visitor, &params, how).await
        }
        Err(page) => Ok(*page),
    };
    visitor.answer(result).await
}

/// How a logout is asked for.
#[derive(Clone, Copy)]
pub(super) struct How {
    /// The user pressed the button.
    pub(super) confirmed: bool,
    /// At the provider, too.
    pub(super) federated: bool,
}

/// Decides and carries out.
pub(super) async fn decide(
    visitor: &Visitor,
    params: &Params,
    how: How,
) -> Result<Response, Fault> {
    let hint = match params.get("id_token_hint") {
        Some(token) => Some(read_hint(visitor, token).await?),
        None => None,
    };
    let client_id = params.get("client_id");
    let application = named(visitor, client_id, hint.as_ref()).await?;
    let session = visitor.live_session().await?;
    let outcome = logout::rp_initiated(RpInitiated {
        hint: hint.as_ref(),
        logout_hint: params.get("logout_hint"),
        client_id,
        application: application.as_deref(),
        redirect_uri: params.get("post_logout_redirect_uri"),
        state: params.get("state"),
        session: session.as_ref(),
        tenant_urls: &visitor.tenant.settings.allowed_logout_urls,
        confirmed: how.confirmed || !wants_prompt(visitor),
    });
    match (outcome, session) {
        (Outcome::Ask, Some(session)) => {
            let detour = match how.federated {
                true => federated::detour(visitor).await?,
                false => None,
            };
            let shown = (application.as_ref(), detour.as_ref());
            ask(visitor, params, shown, session).await
        }
        (outcome, _) => carry_out(visitor, outcome, application.as_deref(), how.federated).await,
    }
}

/// The application that `client_id` names, or else the one the hint was issued to.
async fn named(
    visitor: &Visitor,
    client_id: Option<&str>,
    hint: Option<&Result<Hint, Refusal>>,
) -> Result<Option<Arc<Application>>, StoreError> {
    let hinted = hint
        .and_then(|hint| hint.as_ref().ok())
        .and_then(Hint::client_id);
    find_application(visitor, client_id.or(hinted)).await
}

/// Auth0: `sessions.oidc_logout_prompt_enabled`.
fn wants_prompt(visitor: &Visitor) -> bool {
    let sessions = visitor.tenant.settings.extra.get("sessions");
    let setting = sessions.and_then(|sessions| sessions["oidc_logout_prompt_enabled"].as_bool());
    setting.unwrap_or(true)
}

/// Shows the question.
async fn ask(
    visitor: &Visitor,
    params: &Params,
    (application, detour): (Option<&Arc<Application>>, Option<&Detour>),
    session: Session,
) -> Result<Response, Fault> {
    let user_id = session.user_id;
    let find = move |tx: &mut Tx<'_>| tx.users().by_id(&user_id);
    let user: Option<User> = visitor.app.store.read(&visitor.tenant.id, find).await?;
    let carried = |name: &&str| Some(((*name).to_owned(), params.get(name)?.to_owned()));
    let mut fields: Vec<(String, String)> = CARRIED.iter().filter_map(carried).collect();
    fields.extend(detour.map(|_| (FEDERATED.to_owned(), "1".to_owned())));
    let page = LogoutConfirm {
        form: visitor.form("/oidc/logout/confirm", FORM, None),
        application: application.map(view),
        user: user.map(|user| user.display_name().to_owned()),
        fields,
    };
    let urls = application.map(|application| application.allowed_logout_urls.clone());
    let urls = urls.unwrap_or_else(|| visitor.tenant.settings.allowed_logout_urls.clone());
    let provider = detour.and_then(Detour::place);
    let policy = Policy::transaction(urls.iter().map(String::as_str).chain(provider));
    let chrome = visitor.chrome(params.get("ui_locales")).await;
    let mut response = reply(StatusCode::OK, &page, &chrome, &policy);
    visitor.remember_browser(&mut response);
    Ok(response)
}
