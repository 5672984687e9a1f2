//! A browser: keeps cookies, follows redirects on the host, fills and submits forms.

use std::collections::BTreeMap;

use axum::body::Body;
use http::header::{CONTENT_TYPE, COOKIE, HeaderName, ORIGIN, USER_AGENT};
use http::{Method, Request};
use url::Url;

use crate::html;
use crate::server::{Reply, TestServer, encode_form};

const REDIRECTS_MAX: usize = 20;

/// A browser at one server.
pub struct Browser<'s> {
    server: &'s TestServer,
    cookies: BTreeMap<String, String>,
    page: Option<(Url, Reply)>,
}

/// A form of a page, with the values it came with.
#[derive(Clone, Debug)]
pub struct Form {
    /// `GET` or `POST`.
    pub method: Method,
    /// Where it goes; absolute.
    pub action: String,
    /// Its fields, in order.
    pub fields: Vec<(String, String)>,
}

impl<'s> Browser<'s> {
    pub(crate) const fn new(server: &'s TestServer) -> Self {
        Self {
            server,
            cookies: BTreeMap::new(),
            page: None,
        }
    }

    /// Goes to `url`, following redirects as long as they stay on this server. The answer is the
    /// last one: a page, or the redirect that leaves for somewhere else.
    pub async fn get(&mut self, url: &str) -> Reply {
        let url = Url::parse(url).expect("an absolute URL");
        self.follow(Method::GET, url, None).await
    }

    /// The forms of the current page.
    ///
    /// # Panics
    /// When there is no page.
    #[must_use]
    pub fn forms(&self) -> Vec<Form> {
        let (url, page) = self.page.as_ref().expect("a page is open");
        html::forms(&page.text(), url)
    }

    /// The form of the current page whose action contains `action`.
    ///
    /// # Panics
    /// When there is none: says which there are.
    #[must_use]
    pub fn form(&self, action: &str) -> Form {
        let forms = self.forms();
        let found = forms
            .iter()
            .find(|form| form.action.contains(action))
            .cloned();
        found.unwrap_or_else(|| {
            let actions: Vec<&str> = forms.iter().map(|form| form.action.as_str()).collect();
            let page = self
                .page
                .as_ref()
                .map(|(_, page)| page.text())
                .unwrap_or_default();
            panic!("no form goes to {action:?}, only {actions:?}, on the page:\n{page}")
        })
    }

    /// Submits the current page's form to `action` with these fields filled in, as a person would.
    pub async fn submit(&mut self, action: &str, fields: &[(&str, &str)]) -> Reply {
        let form = self.form(action).fill(fields);
        self.send(&form).await
    }

    /// Submits a form as it is.
    pub async fn send(&mut self, form: &Form) -> Reply {
        let mut url = Url::parse(&form.action).expect("an absolute URL");
        let fields: Vec<(&str, &str)> = form
            .fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let body = encode_form(&fields);
        if form.method == Method::GET {
            url.set_query(Some(&body));
            return self.follow(Method::GET, url, None).await;
        }
        self.follow(Method::POST, url, Some(body)).await
    }

    /// The URL of the current page.
    ///
    /// # Panics
    /// When there is no page.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.page.as_ref().expect("a page is open").0
    }

    /// The value of a cookie.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name).map(String::as_str)
    }

    /// Every cookie by name.
    #[must_use]
    pub const fn cookies(&self) -> &BTreeMap<String, String> {
        &self.cookies
    }

    /// Sets a cookie, as an attacker on a neighbouring host might.
    pub fn set_cookie(&mut self, name: &str, value: &str) {
        self.cookies.insert(name.to_owned(), value.to_owned());
    }

    /// Forgets every cookie.
    pub fn clear_cookies(&mut self) {
        self.cookies.clear();
    }

    async fn follow(&mut self, method: Method, url: Url, body: Option<String>) -> Reply {
        let (mut method, mut url, mut body) = (method, url, body);
        for _ in 0..REDIRECTS_MAX {
            let reply = self.request(&method, &url, body.take()).await;
            let next = reply.location().map(|to| url.join(to).expect("a URL"));
            match next {
                Some(next) if reply.status.is_redirection() && self.is_here(&next) => {
                    // 303 always, and 302 as every browser does: go on with GET.
                    (method, url) = (Method::GET, next);
                }
                _ => {
                    self.page = Some((url, reply.clone()));
                    return reply;
                }
            }
        }
        panic!("more than {REDIRECTS_MAX} redirects, the last to {url}");
    }

    fn is_here(&self, url: &Url) -> bool {
        url.origin().ascii_serialization() == self.server.tenant.issuer.origin()
    }

    async fn request(&mut self, method: &Method, url: &Url, body: Option<String>) -> Reply {
        let mut request = Request::builder()
            .method(method)
            .uri(&url[..url::Position::AfterQuery])
            .header(USER_AGENT, "aldgate-test")
            .header(HeaderName::from_static("sec-fetch-dest"), "document")
            .header(HeaderName::from_static("sec-fetch-mode"), "navigate");
        if !self.cookies.is_empty() {
            let pairs: Vec<String> = self
                .cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            request = request.header(COOKIE, pairs.join("; "));
        }
        let site = if body.is_some() {
            "same-origin"
        } else {
            "none"
        };
        request = request.header(HeaderName::from_static("sec-fetch-site"), site);
        if body.is_some() {
            request = request
                .header(ORIGIN, self.server.tenant.issuer.origin())
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        let request = request
            .body(body.map_or_else(Body::empty, Body::from))
            .expect("a request");
        let reply = self.server.send(request).await;
        for cookie in reply.set_cookies() {
            self.keep(cookie);
        }
        reply
    }

    fn keep(&mut self, cookie: &str) {
        let mut parts = cookie.split(';').map(str::trim);
        let (name, value) = parts
            .next()
            .and_then(|pair| pair.split_once('='))
            .expect("a cookie");
        if parts.any(|attribute| attribute.eq_ignore_ascii_case("max-age=0")) || value.is_empty() {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}

impl Form {
    /// The form with these fields set; those it does not have are added, as a button's value is.
    #[must_use]
    pub fn fill(mut self, fields: &[(&str, &str)]) -> Self {
        for (name, value) in fields {
            match self.fields.iter_mut().find(|(known, _)| known == name) {
                Some((_, known)) => (*value).clone_into(known),
                None => self.fields.push(((*name).to_owned(), (*value).to_owned())),
            }
        }
        self
    }

    /// The form without a field.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.fields.retain(|(known, _)| known != name);
        self
    }

    /// The value of a field.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}
