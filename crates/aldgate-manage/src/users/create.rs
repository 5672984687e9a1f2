//! `POST /users`.

use aldgate_app::accounts::{CreateUser, CreateUserError, Credential, Post, create_user};
use aldgate_core::error::Refusal;
use aldgate_core::password::{PasswordPolicy, RefusedPassword};
use aldgate_core::user::rules::NewUser;
use aldgate_store::StoreError;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use super::view;
use crate::op::{ApiError, Call, Reply};

pub(super) async fn run(call: Call) -> Result<Reply, ApiError> {
    let body = call.object()?;
    let new = NewUser::read(body.clone())?;
    let connection = call
        .app
        .connection_by_name(&call.tenant.id, &new.connection)
        .await?;
    let connection = connection.ok_or_else(|| no_connection(&new.connection))?;
    let chrome = call.app.chrome(&call.tenant, &HeaderMap::new(), "").await;
    let post = Post {
        app: &call.app,
        tenant: &call.tenant,
        chrome: &chrome,
        application: None,
        ip: None,
    };
    // As Auth0 does: an address that nobody vouches for is verified, unless that is unwanted.
    let verify = new.verify_email.unwrap_or(true).then_some(post);
    let user = create_user(
        &call.app,
        &call.tenant,
        CreateUser {
            connection: &connection,
            draft: new.draft,
            credential: new.password.map_or(Credential::None, Credential::Password),
            verify,
            client: None,
            event: Some(call.audit().into_event(&Value::Null, &Value::Object(body))),
            request: Some(call.as_seen_by_actions()),
        },
    )
    .await
    .map_err(refused)?;
    Ok(Reply::ok(Value::Object(view(&call, &user))))
}

/// 400: there is no such connection.
pub(super) fn no_connection(name: &str) -> ApiError {
    let refusal = Refusal::new("inexistent_connection", "The connection does not exist.")
        .expected("the name of a connection")
        .actual(name)
        .remedy("See GET /api/v2/connections.");
    ApiError::bad_request("inexistent_connection", refusal)
}

/// Why a user was not made, in Auth0's words.
pub(crate) fn refused(error: CreateUserError) -> ApiError {
    match error {
        CreateUserError::Field(refused) => {
            let mut refusal = *refused.refusal;
            refusal.cause = format!("{} on property {}", refusal.cause, refused.field).into();
            refusal.into()
        }
        CreateUserError::Password(refused, policy) => weak_password(refused, &policy),
        CreateUserError::NotADatabase(name) => not_supported(&name),
        CreateUserError::UnknownHash => ApiError::invalid_body("The hash cannot be read"),
        CreateUserError::Exists(_) => exists(),
        CreateUserError::Denied(denial) => {
            let cause = denial.message.unwrap_or(denial.reason);
            let refusal = Refusal::new("extensibility_error", cause)
                .remedy("See the actions of pre-user-registration.");
            ApiError::bad_request("extensibility_error", refusal)
        }
        CreateUserError::Action(error) => {
            let fallback = || Refusal::new("extensibility_error", error.description.to_string());
            let refusal = error.refusal.map_or_else(fallback, |refusal| *refusal);
            ApiError::bad_request("extensibility_error", refusal)
        }
        CreateUserError::Hashing(error) => error.into(),
        CreateUserError::Store(error) => error.into(),
        CreateUserError::Mail(error) => no_mail(&error),
    }
}

/// 400: the policy of the connection refuses the password.
pub(super) fn weak_password(refused: RefusedPassword, policy: &PasswordPolicy) -> ApiError {
    let wire = refused.to_auth0(policy);
    let text = |name: &str| wire[name].as_str().unwrap_or_default().to_owned();
    let mut refusal = refused.refusal(policy);
    refusal.cause = format!("{}: {}", text("name"), text("message")).into();
    ApiError::bad_request("invalid_body", refusal)
}

/// 400: users of this connection are not made or changed here.
pub(super) fn not_supported(name: &str) -> ApiError {
    let cause = "This operation is not supported for this connection.";
    let refusal = Refusal::new("operation_not_supported", cause)
        .expected("a database connection (strategy auth0)")
        .actual(name)
        .remedy("Users of other connections appear when they log in.");
    ApiError::bad_request("operation_not_supported", refusal)
}

/// 409: somebody has the id, address, username or phone number.
pub(super) fn exists() -> ApiError {
    let refusal = Refusal::new("user_exists", "The user already exists.")
        .remedy("Find her by GET /api/v2/users-by-email, or choose another address.");
    ApiError::conflict(Some("auth0_idp_error"), refusal)
}

/// 500: a mail cannot be rendered; nothing was changed.
pub(crate) fn no_mail(error: &aldgate_app::page::PageError) -> ApiError {
    tracing::error!(%error, "a mail cannot be rendered");
    let refusal = Refusal::new(
        "mail",
        StoreError::unavailable("a mail cannot be rendered").to_string(),
    );
    ApiError::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        Some("internal_error"),
        refusal,
    )
}
