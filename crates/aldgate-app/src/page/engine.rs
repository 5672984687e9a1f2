//! The template environment, and how a page becomes a response.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior, context};
use rust_embed::RustEmbed;

use super::{Chrome, Page, Policy, Scheme, asset_path};

/// Renders `page` to HTML.
///
/// # Errors
///
/// [`PageError`] when the template is broken or asks for a value that the page does not have.
/// The tests render every template with every sample, so neither happens in a tested build.
pub fn render<P: Page>(page: &P, chrome: &Chrome) -> Result<String, PageError> {
    render_value(P::TEMPLATE, Value::from(Serde(page)), chrome)
}

/// Renders `page` as a complete response with the headers of `policy`.
///
/// A page that cannot be rendered is logged and answered with a plain 500.
pub fn reply<P: Page>(status: StatusCode, page: &P, chrome: &Chrome, policy: &Policy) -> Response {
    let (status, body) = match render(page, chrome) {
        Ok(body) => (status, body),
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            (StatusCode::INTERNAL_SERVER_ERROR, FALLBACK.to_owned())
        }
    };
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    headers.insert(
        header::CONTENT_LANGUAGE,
        HeaderValue::from_static(chrome.locale.tag()),
    );
    policy.with_look(&chrome.brand).apply(headers);
    response
}

/// A page or mail could not be rendered.
#[derive(Debug, thiserror::Error)]
#[error("template {template}: {source:#}")]
pub struct PageError {
    /// The template at fault.
    pub template: &'static str,
    source: minijinja::Error,
}

/// What is shown when even a template fails: no value, no style, nothing that can fail again.
const FALLBACK: &str = "<!doctype html><html lang=\"en\"><head><title>Error</title></head>\
    <body><h1>This page could not be shown</h1><p>The server has logged why. Try again.</p>\
    </body></html>";

/// Renders a template with an untyped context; the typed way in is [`render`].
pub(super) fn render_value(
    template: &'static str,
    page: Value,
    chrome: &Chrome,
) -> Result<String, PageError> {
    let texts = chrome.texts(&page);
    let languages: Vec<Value> = chrome
        .languages
        .iter()
        .map(|one| {
            let dir = one.direction().as_str();
            context! { tag => one.tag(), name => one.name(), dir }
        })
        .collect();
    let context = context! {
        page,
        languages,
        here => chrome.here.as_deref(),
        t => texts,
        lang => chrome.locale.tag(),
        dir => chrome.locale.direction().as_str(),
        scheme => chrome.scheme.map(Scheme::as_str),
        brand => Value::from(Serde(&*chrome.brand)),
    };
    environment()
        .get_template(template)
        .and_then(|template| template.render(context))
        .map_err(|source| PageError { template, source })
}

/// The templates in the binary, or on disk in debug builds.
#[derive(RustEmbed)]
#[folder = "templates/"]
struct Templates;

/// The environment, built once: templates are parsed at their first use and kept.
#[cfg(not(debug_assertions))]
fn environment() -> &'static Environment<'static> {
    static ENVIRONMENT: std::sync::LazyLock<Environment<'static>> =
        std::sync::LazyLock::new(build_environment);
    &ENVIRONMENT
}

/// In debug builds every rendering reads the templates afresh.
#[cfg(debug_assertions)]
fn environment() -> Environment<'static> {
    build_environment()
}

fn build_environment() -> Environment<'static> {
    environment_with(|_| None)
}

/// The environment of pages that live elsewhere, such as the dashboard: `own` finds their
/// templates, which may extend and import those of this crate; the filters are the same.
///
/// # Panics
/// Never: the syntax is fixed.
pub fn environment_with(own: fn(&str) -> Option<String>) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|name| match name.rsplit_once('.') {
        Some((_, "txt")) => AutoEscape::None,
        _ => AutoEscape::Html,
    });
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build();
    environment.set_syntax(syntax.expect("invariant: the default delimiters do not collide"));
    environment.set_loader(move |name| match own(name) {
        Some(source) => Ok(Some(source)),
        None => load_template(name),
    });
    environment.add_filter("href", href);
    environment.add_function("asset", |name: &str| {
        asset_path(name).ok_or_else(|| {
            minijinja::Error::new(ErrorKind::InvalidOperation, format!("no asset {name:?}"))
        })
    });
    environment
}

fn load_template(name: &str) -> Result<Option<String>, minijinja::Error> {
    let Some(file) = Templates::get(name) else {
        return Ok(None);
    };
    match String::from_utf8(file.data.into_owned()) {
        Ok(source) => Ok(Some(source)),
        Err(error) => Err(minijinja::Error::new(
            ErrorKind::BadSerialization,
            error.to_string(),
        )),
    }
}

/// Lets only web addresses, mail addresses and paths of this server into `href`, `src` and
/// `action`; everything else becomes `#`.
///
/// Registration already refuses `javascript:` and its relatives. This is the second lock, for
/// values that came some other way.
fn href(url: &str) -> String {
    let rooted = url.starts_with('/') && !url.starts_with("//") && !url.starts_with("/\\");
    if rooted || url.starts_with('#') {
        return url.to_owned();
    }
    match url::Url::parse(url) {
        Ok(parsed) if matches!(parsed.scheme(), "https" | "http" | "mailto") => url.to_owned(),
        _ => "#".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::href;

    #[test]
    fn web_02_only_web_addresses_and_own_paths_become_links() {
        for good in [
            "/u/login?state=x",
            "https://a.test/?b#c",
            "mailto:a@b.test",
            "#top",
        ] {
            assert_eq!(href(good), good);
        }
        let bad = [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "\u{1}javascript:alert(1)",
            " javascript:alert(1)",
            "java\nscript:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "//evil.test/",
            "/\\evil.test/",
            "evil.test",
            "",
        ];
        for bad in bad {
            assert_eq!(href(bad), "#", "{bad:?}");
        }
    }
}
