//! Every template with every sample, and what must hold on all of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::Path;
use http::{HeaderMap, StatusCode, header};
use http_body_util::BodyExt as _;
use minijinja::value::{Serde, Value};

use super::engine::render_value;
use super::texts::{CATALOGUE, Part, placeholders};
use super::*;

mod markup;
use markup::{Tag, poison, tags};

fn chromes() -> Vec<Chrome> {
    let color = Color::parse("#635dff");
    let branded = Brand::named("Orchard")
        .logo(Some("https://orchard.example/logo.png".to_owned()))
        .support(Some("https://orchard.example/help".to_owned()))
        .colors(color, color.map(Background::Solid));
    let branded = Arc::new(branded);
    let plain = Locale::ALL.map(|locale| Chrome::new(locale, Arc::default()));
    let both = [Locale::ENGLISH, Locale::ARABIC];
    let branded = both.map(|locale| Chrome::new(locale, Arc::clone(&branded)));
    plain.into_iter().chain(branded).collect()
}

/// All samples with all chromes: name and HTML.
fn exhibits() -> Vec<(String, String)> {
    let rendered = chromes().into_iter().flat_map(|chrome| gallery(&chrome));
    rendered
        .map(|e| (e.name.clone(), e.html.unwrap_or_else(|x| panic!("{x:#}"))))
        .collect()
}

fn pages() -> Vec<(String, String)> {
    exhibits()
        .into_iter()
        .filter(|(name, _)| !name.starts_with("mail."))
        .collect()
}

#[test]
fn every_mark_of_a_provider_is_there() {
    for preset in aldgate_core::federation::preset::PRESETS {
        let path = preset.icon.map(asset_path);
        assert_ne!(path, Some(None), "{}", preset.strategy);
    }
}

#[test]
fn every_page_has_language_direction_title_and_one_heading() {
    for (name, html) in exhibits() {
        let tags = tags(&html);
        let root = tags.iter().find(|tag| tag.name == "html").expect("a root");
        let locale = root.get("lang").and_then(Locale::find);
        let direction = locale.expect("a language of ours").direction();
        assert_eq!(root.get("dir"), Some(direction.as_str()), "{name}");
        assert_eq!(
            tags.iter().filter(|tag| tag.name == "h1").count(),
            1,
            "{name}"
        );
        assert_eq!(
            tags.iter().filter(|tag| tag.name == "title").count(),
            1,
            "{name}"
        );
        assert!(
            html.starts_with("<!doctype html>"),
            "{name}: {:?}",
            &html[..40]
        );
    }
}

#[test]
fn web_02_no_page_holds_inline_script_or_style() {
    for (name, html) in pages() {
        for tag in tags(&html) {
            assert_ne!(tag.name, "style", "{name}");
            for (attribute, _) in &tag.attributes {
                assert!(
                    attribute != "style" && !attribute.starts_with("on"),
                    "{name}: {tag:?}"
                );
            }
            if tag.name == "script" {
                let ours = tag
                    .get("src")
                    .is_some_and(|src| src.starts_with("/assets/"));
                assert!(
                    ours || tag.get("type") == Some("application/json"),
                    "{name}: {tag:?}"
                );
            }
        }
    }
}

#[test]
fn every_field_has_a_label_and_every_reference_a_target() {
    for (name, html) in pages() {
        let tags = tags(&html);
        let mut ids = BTreeSet::new();
        for id in tags.iter().filter_map(|tag| tag.get("id")) {
            assert!(ids.insert(id), "{name}: id {id} twice");
        }
        let labels: BTreeSet<_> = tags.iter().filter_map(|tag| tag.get("for")).collect();
        for tag in tags.iter().filter(|tag| tag.name == "input") {
            let unseen = tag.get("type") == Some("hidden") || tag.get("aria-hidden").is_some();
            assert!(
                unseen || tag.get("id").is_some_and(|id| labels.contains(id)),
                "{name}"
            );
        }
        for tag in &tags {
            let references = ["aria-describedby", "aria-labelledby", "for"];
            for value in references.iter().filter_map(|attribute| tag.get(attribute)) {
                for id in value.split(' ') {
                    assert!(ids.contains(id), "{name}: {id:?} is nowhere");
                }
            }
        }
        for image in tags.iter().filter(|tag| tag.name == "img") {
            assert!(image.get("alt").is_some(), "{name}");
        }
    }
}

#[test]
fn web_01_every_posting_form_carries_its_token() {
    for (name, html) in pages() {
        if name.starts_with("form_post.") {
            continue;
        }
        let tags = tags(&html);
        for form in tags.iter().filter(|tag| tag.name == "form") {
            assert_eq!(form.get("method"), Some("post"), "{name}");
            assert!(
                tags.iter().any(|tag| tag.get("name") == Some("csrf")),
                "{name}"
            );
        }
    }
}

#[test]
fn forms_have_the_names_that_other_peoples_tests_look_for() {
    let chrome = Chrome::default();
    let (_, login) = Login::samples().swap_remove(0);
    let login = render(&login, &chrome).expect("renders");
    let tags = tags(&login);
    let input = |name| {
        tags.iter()
            .find(|tag| tag.name == "input" && tag.get("name") == name)
    };
    assert!(input(Some("username")).is_some());
    assert_eq!(
        input(Some("password")).and_then(|tag| tag.get("type")),
        Some("password")
    );
    assert!(input(Some("state")).is_some());
    let button = tags
        .iter()
        .find(|tag| tag.name == "button")
        .expect("a button");
    assert_eq!(
        (button.get("type"), button.get("name")),
        (Some("submit"), Some("action"))
    );

    let (_, consent) = Consent::samples().swap_remove(0);
    let consent = render(&consent, &chrome).expect("renders");
    let values: Vec<_> = markup::tags(&consent)
        .into_iter()
        .filter(|tag| tag.name == "button" && tag.get("name") == Some("action"))
        .filter_map(|tag| tag.get("value").map(str::to_owned))
        .collect();
    assert_eq!(values, ["accept", "deny"]);
}

const HOSTILE: [&str; 4] = [
    "\"><img src=x onerror=alert(1)></script></title></textarea>{{7191*7}}${7191*7}",
    "' onfocus=alert(1) autofocus='",
    "JaVaScRiPt:alert(1)//\u{1}",
    "<!--<script>&lt;\u{202e}",
];

fn names(tags: &[Tag]) -> BTreeSet<(String, String)> {
    let pairs = |tag: &Tag| {
        let attributes = tag
            .attributes
            .iter()
            .map(|(attribute, _)| attribute.clone());
        let name = tag.name.clone();
        attributes
            .chain([String::new()])
            .map(move |a| (name.clone(), a))
            .collect::<Vec<_>>()
    };
    tags.iter().flat_map(pairs).collect()
}

/// Renders the samples of a page with hostile strings everywhere; gives the template's name.
fn attack<P: Page>() -> &'static str {
    let hostile_brand = Brand::named(HOSTILE[0])
        .logo(Some("https://x.test/\"onload=alert(1)".to_owned()))
        .support(Some("javascript:alert(1)".to_owned()));
    let chrome = Chrome::new(Locale::ENGLISH, Arc::new(hostile_brand));
    let mut known = BTreeSet::new();
    for chrome in chromes() {
        for (_, sample) in P::samples() {
            known.extend(names(&tags(&render(&sample, &chrome).expect("renders"))));
        }
    }
    for (sample, context) in P::samples() {
        for hostile in HOSTILE {
            let mut json = serde_json::to_value(&context).expect("serialisable");
            poison(&mut json, hostile);
            let html = render_value(P::TEMPLATE, Value::from(Serde(&json)), &chrome);
            let html = html.unwrap_or_else(|error| panic!("{sample}: {error:#}"));
            let tags = tags(&html);
            let names = names(&tags);
            let unexpected: Vec<_> = names.difference(&known).collect();
            assert!(
                unexpected.is_empty(),
                "{} {sample}: {unexpected:?} by {hostile:?}",
                P::TEMPLATE
            );
            for tag in &tags {
                for link in ["href", "src", "action"].iter().filter_map(|a| tag.get(a)) {
                    let good = ["/", "#", "https://", "http://"];
                    assert!(good.iter().any(|start| link.starts_with(start)), "{link:?}");
                }
            }
            assert!(!html.contains("50337"), "{} evaluates values", P::TEMPLATE);
        }
    }
    P::TEMPLATE
}

#[test]
fn web_02_hostile_values_stay_text_in_every_field_of_every_page() {
    let attacked = [
        attack::<Login>(),
        attack::<LoginIdentifier>(),
        attack::<LoginPassword>(),
        attack::<LoginPasswordless>(),
        attack::<LoginCode>(),
        attack::<LoginConfirm>(),
        attack::<MyAccount>(),
        attack::<MyPassword>(),
        attack::<MyEmail>(),
        attack::<MyDeletion>(),
        attack::<SignUp>(),
        attack::<ForgotPassword>(),
        attack::<ResetPassword>(),
        attack::<Unblock>(),
        attack::<VerifyEmail>(),
        attack::<LogoutConfirm>(),
        attack::<Consent>(),
        attack::<Notice>(),
        attack::<ErrorPage>(),
        attack::<FormPost>(),
        attack::<WebMessage>(),
        attack::<Outbox>(),
        attack::<OutboxMail>(),
        attack::<TokenDoctor>(),
    ];
    let attacked: BTreeSet<_> = attacked
        .into_iter()
        .map(|template| template.trim_end_matches(".html"))
        .collect();
    for (name, _) in pages() {
        let page = name.split('.').next().expect("a name");
        assert!(attacked.contains(page), "{page} was not attacked");
    }
}

#[test]
fn web_02_hostile_values_stay_text_in_mails() {
    let brand = Arc::new(Brand::named(HOSTILE[0]));
    let chrome = Chrome::new(Locale::ENGLISH, brand);
    for (_, mut mail) in Mail::samples() {
        mail.to = HOSTILE[0].to_owned();
        mail.application = Some(format!("{}\r\nBcc: everyone@example.com", HOSTILE[0]));
        mail.link = Some(HOSTILE[2].to_owned());
        let mail = render_mail(&mail, &chrome).expect("renders");
        assert!(!mail.html.contains("<img"), "{}", mail.html);
        assert!(!mail.html.contains("href=\"Ja"), "{}", mail.html);
        assert!(!mail.subject.contains(['\r', '\n']), "{:?}", mail.subject);
    }
}

#[test]
fn oid_11_form_post_carries_exact_values() {
    let page = FormPost {
        action: "https://app.test/cb".to_owned(),
        fields: vec![("state".to_owned(), "a\"b<c>&amp;'d\u{e9}".to_owned())],
        application: None,
    };
    let html = render(&page, &Chrome::default()).expect("renders");
    let tags = tags(&html);
    let form = tags.iter().find(|tag| tag.name == "form").expect("a form");
    assert_eq!(form.get("action"), Some("https://app.test/cb"));
    let field = tags
        .iter()
        .find(|tag| tag.get("name") == Some("state"))
        .expect("a field");
    assert_eq!(field.get("value"), Some("a\"b<c>&amp;'d\u{e9}"));
}

#[test]
fn oau_09_web_message_carries_exact_values_and_one_origin() {
    for (_, page) in WebMessage::samples() {
        let html = render(&page, &Chrome::default()).expect("renders");
        let (_, after) = html
            .split_once("id=\"authorization-response\">")
            .expect("the data");
        let (data, _) = after.split_once("</script>").expect("an end");
        let data: serde_json::Value = serde_json::from_str(data).expect("JSON");
        assert_eq!(data["targetOrigin"], page.target_origin.as_str());
        assert_eq!(
            data["response"],
            serde_json::to_value(&page.response).expect("JSON")
        );
    }
}

#[test]
fn every_language_has_every_text_with_the_same_placeholders() {
    let shape = |tag: &str| -> BTreeMap<String, BTreeSet<String>> {
        let names = |text: &str| {
            let name = |part| match part {
                Part::Text(_) => None,
                Part::Placeholder(name) => Some(str::to_owned(name)),
            };
            placeholders(text).into_iter().filter_map(name).collect()
        };
        CATALOGUE[tag]
            .iter()
            .map(|(key, text)| (key.clone(), names(text)))
            .collect()
    };
    let english = shape("en");
    assert!(english.len() > 100, "{}", english.len());
    for locale in Locale::ALL {
        assert_eq!(shape(locale.tag()), english, "{}", locale.tag());
    }
}

#[test]
fn every_problem_notice_and_mail_has_its_texts() {
    let texts = Texts::new(Locale::ENGLISH, Arc::default());
    let has = |key: String| assert!(texts.get(&key).is_some(), "no text {key}");
    let snake = |kind: serde_json::Value| kind.as_str().expect("a string").to_owned();
    for problem in Problem::ALL {
        has(format!("problem.{}", problem.key()));
    }
    for kind in NoticeKind::ALL {
        let kind = snake(serde_json::to_value(kind).expect("JSON"));
        for part in ["title", "lead", "button"] {
            has(format!("notice.{kind}.{part}"));
        }
    }
    for kind in MailKind::ALL {
        let kind = snake(serde_json::to_value(kind).expect("JSON"));
        for part in ["subject", "lead", "button", "after"] {
            has(format!("mail.{kind}.{part}"));
        }
    }
}

#[test]
fn tenants_replace_single_texts() {
    let own = BTreeMap::from([("login.title".to_owned(), "Come <in>".to_owned())]);
    let overrides = Overrides::from([("en".to_owned(), own)]);
    let chrome = Chrome {
        overrides: Arc::new(overrides),
        ..Chrome::default()
    };
    let (_, login) = Login::samples().swap_remove(0);
    let html = render(&login, &chrome).expect("renders");
    assert!(html.contains("<h1>Come &lt;in&gt;</h1>"), "{html}");
}

#[test]
fn mails_have_a_subject_of_one_line_and_both_parts_name_the_link() {
    for chrome in chromes() {
        for (name, mail) in Mail::samples() {
            let rendered = render_mail(&mail, &chrome).expect("renders");
            assert!(
                !rendered.subject.is_empty() && !rendered.subject.contains('\n'),
                "{name}"
            );
            if let Some(link) = &mail.link {
                assert!(rendered.text.contains(link), "{name}: {}", rendered.text);
                let html = tags(&rendered.html);
                assert!(
                    html.iter().any(|tag| tag.get("href") == Some(link)),
                    "{name}"
                );
            }
            assert!(
                !rendered.text.contains("\n\n\n"),
                "{name}: {:?}",
                rendered.text
            );
        }
    }
}

#[test]
fn replies_are_never_stored_and_name_their_language() {
    let (_, notice) = Notice::samples().swap_remove(0);
    let chrome = Chrome::new(Locale::GERMAN, Arc::default());
    let response = reply(StatusCode::BAD_REQUEST, &notice, &chrome, &Policy::page());
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
    assert_eq!(response.headers()[header::CONTENT_LANGUAGE], "de");
    assert_eq!(
        response.headers()[header::CONTENT_TYPE],
        "text/html; charset=utf-8"
    );
}

#[tokio::test]
async fn assets_are_immutable_under_their_hash_and_only_there() {
    let path = asset_path("aldgate.css").expect("there is a stylesheet");
    let file = path
        .strip_prefix("/assets/")
        .expect("below /assets/")
        .to_owned();
    let fresh = asset(Path(file.clone()), HeaderMap::new()).await;
    assert_eq!(fresh.status(), StatusCode::OK);
    assert_eq!(
        fresh.headers()[header::CONTENT_TYPE],
        "text/css; charset=utf-8"
    );
    assert!(
        fresh.headers()[header::CACHE_CONTROL]
            .to_str()
            .expect("text")
            .contains("immutable")
    );

    let tag = fresh.headers()[header::ETAG].clone();
    let again = HeaderMap::from_iter([(header::IF_NONE_MATCH, tag)]);
    let again = asset(Path(file), again).await;
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    assert!(
        again
            .into_body()
            .collect()
            .await
            .expect("a body")
            .to_bytes()
            .is_empty()
    );

    let old = asset(
        Path("0000000000000000-aldgate.css".to_owned()),
        HeaderMap::new(),
    )
    .await;
    assert_eq!(old.headers()[header::CACHE_CONTROL], "no-cache");

    for missing in [
        "aldgate.css",
        "x-../Cargo.toml",
        "x-",
        "",
        "x-none.css",
        "brand-x.css",
    ] {
        let response = asset(Path(missing.to_owned()), HeaderMap::new()).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{missing}");
    }
}
