//! Colours, logo, picture of the tab and font.

use axum::response::Response;
use http::{Method, StatusCode};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::{Frame, frames, mark_colors, sheet};
use crate::dashboard::Visit;
use crate::dashboard::fault::Fault;
use crate::dashboard::fields::Fields;
use crate::dashboard::form::{self, Filled, Form};
use crate::dashboard::page::{Group, Page, act, show};

const OPERATION: &str = "/branding";

/// The fields that are colours.
const COLORS: [&str; 4] = [
    "colors.primary",
    "background",
    "gradient.start",
    "gradient.end",
];

pub(super) fn pages() -> Vec<Page> {
    vec![
        show("/branding", "Branding", look)
            .needs("GET /branding")
            .nav(Group::Tenant),
        act("/branding", "Change the branding", save).needs("GET /branding"),
    ]
}

#[derive(Serialize)]
struct View {
    form: Filled,
    frames: [Frame; 2],
    /// A theme is there, and comes first.
    themed: bool,
}

fn form() -> Form {
    let address = |name, label| form::text_of("url", name, label);
    let color = |name, label| form::text(name, label);
    Form::new()
        .section("Colours", "As #rrggbb. What is left out is Aldgate's own.")
        .field(color("colors.primary", "Primary").hint("Buttons and links."))
        .field(
            color("background", "Background")
                .hint("Behind the card. A light one is left out by night, where it would dazzle."),
        )
        .field(color("gradient.start", "Or a gradient: from"))
        .field(color("gradient.end", "To"))
        .field(form::number("gradient.angle_deg", "Direction", "degrees"))
        .section("Pictures and font", "Addresses with https.")
        .field(
            address("logo_url", "Logo").hint("Best twice as large as it is shown: 96 pixels high."),
        )
        .field(address("favicon_url", "Picture of the tab").hint("A square PNG, SVG or ICO."))
        .field(address("font.url", "Font").hint(
            "A WOFF2 file. Its server must let other sites use it (Access-Control-Allow-Origin).",
        ))
}

/// The branding as the form shows it: a background is one colour or a gradient.
fn shown(branding: &Value) -> Value {
    let mut shown = branding.clone();
    match branding.pointer("/colors/page_background") {
        Some(Value::String(color)) => shown["background"] = json!(color),
        Some(gradient @ Value::Object(_)) => shown["gradient"] = gradient.clone(),
        _ => {}
    }
    shown
}

/// The branding that a form means; every member is there, `null` where nothing is.
pub(super) fn meant(form: &Fields) -> Map<String, Value> {
    let text = |name: &str| match form.get(name) {
        "" => Value::Null,
        text => json!(text),
    };
    let mut colors = Map::new();
    if !text("colors.primary").is_null() {
        colors.insert("primary".to_owned(), text("colors.primary"));
    }
    let (start, end) = (text("gradient.start"), text("gradient.end"));
    let background = match (start.is_null(), end.is_null()) {
        (false, false) => json!({
            "type": "linear-gradient", "start": start, "end": end,
            "angle_deg": form.number("gradient.angle_deg").unwrap_or(0),
        }),
        _ => text("background"),
    };
    if !background.is_null() {
        colors.insert("page_background".to_owned(), background);
    }
    let font = match text("font.url") {
        Value::Null => Value::Null,
        url => json!({"url": url}),
    };
    let colors = if colors.is_empty() {
        Value::Null
    } else {
        Value::Object(colors)
    };
    let members = [
        ("colors", colors),
        ("logo_url", text("logo_url")),
        ("favicon_url", text("favicon_url")),
        ("font", font),
    ];
    members
        .map(|(name, value)| (name.to_owned(), value))
        .into_iter()
        .collect()
}

async fn look(visit: Visit) -> Result<Response, Fault> {
    let branding = visit.get(OPERATION).await?;
    let form = form().filled(&shown(&branding));
    page(&visit, form, None, StatusCode::OK).await
}

async fn page(
    visit: &Visit,
    form: Filled,
    draft: Option<&Fields>,
    status: StatusCode,
) -> Result<Response, Fault> {
    let view = View {
        form,
        frames: frames(draft),
        themed: !super::stored_theme(visit).await?.is_null(),
    };
    let sheet = sheet(visit, "branding", "/branding");
    Ok(sheet.status(status).show(&view))
}

async fn save(visit: Visit) -> Result<Response, Fault> {
    let branding = visit.get(OPERATION).await?;
    let (sent, bad) = (&visit.form, StatusCode::BAD_REQUEST);
    let form = form();
    let mut filled = match form.changes(sent, &shown(&branding)) {
        Ok(_) => form.submitted(sent),
        Err(form) => return page(&visit, *form, Some(sent), bad).await,
    };
    let mut wrong = mark_colors(&mut filled, sent, &COLORS);
    let ends = (
        sent.get("gradient.start").is_empty(),
        sent.get("gradient.end").is_empty(),
    );
    if ends.0 != ends.1 {
        let missing = if ends.0 {
            "gradient.start"
        } else {
            "gradient.end"
        };
        wrong |= filled.mark(missing, "A gradient has two colours.".to_owned());
    }
    if sent
        .number("gradient.angle_deg")
        .is_some_and(|angle| angle > 360)
    {
        wrong |= filled.mark("gradient.angle_deg", "Expected 0 to 360.".to_owned());
    }
    for name in ["logo_url", "favicon_url", "font.url"] {
        let address = sent.get(name);
        if !address.is_empty() && !address.starts_with("https://") {
            wrong |= filled.mark(name, "Expected an address with https.".to_owned());
        }
    }
    if wrong {
        return page(&visit, filled, Some(sent), bad).await;
    }
    if sent.has("preview") {
        return page(&visit, filled, Some(sent), StatusCode::OK).await;
    }
    if !visit.can("PATCH /branding") {
        let scopes = visit
            .desk
            .rights
            .scopes("PATCH /branding")
            .unwrap_or_default();
        return Err(Fault::Missing(scopes.to_vec()));
    }
    match visit
        .send(Method::PATCH, OPERATION, &Value::Object(meant(sent)))
        .await
    {
        Ok(_) => Ok(visit.go("/branding", "The look was saved. The next page has it.")),
        Err(refused) => {
            let filled = filled.refused(&refused);
            page(&visit, filled, Some(sent), refused.status).await
        }
    }
}
