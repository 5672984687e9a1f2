//! auth0-deploy-cli keeps pages in a section of their own; on the wire they are tenant settings.

use serde_json::{Map, Value};

use super::place::Sections;

/// The section.
pub(crate) const PAGES: &str = "pages";

/// Page and setting.
const SETTINGS: &[(&str, &str)] = &[
    ("error_page", "error_page"),
    ("guardian_multifactor", "guardian_mfa_page"),
    ("password_reset", "change_password"),
];

/// Moves pages into the tenant settings; returns the names of those that have no place there.
pub(crate) fn into_settings(sections: &mut Sections) -> Vec<String> {
    let Some(Value::Array(pages)) = sections.remove(PAGES) else {
        return Vec::new();
    };
    let mut left = Vec::new();
    for mut page in pages {
        let name = page["name"].as_str().unwrap_or_default().to_owned();
        let setting = SETTINGS.iter().find(|(page, _)| *page == name);
        let (Some((_, setting)), Some(members)) = (setting, page.as_object_mut()) else {
            left.push(name);
            continue;
        };
        members.remove("name");
        let tenant = sections
            .entry("tenant".to_owned())
            .or_insert_with(|| Value::Object(Map::new()));
        tenant[*setting] = page;
    }
    left
}

/// Moves pages out of the tenant settings.
pub(crate) fn out_of_settings(sections: &mut Sections) {
    let Some(tenant) = sections.get_mut("tenant").and_then(Value::as_object_mut) else {
        return;
    };
    let mut pages = Vec::new();
    for (page, setting) in SETTINGS {
        if let Some(Value::Object(members)) = tenant.remove(*setting) {
            let mut entry = Map::new();
            entry.insert("name".into(), (*page).into());
            entry.extend(members);
            pages.push(Value::Object(entry));
        }
    }
    sections.insert(PAGES.to_owned(), Value::Array(pages));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pages_are_settings_and_come_back() {
        let given = json!({
            "pages": [{"name": "error_page", "html": "<p>", "url": ""}, {"name": "login"}],
            "tenant": {"friendly_name": "A"},
        });
        let mut sections: Sections = serde_json::from_value(given).unwrap();
        assert_eq!(into_settings(&mut sections), ["login"]);
        assert_eq!(
            sections["tenant"]["error_page"],
            json!({"html": "<p>", "url": ""})
        );
        out_of_settings(&mut sections);
        let page = json!({"name": "error_page", "html": "<p>", "url": ""});
        assert_eq!(sections["pages"], json!([page]));
    }
}
