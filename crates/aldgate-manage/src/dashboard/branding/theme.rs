//! The theme that Auth0's tools set: what of it shows comes before the look.

use axum::response::Response;
use http::{Method, StatusCode};
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Frame, frames, mark_colors, sheet};
use crate::dashboard::Visit;
use crate::dashboard::applications::text;
use crate::dashboard::confirm::Confirm;
use crate::dashboard::fault::Fault;
use crate::dashboard::fields::Fields;
use crate::dashboard::form::{self, Filled, Form};
use crate::dashboard::page::{Page, act, show};
use crate::dashboard::path::at;
use crate::dashboard::visit::href;

const PATH: &str = "/branding/theme";
const DELETE: &str = "/branding/theme/delete";

const COLORS: [&str; 2] = ["colors.primary_button", "page_background.background_color"];

pub(super) fn pages() -> Vec<Page> {
    let (read, needed) = (
        "GET /branding/themes/default",
        "DELETE /branding/themes/{themeId}",
    );
    vec![
        show(PATH, "Theme", shown).needs(read),
        act(PATH, "Change the theme", save)
            .needs(read)
            .needs("PATCH /branding/themes/{themeId}"),
        show(DELETE, "Delete the theme?", ask)
            .needs(read)
            .needs(needed),
        act(DELETE, "Delete the theme", delete)
            .needs(read)
            .needs(needed),
    ]
}

#[derive(Serialize)]
struct View {
    form: Option<Filled>,
    frames: [Frame; 2],
}

fn form() -> Form {
    Form::new()
        .section("What of a theme shows", "Left empty, the look counts.")
        .field(form::text("displayName", "Name"))
        .field(form::text("colors.primary_button", "Primary button"))
        .field(form::text("page_background.background_color", "Background"))
        .field(form::text_of("url", "widget.logo_url", "Logo"))
}

/// Lays what a form says over a theme, to look at it.
pub(super) fn lay_over(theme: &mut Value, form: &Fields) {
    for (outer, inner) in [
        ("colors", "primary_button"),
        ("page_background", "background_color"),
        ("widget", "logo_url"),
    ] {
        if theme[outer].is_object() {
            theme[outer][inner] = form.get(&format!("{outer}.{inner}")).into();
        }
    }
}

async fn shown(visit: Visit) -> Result<Response, Fault> {
    let theme = super::stored_theme(&visit).await?;
    let form = (!theme.is_null()).then(|| form().filled(&theme));
    Ok(page(&visit, form, None, StatusCode::OK))
}

fn page(
    visit: &Visit,
    form: Option<Filled>,
    draft: Option<&Fields>,
    status: StatusCode,
) -> Response {
    let view = View {
        form,
        frames: frames(draft),
    };
    sheet(visit, "branding_theme", PATH)
        .status(status)
        .show(&view)
}

/// The theme, which has to be there.
async fn load(visit: &Visit) -> Result<Value, Fault> {
    let theme = super::stored_theme(visit).await?;
    if theme.is_null() {
        Err(Fault::NotFound)
    } else {
        Ok(theme)
    }
}

async fn save(visit: Visit) -> Result<Response, Fault> {
    let theme = load(&visit).await?;
    let (sent, bad) = (&visit.form, StatusCode::BAD_REQUEST);
    let form = form();
    let changes = match form.changes(sent, &theme) {
        Ok(changes) => changes,
        Err(form) => return Ok(page(&visit, Some(*form), Some(sent), bad)),
    };
    let mut filled = form.submitted(sent);
    if mark_colors(&mut filled, sent, &COLORS) {
        return Ok(page(&visit, Some(filled), Some(sent), bad));
    }
    if sent.has("preview") {
        return Ok(page(&visit, Some(filled), Some(sent), StatusCode::OK));
    }
    let path = at("/branding/themes/{}", &[&text(&theme, "themeId")]);
    let body = Value::Object(whole(&theme, changes));
    match visit.send(Method::PATCH, &path, &body).await {
        Ok(_) => Ok(visit.go(PATH, "The theme was saved. The next page has it.")),
        Err(refused) => {
            let filled = filled.refused(&refused);
            Ok(page(&visit, Some(filled), Some(sent), refused.status))
        }
    }
}

/// The operation wants a theme whole.
fn whole(theme: &Value, changes: Map<String, Value>) -> Map<String, Value> {
    let mut body = theme.as_object().cloned().unwrap_or_default();
    body.remove("themeId");
    body.extend(changes);
    body
}

async fn ask(visit: Visit) -> Result<Response, Fault> {
    let theme = load(&visit).await?;
    let name = text(&theme, "displayName");
    let confirm = Confirm {
        action: href(DELETE),
        question: format!("Delete the theme {name}?"),
        consequences: vec![
            "The colours and the logo of the look count.".to_owned(),
            "Members of the theme that are only stored are deleted, too.".to_owned(),
        ],
        button: "Delete the theme".to_owned(),
        back: href(PATH),
        is_final: true,
        hidden: Vec::new(),
    };
    Ok(visit
        .page("confirm", "Delete the theme")
        .under("Branding", "/branding")
        .under("Theme", PATH)
        .show(&confirm))
}

async fn delete(visit: Visit) -> Result<Response, Fault> {
    let theme = load(&visit).await?;
    let path = at("/branding/themes/{}", &[&text(&theme, "themeId")]);
    visit.delete(&path).await?;
    Ok(visit.go(PATH, "The theme was deleted."))
}
