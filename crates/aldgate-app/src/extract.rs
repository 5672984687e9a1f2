//! What handlers take as arguments: facts about a request, read once and known for good.

mod body;
mod browser;
mod caller;
mod client;
mod cookies;
mod csrf;
mod tenant;

pub use body::{FormParams, QueryParams, RequestParams};
pub use browser::Browser;
pub use caller::{Caller, REQUEST_ID};
pub use client::ClientRequest;
pub use cookies::{CookieJar, CookieKind, CookieNames, clear_cookie, set_cookie};
pub use csrf::{CSRF_FIELD, check_csrf, csrf_token, is_same_origin};
pub use tenant::Tenant;
