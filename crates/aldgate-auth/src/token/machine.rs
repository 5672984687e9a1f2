//! `grant_type=client_credentials`. With warm caches nothing of it waits for the database: the
//! event is written in batches, off the request path.

use aldgate_core::access::Audience;
use aldgate_core::application::GrantType;
use aldgate_core::client_grant::SubjectType;
use aldgate_core::error::OAuthError;
use aldgate_core::event::EventType;
use aldgate_core::grant::{Refused, client_credentials};
use aldgate_core::token::{Channel, access_lifetime};

use super::{Exchange, Tokens, actions};
use crate::audience::{Reach, reach};
use crate::issue;

pub(super) async fn exchange(request: &Exchange<'_>) -> Result<Tokens, Box<Refused>> {
    let tokens = decide(request).await;
    tokens.map_err(|error| request.refuse(GrantType::ClientCredentials, error))
}

async fn decide(request: &Exchange<'_>) -> Result<Tokens, OAuthError> {
    let Exchange {
        app,
        tenant,
        client,
        now,
        ..
    } = request;
    client_credentials::permit(client)?;
    let (audience, resource) = (
        request.params.get("audience"),
        request.params.get("resource"),
    );
    let wanted = Audience::wanted(audience, resource, tenant)?;
    let reach = reach(app, tenant, client.id(), wanted, SubjectType::Client, *now).await?;
    let grant = reach
        .as_ref()
        .and_then(|reach| reach.client_grant.as_deref());
    let scope = request.scope()?;
    let pair = reach.as_ref().map(Reach::pair);
    let access = client_credentials::decide(client, pair, grant, scope.as_ref())?;
    let Some(Reach { api, .. }) = &reach else {
        return Err(OAuthError::missing("audience"));
    };
    let application = client.application();
    let custom = request
        .credentials_exchange(api, &access.scope, scope.as_ref())
        .await?;
    let granted = (&access, &custom);
    let token = issue::machine_token(app, tenant, application, api, granted, *now).await?;
    let mut event = request.event(EventType::ClientCredentials);
    actions::tell(request, &mut event);
    event.audience.clone_from(&access.audience);
    event.scope = Some(access.scope.to_string());
    app.events.record(&tenant.id, event);
    Ok(Tokens {
        access_token: token,
        refresh_token: None,
        id_token: None,
        scope: access.scope.to_string(),
        expires_in: access_lifetime(Some(api), Channel::Back).0,
        token_type: "Bearer",
    })
}
