//! A request of an application at the token endpoint and its relatives: body and credentials
//! together, because the credentials may be in the header or in the body.

use aldgate_core::params::Params;
use aldgate_core::presented::{Presented, uses_basic};
use axum::extract::{FromRequest, Request};
use http::HeaderMap;
use http::header::AUTHORIZATION;

use super::body::RequestParams;
use crate::app::App;
use crate::error::{Challenge, OAuthRejection};

/// The parameters of a body without the credentials, and the credentials.
///
/// Nothing is proved yet: `aldgate_core::client_auth` decides, with the registered application.
#[derive(Debug)]
pub struct ClientRequest {
    /// Parameters of the body; `client_secret` and `client_assertion` are taken out.
    pub params: Params,
    /// What it presents to prove which application it is.
    pub presented: Presented,
    /// How a refusal has to ask for credentials.
    pub challenge: Challenge,
}

impl FromRequest<App> for ClientRequest {
    type Rejection = OAuthRejection;

    async fn from_request(request: Request, app: &App) -> Result<Self, OAuthRejection> {
        let authorization = authorization(request.headers());
        let challenge = match uses_basic(authorization.as_deref()) {
            true => Challenge::Basic,
            false => Challenge::None,
        };
        let RequestParams(mut params) = RequestParams::from_request(request, app).await?;
        let presented = Presented::take(authorization.as_deref(), &mut params)
            .map_err(|error| OAuthRejection::new(error).challenge(challenge))?;
        Ok(Self {
            params,
            presented,
            challenge,
        })
    }
}

/// The `Authorization` header, if there is exactly one and it is text.
fn authorization(headers: &HeaderMap) -> Option<String> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next()?.to_str().ok()?.to_owned();
    values.next().is_none().then_some(value)
}
