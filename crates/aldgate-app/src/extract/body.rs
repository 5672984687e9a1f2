//! Parameters of a request: from the query, a form, or a JSON body.

use aldgate_core::error::OAuthError;
use aldgate_core::params::{Params, ParamsError};
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use http::request::Parts;

use crate::app::App;
use crate::error::OAuthRejection;

/// Parameters of the query.
#[derive(Debug)]
pub struct QueryParams(pub Params);

/// Parameters of a form body; anything else is refused. For pages (WEB-01: a form with another
/// content type is not one of ours).
#[derive(Debug)]
pub struct FormParams(pub Params);

/// Parameters of a body that is a form or JSON, never of the query (OAU-07). For the
/// authentication API: SDKs use both.
#[derive(Debug)]
pub struct RequestParams(pub Params);

impl<S: Sync> FromRequestParts<S> for QueryParams {
    type Rejection = OAuthRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, OAuthRejection> {
        let query = parts.uri.query().unwrap_or_default();
        Ok(Self(Params::from_form(query.as_bytes()).map_err(refuse)?))
    }
}

impl FromRequest<App> for FormParams {
    type Rejection = OAuthRejection;

    async fn from_request(request: Request, app: &App) -> Result<Self, OAuthRejection> {
        match read(request, app).await? {
            (Kind::Form, body) => Ok(Self(Params::from_form(&body).map_err(refuse)?)),
            (Kind::Json | Kind::Other, _) => Err(wrong_type(FORM)),
        }
    }
}

impl FromRequest<App> for RequestParams {
    type Rejection = OAuthRejection;

    async fn from_request(request: Request, app: &App) -> Result<Self, OAuthRejection> {
        let (kind, body) = read(request, app).await?;
        let params = match kind {
            Kind::Form => Params::from_form(&body),
            Kind::Json => Params::from_json(&body),
            Kind::Other if body.is_empty() => Ok(Params::default()),
            Kind::Other => return Err(wrong_type("application/x-www-form-urlencoded or JSON")),
        };
        Ok(Self(params.map_err(refuse)?))
    }
}

const FORM: &str = "application/x-www-form-urlencoded";

#[derive(Clone, Copy)]
enum Kind {
    Form,
    Json,
    Other,
}

async fn read(request: Request, app: &App) -> Result<(Kind, Bytes), OAuthRejection> {
    let header = request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let kind = match media_type(header.unwrap_or_default()).as_str() {
        FORM => Kind::Form,
        "application/json" => Kind::Json,
        _ => Kind::Other,
    };
    // The size is limited already, by `edge`; an error here says so.
    let body = Bytes::from_request(request, app)
        .await
        .map_err(|rejection| {
            let status = rejection.status();
            OAuthRejection::new(OAuthError::invalid_request(rejection.body_text())).status(status)
        })?;
    Ok((kind, body))
}

/// The media type without its parameters, in lower case.
fn media_type(header: &str) -> String {
    header
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase()
}

fn wrong_type(expected: &str) -> OAuthRejection {
    let text = format!("The Content-Type must be {expected}");
    OAuthRejection::new(OAuthError::invalid_request(text))
        .status(StatusCode::UNSUPPORTED_MEDIA_TYPE)
}

fn refuse(error: ParamsError) -> OAuthRejection {
    OAuthRejection::new(OAuthError::invalid_request(error.to_string()))
}
