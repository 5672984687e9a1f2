//! Reads the forms of our own pages: enough HTML for that, and no more.

use http::Method;
use url::Url;

use crate::browser::Form;

/// The forms of a page, with the values a browser would send without touching anything.
pub(crate) fn forms(html: &str, base: &Url) -> Vec<Form> {
    let mut forms: Vec<Form> = Vec::new();
    let mut open = false;
    let mut select: Option<String> = None;
    for tag in tags(html) {
        match tag.name.as_str() {
            "form" => {
                open = true;
                forms.push(form(&tag, base));
            }
            "/form" => open = false,
            "select" => select = tag.get("name"),
            "/select" => select = None,
            "option" if open && tag.has("selected") => {
                if let (Some(form), Some(name)) = (forms.last_mut(), select.clone()) {
                    form.fields
                        .push((name, tag.get("value").unwrap_or_default()));
                }
            }
            "input" if open => {
                if let (Some(form), Some(field)) = (forms.last_mut(), input(&tag)) {
                    form.fields.push(field);
                }
            }
            "textarea" if open => {
                if let (Some(form), Some(name)) = (forms.last_mut(), tag.get("name")) {
                    form.fields.push((name, unescape(tag.text)));
                }
            }
            _ => {}
        }
    }
    forms
}

fn form(tag: &Tag<'_>, base: &Url) -> Form {
    let action = tag.get("action").unwrap_or_default();
    let post = tag
        .get("method")
        .is_some_and(|method| method.eq_ignore_ascii_case("post"));
    Form {
        method: if post { Method::POST } else { Method::GET },
        action: base.join(&action).map_or(action, Into::into),
        fields: Vec::new(),
    }
}

fn input(tag: &Tag<'_>) -> Option<(String, String)> {
    let kind = tag.get("type").unwrap_or_default();
    let switch = matches!(kind.as_str(), "checkbox" | "radio");
    let button = matches!(kind.as_str(), "submit" | "button" | "image" | "reset");
    if button || tag.has("disabled") || (switch && !tag.has("checked")) {
        return None;
    }
    let value = tag.get("value");
    let default = if switch { "on" } else { "" };
    Some((
        tag.get("name")?,
        value.unwrap_or_else(|| default.to_owned()),
    ))
}

struct Tag<'h> {
    name: String,
    attributes: Vec<(String, String)>,
    /// What follows up to the next tag.
    text: &'h str,
}

impl Tag<'_> {
    fn get(&self, name: &str) -> Option<String> {
        self.attributes
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.clone())
    }

    fn has(&self, name: &str) -> bool {
        self.attributes.iter().any(|(known, _)| known == name)
    }
}

fn tags(html: &str) -> impl Iterator<Item = Tag<'_>> {
    let pieces = html.split('<').skip(1);
    pieces
        .filter(|piece| !piece.starts_with("!--"))
        .map(|piece| {
            let end = tag_end(piece);
            let (inside, text) = piece.split_at(end);
            let name_end = inside
                .find(|c: char| c.is_whitespace())
                .unwrap_or(inside.len());
            Tag {
                name: inside[..name_end]
                    .trim_end_matches('/')
                    .to_ascii_lowercase(),
                attributes: attributes(&inside[name_end..]),
                text: text.strip_prefix('>').unwrap_or(text),
            }
        })
}

/// The position of `>` outside of quotes.
fn tag_end(piece: &str) -> usize {
    let mut quote = None;
    for (index, c) in piece.char_indices() {
        match (quote, c) {
            (None, '>') => return index,
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    piece.len()
}

fn attributes(mut rest: &str) -> Vec<(String, String)> {
    let mut list = Vec::new();
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        if rest.is_empty() {
            return list;
        }
        let end = rest
            .find(|c: char| c.is_whitespace() || c == '=')
            .unwrap_or(rest.len());
        let name = rest[..end].to_ascii_lowercase();
        rest = rest[end..].trim_start();
        let Some(after) = rest.strip_prefix('=') else {
            list.push((name, String::new()));
            continue;
        };
        let after = after.trim_start();
        let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''));
        let (value, left) = match quote {
            Some(quote) => after[1..]
                .split_once(quote)
                .unwrap_or_else(|| (&after[1..], "")),
            None => after.split_at(after.find(char::is_whitespace).unwrap_or(after.len())),
        };
        list.push((name, unescape(value)));
        rest = left;
    }
}

fn unescape(text: &str) -> String {
    let named = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#x27;", "'"),
        ("&#39;", "'"),
        ("&#x2f;", "/"),
        ("&#43;", "+"),
        ("&#x3d;", "="),
        ("&#x60;", "`"),
        ("&amp;", "&"),
    ];
    named
        .iter()
        .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_as_a_browser_sends_it() {
        let page = r#"<form method="post" action="/u/login?a=1&amp;b=2">
            <input type=hidden name="_csrf" value="a&#x2f;b"><input name=user value>
            <input type="checkbox" name="keep" checked /><input type="checkbox" name="no">
            <select name="lang"><option value="de">D<option value="en" selected>E</select>
            <textarea name="note">x &lt; y</textarea>
            <button name="action" value="default">Go</button></form>
            <form action="other"><input name="q" value='a > b'></form>"#;
        let base = Url::parse("http://localhost:4455/u/x").expect("a URL");
        let forms = forms(page, &base);
        assert_eq!(forms.len(), 2);
        assert_eq!(forms[0].action, "http://localhost:4455/u/login?a=1&b=2");
        assert_eq!(forms[0].method, Method::POST);
        let expected = [
            ("_csrf", "a/b"),
            ("user", ""),
            ("keep", "on"),
            ("lang", "en"),
            ("note", "x < y"),
        ];
        let expected: Vec<(String, String)> = expected
            .iter()
            .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))
            .collect();
        assert_eq!(forms[0].fields, expected);
        assert_eq!(forms[1].value("q"), Some("a > b"));
        assert_eq!(forms[1].action, "http://localhost:4455/u/other");
    }
}
