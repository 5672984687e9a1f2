//! The refusals of `/dbconnections/…`, in their own shape (Auth0: `/dbconnections`).

use aldgate_app::App;
use aldgate_app::accounts::CreateUserError;
use aldgate_app::error::{OAuthRejection, hashing_failed, store_failed};
use aldgate_app::respond::json;
use aldgate_core::action::Denial;
use aldgate_core::application::Application;
use aldgate_core::error::Refusal;
use aldgate_core::id::ClientId;
use aldgate_core::tenant::Tenant;
use aldgate_store::{LoginName, StoreError, Taken};
use axum::response::{IntoResponse, Response};
use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};
use serde_json::{Value, json as value};
use std::sync::Arc;

use super::directory::DirectoryError;

/// A refusal: the body for the caller, the story for the tenant log.
#[derive(Debug)]
pub(super) struct Refused {
    status: StatusCode,
    body: Value,
    /// The story.
    pub(super) refusal: Refusal,
}

impl Refused {
    /// Auth0's `BadRequestError`.
    pub(super) fn bad_request(code: &str, description: &str, refusal: Refusal) -> Self {
        let body = value!({
            "name": "BadRequestError",
            "code": code,
            "description": description,
            "statusCode": 400,
        });
        Self {
            status: StatusCode::BAD_REQUEST,
            body,
            refusal,
        }
    }

    /// A parameter is missing or has a wrong type.
    pub(super) fn parameter(name: &str) -> Self {
        let description = format!("{name} is missing or not a string");
        let refusal = Refusal::new("parameter_missing", description.clone())
            .expected(format!("a string {name}"))
            .remedy("Send it.");
        Self::bad_request("invalid_request", &description, refusal)
    }

    /// An action of `pre-user-registration` refuses; in Auth0's words.
    fn by_action(denial: &Denial) -> Self {
        let text = denial.message.as_deref().unwrap_or(&denial.reason);
        let body = value!({
            "name": "PreUserRegistrationError",
            "code": "extensibility_error",
            "description": text,
            "friendly_message": text,
            "statusCode": 400,
        });
        let refusal = Refusal::new("action_denied", "An action refused the registration.")
            .actual(&denial.reason)
            .remedy("See the actions of pre-user-registration.");
        Self {
            status: StatusCode::BAD_REQUEST,
            body,
            refusal,
        }
    }

    /// Too many requests from an address.
    pub(super) fn too_many() -> Self {
        let text = "Too many accounts were opened from this address.";
        let body = value!({
            "name": "TooManyRequestsError",
            "code": "too_many_requests",
            "description": "Too many sign-ups from this address. Try again later.",
            "statusCode": 429,
        });
        Self {
            status: StatusCode::TOO_MANY_REQUESTS,
            body,
            refusal: Refusal::new("too_many_sign_ups", text).remedy("Wait some minutes."),
        }
    }

    /// A sign-up that was refused. Whether the person exists is only told where the tenant says so
    /// (Auth0: `enable_public_signup_user_exists_error`).
    pub(super) fn sign_up(tenant: &Tenant, error: CreateUserError) -> Result<Self, OAuthRejection> {
        let invalid = |description: &str, refusal| {
            Ok(Self::bad_request("invalid_signup", description, refusal))
        };
        match error {
            CreateUserError::Field(field) => {
                let description = format!("{}: {}", field.field, field.refusal.cause);
                invalid(&description, *field.refusal)
            }
            CreateUserError::Password(refused, policy) => Ok(Self {
                status: StatusCode::BAD_REQUEST,
                body: refused.to_auth0(&policy),
                refusal: refused.refusal(&policy),
            }),
            CreateUserError::Exists(taken) => {
                let (code, description) = exists(taken);
                let refusal = Refusal::new("user_exists", "Somebody has the name already.")
                    .remedy("Log in, or reset the password.");
                if tenant.settings.enable_public_signup_user_exists_error {
                    return Ok(Self::bad_request(code, description, refusal));
                }
                invalid("Invalid sign up", refusal)
            }
            CreateUserError::Denied(denial) => Ok(Self::by_action(&denial)),
            CreateUserError::Action(error) => Err((*error).into()),
            CreateUserError::NotADatabase(_) | CreateUserError::UnknownHash => {
                let refusal = Refusal::new("sign_up_invalid", error.to_string());
                invalid("Invalid sign up", refusal)
            }
            CreateUserError::Hashing(error) => Err(hashing_failed(error).into()),
            CreateUserError::Store(error) => Err(store_failed(&error).into()),
            CreateUserError::Mail(error) => {
                Err(store_failed(&StoreError::unavailable(error)).into())
            }
        }
    }
}

const fn exists(taken: Taken) -> (&'static str, &'static str) {
    match taken {
        Taken::Name(LoginName::Username) => ("username_exists", "The username already exists."),
        _ => ("user_exists", "The user already exists."),
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut response = json(self.status, &self.body);
        if self.status == StatusCode::TOO_MANY_REQUESTS {
            let headers = response.headers_mut();
            headers.insert(RETRY_AFTER, HeaderValue::from_static("60"));
        }
        response
    }
}

/// Either kind of refusal.
pub(super) enum Failure {
    /// In this endpoint's own shape.
    Refused(Box<Refused>),
    /// On our side.
    Other(OAuthRejection),
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        Self::Refused(Box::new(refused))
    }
}

impl From<OAuthRejection> for Failure {
    fn from(rejection: OAuthRejection) -> Self {
        Self::Other(rejection)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Other(error.into())
    }
}

impl From<DirectoryError> for Failure {
    fn from(error: DirectoryError) -> Self {
        match error {
            DirectoryError::Refused(refusal) => {
                let cause = refusal.cause.clone();
                Refused::bad_request("invalid_request", &cause, *refusal).into()
            }
            DirectoryError::Store(error) => error.into(),
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        match self {
            Self::Refused(refused) => refused.into_response(),
            Self::Other(rejection) => rejection.into_response(),
        }
    }
}

/// The application that a request of its users names.
pub(super) async fn application(
    app: &App,
    tenant: &Tenant,
    id: Option<&str>,
) -> Result<Arc<Application>, Failure> {
    let id = id.ok_or_else(|| Refused::parameter("client_id"))?;
    let found = match ClientId::parse(id) {
        Ok(id) => app.application(&tenant.id, &id).await?,
        Err(_) => None,
    };
    let usable = found.filter(|application| !application.disabled);
    usable.ok_or_else(|| {
        let refusal = Refusal::new("client_unknown", "There is no such application.")
            .actual(id)
            .remedy("Correct client_id.");
        Refused::bad_request("invalid_request", "Unknown client_id", refusal).into()
    })
}
