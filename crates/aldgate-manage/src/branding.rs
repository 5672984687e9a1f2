//! `/branding`: the look of the pages.

mod template;
mod theme;

use aldgate_app::page::Color;
use aldgate_app::present::BRANDING;
use aldgate_core::members::{self, Kind, member};
use serde_json::{Map, Value, json};

use crate::document::{Document, SOUND};
use crate::op::schema::{free, open, string};
use crate::op::{ApiError, Call, Operation, Reply, get, patch};

const DOCUMENT: Document = Document {
    kind: BRANDING,
    id: "",
    members: &[
        member(
            "colors",
            Kind::Object(&[
                member("primary", Kind::Text(7)),
                member(
                    "page_background",
                    Kind::TextOr(&[
                        member("type", Kind::OneOf(&["linear-gradient"])),
                        member("start", Kind::Text(7)),
                        member("end", Kind::Text(7)),
                        member("angle_deg", Kind::Whole(0, 360)),
                    ]),
                ),
            ]),
        ),
        member("logo_url", Kind::WebAddress),
        member("favicon_url", Kind::WebAddress),
        member("font", Kind::Object(&[member("url", Kind::WebAddress)])),
        member("identifiers", Kind::Free),
    ],
    defaults: || json!({}),
    check: SOUND,
};

pub(crate) fn operations() -> Vec<Operation> {
    let shape = open(
        [
            ("colors", free()),
            ("logo_url", string()),
            ("favicon_url", string()),
            ("font", free()),
        ],
        &[],
    );
    let mut all = vec![
        get("/branding", "Get the branding", |call| DOCUMENT.read(call))
            .scopes(&["read:branding"])
            .answers(shape.clone()),
        patch("/branding", "Update the branding", change)
            .scopes(&["update:branding"])
            .body(DOCUMENT.body())
            .answers(shape),
    ];
    all.extend(theme::operations());
    all.extend(template::operations());
    all
}

async fn change(call: Call) -> Result<Reply, ApiError> {
    let body = call.object()?;
    members::check(DOCUMENT.members, &[], &body)?;
    check_colors(&body)?;
    DOCUMENT.save(call, body).await
}

/// Colours become a stylesheet: only such as can be read.
fn check_colors(body: &Map<String, Value>) -> Result<(), ApiError> {
    let colors = body.get("colors");
    for pointer in [
        "/primary",
        "/page_background",
        "/page_background/start",
        "/page_background/end",
    ] {
        let color = colors.and_then(|colors| colors.pointer(pointer));
        if let Some(text) = color.and_then(Value::as_str)
            && Color::parse(text).is_none()
        {
            let path = pointer.replace('/', ".");
            let problem = format!("Expected a color such as #635dff on property colors{path}");
            return Err(ApiError::invalid_body(problem));
        }
    }
    Ok(())
}
