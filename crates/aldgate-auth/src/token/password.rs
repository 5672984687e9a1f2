//! `grant_type=password`, Auth0's `password-realm` and `passwordless/otp`: the application itself
//! asks for the proof. Off unless it lists them (R5).

mod by_code;

use aldgate_app::page::Chrome;
use aldgate_core::access::{Access, Audience};
use aldgate_core::action::Verdict;
use aldgate_core::application::GrantType;
use aldgate_core::client_auth::AuthenticatedClient;
use aldgate_core::client_grant::SubjectType;
use aldgate_core::error::OAuthError;
use aldgate_core::event::EventType;
use aldgate_core::grant::{Grant, GrantOrigin, Refused, password, passwordless};
use aldgate_core::id::GrantId;
use aldgate_core::scope::Scopes;
use aldgate_core::secret::Secret;
use aldgate_core::time::{Seconds, Timestamp};
use aldgate_core::token::Channel;
use aldgate_core::user::User;
use aldgate_store::{StoreError, Tx};

use super::actions::Login;
use super::issued::{Issued, current_access};
use super::{Exchange, Tokens, actions};
use crate::accounts::{AuthenticatedUser, PasswordAttempt, authenticate, database};
use crate::actions::store_user;
use crate::audience::{Reach, reach};
use crate::client::down;
use crate::issue::Mint;

pub(super) async fn exchange(
    request: &Exchange<'_>,
    grant: GrantType,
) -> Result<Tokens, Box<Refused>> {
    let tokens = decide(request, grant).await;
    tokens.map_err(|error| request.refuse(grant, error))
}

async fn decide(request: &Exchange<'_>, grant: GrantType) -> Result<Tokens, OAuthError> {
    let Exchange {
        app,
        tenant,
        client,
        params,
        now,
        ..
    } = request;
    let by_code = grant == GrantType::PasswordlessOtp;
    let connection = connection(request, grant)?;
    let scope = request.scope()?.unwrap_or_default();
    let wanted = Audience::wanted(params.get("audience"), params.get("resource"), tenant)?;
    let reach = reach(app, tenant, client.id(), wanted, SubjectType::User, *now).await?;
    let AuthenticatedUser { user, method } = prove(request, by_code, connection).await?;
    let methods = vec![method];
    let verdict = request.post_login(Login {
        user: &user,
        methods: &methods,
        audience: wanted.api(),
        requested: &scope,
        protocol: "oauth2-password",
        refresh_token: None,
    });
    let verdict = verdict.await?;
    let grant = Grant {
        id: GrantId::at(*now, &mut app.rng()),
        client_id: client.id().clone(),
        user_id: Some(user.id.clone()),
        session_id: None,
        audience: wanted.api().map(ToOwned::to_owned),
        requested: scope.clone(),
        scope,
        origin: match by_code {
            true => GrantOrigin::Passwordless,
            false => GrantOrigin::Password,
        },
        auth_time: Some(*now),
        wants_auth_time: false,
        methods,
        claims: None,
        custom: verdict.tokens.clone(),
        metadata: serde_json::Map::new(),
        created_at: *now,
    };
    let issued = Issued::generate(&mut app.rng());
    let first = First {
        client: client.clone(),
        reach: reach.clone(),
        grant,
        verdict,
        issued: issued.clone(),
        now: *now,
    };
    let work = move |tx: &mut Tx<'_>| first.run(tx);
    let (grant, access, refreshes) = app.store.write(&tenant.id, work).await.map_err(down)??;
    let granted = (&grant, &access, issued.refresh_token(refreshes));
    answer(request, &user, reach.as_ref(), &issued, granted).await
}

/// The connection that the grant may use.
fn connection<'a>(request: &'a Exchange<'_>, grant: GrantType) -> Result<&'a str, OAuthError> {
    let realm = request.params.get("realm");
    if grant == GrantType::PasswordlessOtp {
        passwordless::permit(&request.client)?;
        return realm.ok_or_else(|| OAuthError::missing("realm"));
    }
    password::connection(&request.client, grant, realm, request.tenant)
}

async fn prove(
    request: &Exchange<'_>,
    by_code: bool,
    connection: &str,
) -> Result<AuthenticatedUser, OAuthError> {
    match by_code {
        true => by_code::log_in(request, connection).await,
        false => log_in(request, connection).await,
    }
}

async fn log_in(request: &Exchange<'_>, connection: &str) -> Result<AuthenticatedUser, OAuthError> {
    let Exchange {
        app,
        tenant,
        caller,
        client,
        params,
        ..
    } = request;
    let username = params
        .get("username")
        .ok_or_else(|| OAuthError::missing("username"))?;
    let password = params
        .get("password")
        .ok_or_else(|| OAuthError::missing("password"))?;
    let application = client.application();
    let connection = database(app, tenant, Some(client.id()), Some(connection)).await?;
    let attempt = PasswordAttempt {
        connection: &connection,
        username,
        password: &Secret::new(password.to_owned()),
        client: application,
        caller,
        chrome: &Chrome::of(tenant, "", ""),
    };
    authenticate(app, tenant, attempt)
        .await
        .map_err(|failure| failure.to_oauth())
}

async fn answer(
    request: &Exchange<'_>,
    user: &User,
    reach: Option<&Reach>,
    issued: &Issued,
    (grant, access, refresh_token): (&Grant, &Access, Option<String>),
) -> Result<Tokens, OAuthError> {
    let mint = Mint {
        app: request.app,
        tenant: request.tenant,
        application: request.client.application(),
        api: reach.map(|reach| &*reach.api),
        grant,
        user,
        access,
        channel: Channel::Back,
        refreshed: false,
        issued_at: request.now,
    };
    let tokens = Tokens::mint(mint, &issued.names, None, refresh_token).await?;
    let mut event = request.event(match grant.origin {
        GrantOrigin::Passwordless => EventType::PasswordlessExchange,
        _ => EventType::PasswordExchange,
    });
    event.user_id.clone_from(&grant.user_id);
    event.audience.clone_from(&access.audience);
    event.scope = Some(tokens.scope.clone());
    actions::tell(request, &mut event);
    request.app.events.record(&request.tenant.id, event);
    Ok(tokens)
}

/// One unit of work; it can run again.
struct First {
    client: AuthenticatedClient,
    reach: Option<Reach>,
    grant: Grant,
    verdict: Verdict,
    issued: Issued,
    now: Timestamp,
}

impl First {
    fn run(
        &self,
        tx: &mut Tx<'_>,
    ) -> Result<Result<(Grant, Access, bool), OAuthError>, StoreError> {
        let (application, reach) = (self.client.application(), self.reach.as_ref());
        let access = match current_access(tx, application, &self.grant, reach)? {
            Ok(mut access) => {
                self.grant.custom.adjust(&mut access, None);
                access
            }
            Err(error) => return Ok(Err(error)),
        };
        if let Some(user) = &self.grant.user_id {
            store_user(tx, user, &self.verdict, self.now)?;
        }
        let mut grant = self.grant.clone();
        grant.scope = Scopes::clone(&access.scope);
        tx.grants().create(&grant, self.now + Seconds::minutes(1))?;
        let refreshes = self
            .issued
            .store(tx, (application, reach), &grant, &access, self.now)?;
        Ok(Ok((grant, access, refreshes)))
    }
}
