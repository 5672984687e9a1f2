//! Reads the tags of HTML the way a browser does, as far as our own templates need it.

/// A start tag.
#[derive(Clone, Debug)]
pub(crate) struct Tag {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
}

impl Tag {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let mut attributes = self.attributes.iter();
        attributes
            .find(|(attribute, _)| attribute == name)
            .map(|(_, value)| value.as_str())
    }
}

/// All start tags, in order. The text of scripts is skipped up to its end tag.
pub(crate) fn tags(html: &str) -> Vec<Tag> {
    let mut tags = Vec::new();
    let mut rest = html;
    while let Some((_, after)) = rest.split_once('<') {
        rest = after;
        if !rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
            continue;
        }
        let (tag, tail) = read_tag(rest);
        rest = tail;
        if tag.name == "script" {
            rest = rest.split_once("</script").map_or("", |(_, after)| after);
        }
        tags.push(tag);
    }
    tags
}

fn read_tag(source: &str) -> (Tag, &str) {
    let end = source.find(|c: char| c.is_whitespace() || c == '>' || c == '/');
    let (name, mut rest) = source.split_at(end.unwrap_or(source.len()));
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        if let Some(tail) = rest.strip_prefix('>') {
            return (
                Tag {
                    name: name.to_ascii_lowercase(),
                    attributes,
                },
                tail,
            );
        }
        assert!(!rest.is_empty(), "a tag never ends: {source:.80}");
        let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '>' | '/' | '='));
        let (attribute, tail) = rest.split_at(end.unwrap_or(rest.len()));
        let (value, tail) = read_value(tail);
        attributes.push((attribute.to_ascii_lowercase(), unescape(value)));
        rest = tail;
    }
}

fn read_value(source: &str) -> (&str, &str) {
    let Some(value) = source.strip_prefix('=') else {
        return ("", source);
    };
    let quoted = value
        .strip_prefix('"')
        .expect("our templates quote attributes");
    quoted.split_once('"').expect("a closing quote")
}

fn unescape(text: &str) -> String {
    let entities = [
        ("&quot;", "\""),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&#x27;", "'"),
        ("&#x2f;", "/"),
    ];
    let text = entities
        .iter()
        .fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
    text.replace("&amp;", "&")
}

/// Replaces every string of a context, except those that name a text or an asset of ours: they
/// come from closed lists.
pub(super) fn poison(value: &mut serde_json::Value, poison_with: &str) {
    match value {
        serde_json::Value::String(text) => poison_with.clone_into(text),
        serde_json::Value::Array(items) => {
            items.iter_mut().for_each(|item| poison(item, poison_with));
        }
        serde_json::Value::Object(fields) => fields
            .iter_mut()
            .filter(|(name, _)| {
                !matches!(name.as_str(), "key" | "kind" | "icon" | "channel" | "done")
            })
            .for_each(|(_, field)| poison(field, poison_with)),
        _ => {}
    }
}
