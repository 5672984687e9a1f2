//! What a page says once after something was done: carried by a cookie that only this server can
//! write, since its words stand in our page.

use aldgate_app::App;
use aldgate_app::extract::{CookieJar, CookieKind, clear_cookie, csrf_token, set_cookie};
use aldgate_core::tenant::Tenant;
use aldgate_core::time::Seconds;
use aldgate_jose::{b64, digest};
use http::HeaderValue;

/// Nobody waits longer for the next page.
const LIFETIME: Seconds = Seconds::minutes(2);

/// The longest note, in characters.
const NOTE_MAX: usize = 500;

/// The cookie that carries a note to the next page of this session.
pub(super) fn carry(app: &App, tenant: &Tenant, session: &str, text: &str) -> HeaderValue {
    let text: String = text.chars().take(NOTE_MAX).collect();
    let text = b64::encode(text.as_bytes());
    let tag = csrf_token(app.dashboard_key(), session, &text);
    let value = format!("{text}.{tag}");
    set_cookie(
        &tenant.issuer,
        CookieKind::DashboardNote,
        &value,
        Some(LIFETIME),
    )
}

/// The note that the last page left, if it was for this session.
pub(super) fn read(
    app: &App,
    tenant: &Tenant,
    session: &str,
    cookies: &CookieJar,
) -> Option<String> {
    let value = cookies.get(&tenant.issuer, CookieKind::DashboardNote)?;
    let (text, tag) = value.split_once('.')?;
    let expected = csrf_token(app.dashboard_key(), session, text);
    if !digest::constant_time_eq(expected.as_bytes(), tag.as_bytes()) {
        return None;
    }
    String::from_utf8(b64::decode(text).ok()?).ok()
}

/// The cookie that forgets it.
pub(super) fn forget(tenant: &Tenant) -> HeaderValue {
    clear_cookie(&tenant.issuer, CookieKind::DashboardNote)
}
