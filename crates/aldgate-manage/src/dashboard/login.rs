//! Logging in and out, as any regular web application does it: authorization code with PKCE,
//! `state`, and the tenant's own session.

use std::sync::Arc;

use aldgate_app::App;
use aldgate_app::extract::{
    CSRF_FIELD, Caller, CookieJar, CookieKind, Tenant, check_csrf, clear_cookie, csrf_token,
    is_same_origin, set_cookie,
};
use aldgate_app::page::Brand;
use aldgate_app::respond::see_other;
use aldgate_core::provision::{DASHBOARD, management_scopes};
use aldgate_core::random::alphanumeric;
use aldgate_core::secret::Secret;
use aldgate_core::time::Seconds;
use aldgate_jose::{b64, digest};
use axum::body::Bytes;
use axum::extract::{FromRequest as _, Request, State};
use axum::response::Response;
use http::header::SET_COOKIE;
use http::{HeaderMap, StatusCode, Uri};
use minijinja::value::Serde;
use minijinja::{Value as View, context};
use serde::{Deserialize, Serialize};

use super::fields::Fields;
use super::path::at;
use super::shell::Desk;
use super::visit::FORM;
use super::{endpoint, engine, session};
use crate::op::Who;

/// A login may take so long.
const LIFETIME: Seconds = Seconds::minutes(30);

/// The longest address to return to.
const RETURN_MAX: usize = 1000;

/// A page of somebody who is not logged in: what happened, and one button.
#[derive(Serialize)]
pub(super) struct Gate {
    pub(super) title: &'static str,
    pub(super) text: String,
    pub(super) detail: Option<String>,
    pub(super) again: String,
    pub(super) button: &'static str,
}

pub(super) fn gate_context(view: &Gate) -> View {
    context! {
        page => View::from(Serde(view)),
        lang => "en",
        dir => "ltr",
        brand => View::from(Serde(&Brand::named("Aldgate"))),
    }
}

/// `GET /dashboard/login?return=…`: sends the browser to `/authorize`.
pub(super) async fn begin(
    _desk: Arc<Desk>,
    State(app): State<App>,
    tenant: Tenant,
    uri: Uri,
) -> Response {
    if let Err(error) = app.ensure_dashboard(&tenant).await {
        tracing::error!(%error, "the dashboard's application cannot be made");
        return failed("The database does not answer.", None);
    }
    let query = Fields::parse(uri.query().unwrap_or_default().as_bytes());
    let value = alphanumeric(&mut app.rng(), 43);
    let challenge = b64::encode(&digest::sha256(derive(&app, &value, "verifier").as_bytes()));
    let scopes: Vec<String> = management_scopes().collect();
    let parameters = [
        ("response_type", "code"),
        ("client_id", DASHBOARD),
        ("redirect_uri", &callback(&tenant)),
        ("audience", &tenant.issuer.management()),
        ("scope", &scopes.join(" ")),
        ("state", &derive(&app, &value, "state")),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
        // Whoever showed her password longer ago is asked for it again.
        ("max_age", &session::ABSOLUTE.0.to_string()),
    ];
    let mut target = url::form_urlencoded::Serializer::new(String::new());
    target.extend_pairs(parameters);
    let mut response = see_other(&format!("/authorize?{}", target.finish()));
    let cookie = format!(
        "{value}.{}",
        b64::encode(safe_return(query.get("return")).as_bytes())
    );
    let kind = CookieKind::DashboardLogin;
    let cookie = set_cookie(&tenant.issuer, kind, &cookie, Some(LIFETIME));
    response.headers_mut().append(SET_COOKIE, cookie);
    response
}

/// `GET /dashboard/callback`: redeems the code and begins the session.
pub(super) async fn finish(
    desk: Arc<Desk>,
    State(app): State<App>,
    tenant: Tenant,
    caller: Caller,
    request: Request,
) -> Response {
    let query = Fields::parse(request.uri().query().unwrap_or_default().as_bytes());
    let cookies = CookieJar::read(request.headers());
    let begun = cookies.get(&tenant.issuer, CookieKind::DashboardLogin);
    let Some((value, back)) = begun.and_then(|cookie| cookie.split_once('.')) else {
        let text = "This browser did not bring back the cookie of the login. Allow cookies of \
                    this site, and log in again.";
        return failed(text, None);
    };
    let state = derive(&app, value, "state");
    if !digest::constant_time_eq(state.as_bytes(), query.get("state").as_bytes()) {
        return failed(
            "The answer belongs to another login, perhaps of another tab.",
            None,
        );
    }
    // RFC 9207: the answer says whose it is.
    if query.get("iss") != tenant.issuer.as_str() {
        return failed("The answer comes from another issuer.", None);
    }
    if query.has("error") {
        let detail = query.get("error_description").to_owned();
        return failed("The login was refused.", Some(detail));
    }
    let verifier = derive(&app, value, "verifier");
    let code = query.get("code").to_owned();
    let token = match redeem(&desk, (&app, &tenant, &caller), &code, &verifier).await {
        Ok(token) => token,
        Err(detail) => return failed("The code of the login could not be redeemed.", detail),
    };
    let former = cookies.get(&tenant.issuer, CookieKind::Dashboard);
    let back = b64::decode(back).ok();
    let back = back.and_then(|bytes| String::from_utf8(bytes).ok());
    let back = safe_return(back.as_deref().unwrap_or_default());
    enter(&desk, (&app, &tenant), &token, former, &back).await
}

/// Begins the session of whoever the token is for.
async fn enter(
    desk: &Desk,
    (app, tenant): (&App, &Tenant),
    token: &Tokens,
    former: Option<&str>,
    back: &str,
) -> Response {
    let access_token = Secret::new(token.access_token.clone());
    let actor = match desk.identify(app, tenant, &access_token).await {
        Ok(actor) => actor,
        Err(error) => {
            let detail = error.refusal().cause.to_string();
            return failed(
                "The Management API does not accept the token.",
                Some(detail),
            );
        }
    };
    let Who::User { id, .. } = actor.who() else {
        return failed("The token is not for a user.", None);
    };
    let lifetime = Seconds(token.expires_in);
    let begun = async {
        if let Some(former) = session::find(app, tenant, former).await? {
            former.end(app, tenant).await?;
        }
        session::begin(app, tenant, id, &access_token, lifetime).await
    };
    let cookie = match begun.await {
        Ok(cookie) => cookie,
        Err(error) => {
            tracing::error!(%error, "the dashboard's session cannot be stored");
            return failed("The database does not answer.", None);
        }
    };
    let mut response = see_other(back);
    let headers = response.headers_mut();
    headers.append(SET_COOKIE, cookie);
    headers.append(
        SET_COOKIE,
        clear_cookie(&tenant.issuer, CookieKind::DashboardLogin),
    );
    response
}

/// `POST /dashboard/logout`: ends the dashboard's session, then the tenant's.
pub(super) async fn leave(
    _desk: Arc<Desk>,
    State(app): State<App>,
    tenant: Tenant,
    request: Request,
) -> Response {
    let headers: HeaderMap = request.headers().clone();
    let cookies = CookieJar::read(&headers);
    let cookie = cookies.get(&tenant.issuer, CookieKind::Dashboard);
    let body = Bytes::from_request(request, &app).await.unwrap_or_default();
    let form = Fields::parse(&body);
    let bound = cookie.filter(|_| is_same_origin(&headers, &tenant.issuer));
    let checked = check_csrf(app.csrf_key(), bound, FORM, Some(form.raw(CSRF_FIELD)));
    if checked.is_err() {
        return see_other("/dashboard/");
    }
    let ended = async {
        match session::find(&app, &tenant, cookie).await? {
            Some(session) => session.end(&app, &tenant).await,
            None => Ok(()),
        }
    };
    if let Err(error) = ended.await {
        tracing::error!(%error, "the dashboard's session cannot be ended");
        return failed("The database does not answer.", None);
    }
    let back = tenant.issuer.join("dashboard/signed-out");
    let mut response = see_other(&at(
        "/v2/logout?client_id={}&returnTo={}",
        &[DASHBOARD, &back],
    ));
    let gone = clear_cookie(&tenant.issuer, CookieKind::Dashboard);
    response.headers_mut().append(SET_COOKIE, gone);
    response
}

/// `GET /dashboard/signed-out`.
pub(super) async fn signed_out() -> Response {
    let view = Gate {
        title: "You are logged out",
        text: "Your session at the dashboard and at the tenant has ended.".to_owned(),
        detail: None,
        again: "/dashboard/".to_owned(),
        button: "Log in again",
    };
    engine::reply(StatusCode::OK, "gate", gate_context(&view))
}

fn failed(text: &str, detail: Option<String>) -> Response {
    let view = Gate {
        title: "You are not logged in",
        text: text.to_owned(),
        detail: detail.filter(|detail| !detail.is_empty()),
        again: "/dashboard/".to_owned(),
        button: "Log in again",
    };
    engine::reply(StatusCode::BAD_REQUEST, "gate", gate_context(&view))
}

#[derive(Deserialize)]
struct Tokens {
    access_token: String,
    expires_in: u64,
}

/// Redeems a code at the tenant's token endpoint. On failure: what it said.
async fn redeem(
    desk: &Desk,
    (app, tenant, caller): (&App, &Tenant, &Caller),
    code: &str,
    verifier: &str,
) -> Result<Tokens, Option<String>> {
    let secret = app.ensure_dashboard(tenant).await.map_err(|error| {
        tracing::error!(%error, "the dashboard's application cannot be read");
        None
    })?;
    let fields = [
        ("grant_type", "authorization_code"),
        ("client_id", DASHBOARD),
        ("client_secret", secret.expose()),
        ("code", code),
        ("code_verifier", verifier),
        ("redirect_uri", &callback(tenant)),
    ];
    let answer = endpoint::post(desk, (app, tenant, caller), "/oauth/token", &fields).await;
    let answer = answer.map_err(|refused| Some(refused.cause))?;
    serde_json::from_value(answer).map_err(|error| Some(error.to_string()))
}

fn callback(tenant: &Tenant) -> String {
    tenant.issuer.join("dashboard/callback")
}

/// What only this browser and this server know of a login, from the value in its cookie.
fn derive(app: &App, value: &str, purpose: &str) -> String {
    csrf_token(app.dashboard_key(), value, purpose)
}

/// A page of the dashboard to return to; anything else is its first page (WEB-06).
fn safe_return(wanted: &str) -> String {
    let printable = wanted.bytes().all(|byte| byte.is_ascii_graphic());
    let inside = wanted.starts_with("/dashboard/") && !wanted.contains(['\\', '#']);
    let again = wanted.starts_with("/dashboard/login") || wanted.starts_with("/dashboard/callback");
    if printable && inside && !again && wanted.len() <= RETURN_MAX {
        wanted.to_owned()
    } else {
        "/dashboard/".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::safe_return;

    #[test]
    fn web_06_only_pages_of_the_dashboard_are_returned_to() {
        for good in ["/dashboard/", "/dashboard/applications?q=a%20b"] {
            assert_eq!(safe_return(good), good);
        }
        let bad = [
            "",
            "//evil.test/",
            "https://evil.test/dashboard/",
            "/dashboardx/",
            "/dashboard/\\evil.test",
            "/dashboard/login?return=/dashboard/login",
            "/dashboard/\r\nset-cookie: x",
        ];
        for bad in bad {
            assert_eq!(safe_return(bad), "/dashboard/", "{bad:?}");
        }
    }
}
