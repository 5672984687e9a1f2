//! `POST /dbconnections/change_password`: an application asks that a user be mailed a link to set a
//! new password. The answer is always the same (Auth0: `/dbconnections/change_password`; ACC-04).

use aldgate_app::App;
use aldgate_app::error::OAuthRejection;
use aldgate_app::extract::{Caller, RequestParams, Tenant};
use aldgate_core::error::OAuthError;
use aldgate_core::params::Params;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, StatusCode};

use super::database;
use super::recovery::Recovery;
use super::refused::{Failure, Refused, application};

const TEXT: &str = "We've just sent you an email to reset your password.";

/// Says that a mail was sent, and sends it if there is such a user.
pub(super) async fn create(
    State(app): State<App>,
    tenant: Tenant,
    caller: Caller,
    headers: HeaderMap,
    RequestParams(params): RequestParams,
) -> Response {
    match request(&app, &tenant, &caller, &headers, &params).await {
        Ok(()) => {
            let mut response = (StatusCode::OK, TEXT).into_response();
            let html = HeaderValue::from_static("text/html; charset=utf-8");
            response.headers_mut().insert(CONTENT_TYPE, html);
            response
        }
        Err(failure) => failure.into_response(),
    }
}

async fn request(
    app: &App,
    tenant: &Tenant,
    caller: &Caller,
    headers: &HeaderMap,
    params: &Params,
) -> Result<(), Failure> {
    let client = application(app, tenant, params.get("client_id")).await?;
    let name = params.get("email").or_else(|| params.get("username"));
    let name = name.ok_or_else(|| Refused::parameter("email"))?;
    let connection = params
        .get("connection")
        .ok_or_else(|| Refused::parameter("connection"))?;
    let connection = database(app, tenant, Some(&client.id), Some(connection)).await?;
    let recovery = Recovery {
        app,
        tenant,
        connection: &connection,
        application: Some(&client),
        caller,
        chrome: &app.chrome(tenant, headers, "").await,
        by_page: false,
    };
    let done = recovery.request(name).await;
    done.map_err(|error| OAuthRejection::from(OAuthError::from(error)).into())
}
