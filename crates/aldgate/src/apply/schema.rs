//! What the Management API takes, read from its own OpenAPI document: which operations there are,
//! and which members their bodies may have.

use serde_json::Value;

use super::kind::{Access, Kind};

/// The document's `paths`.
#[derive(Debug, Clone)]
pub(crate) struct Schema(Value);

impl Schema {
    /// Reads the document.
    pub(crate) fn new(mut document: Value) -> Self {
        Self(document["paths"].take())
    }

    /// Whether the API can change things of this kind.
    pub(crate) fn supports(&self, kind: &Kind) -> bool {
        let (method, path) = kind.update();
        self.operation(method, &sample(kind, &path)).is_some()
    }

    /// Whether an operation understands a query parameter.
    pub(crate) fn takes(&self, path: &str, parameter: &str) -> bool {
        let operation = self.operation("get", path);
        let parameters = operation.and_then(|o| o["parameters"].as_array());
        parameters
            .into_iter()
            .flatten()
            .any(|known| known["name"] == parameter)
    }

    /// The members that the body of an operation may have; `None` if any.
    pub(crate) fn members(&self, method: &str, path: &str) -> Option<Vec<&str>> {
        let operation = self.operation(method, path)?;
        let shape = &operation["requestBody"]["content"]["application/json"]["schema"];
        if shape["additionalProperties"] != false {
            return None;
        }
        let members = shape["properties"].as_object()?;
        Some(members.keys().map(String::as_str).collect())
    }

    /// The members that a new one, or a change of one, may have.
    pub(crate) fn writable(
        &self,
        kind: &Kind,
        key: &str,
    ) -> (Option<Vec<&str>>, Option<Vec<&str>>) {
        let create = kind.create();
        let create = create.and_then(|(method, path)| self.members(method, path));
        let (method, path) = kind.update();
        let path = match key {
            "" => sample(kind, &path),
            key => address(&path, key),
        };
        (create, self.members(method, &path))
    }

    fn operation(&self, method: &str, path: &str) -> Option<&Value> {
        let paths = self.0.as_object()?;
        let exact = paths.get(path).and_then(|found| found.get(method));
        exact.or_else(|| {
            let mut all = paths.iter().filter(|(known, _)| matches(known, path));
            all.find_map(|(_, found)| found.get(method))
        })
    }
}

/// The address of one: `{0}` and `{1}` are the parts of its key.
pub(crate) fn address(path: &str, key: &str) -> String {
    let (first, second) = key.split_once('/').unwrap_or((key, ""));
    let path = path.replace("{0}", &encoded(first));
    path.replace("{1}", &encoded(second))
        .replace("{id}", &encoded(key))
}

/// A segment of a path.
pub(crate) fn encoded(segment: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    segment.bytes().fold(String::new(), |mut out, byte| {
        match plain(byte) {
            true => out.push(byte.into()),
            false => out.push_str(&format!("%{byte:02X}")),
        }
        out
    })
}

/// An address that stands for all of a kind.
fn sample(kind: &Kind, path: &str) -> String {
    use super::kind::Names;
    match kind.access {
        Access::Each(Names::Fixed(names), _) => address(path, names.first().unwrap_or(&"")),
        Access::Each(Names::LocalesAndPrompts, _) => address(path, "en/login"),
        Access::Each(..) => address(path, "login"),
        _ => path.to_owned(),
    }
}

/// Whether a path is one that a template describes.
fn matches(template: &str, path: &str) -> bool {
    let (mut known, mut asked) = (template.split('/'), path.split('/'));
    loop {
        match (known.next(), asked.next()) {
            (None, None) => return true,
            (Some(known), Some(asked)) if known.starts_with('{') || known == asked => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::apply::kind::KINDS;

    #[test]
    fn operations_are_found_by_their_shape() {
        let body = json!({"requestBody": {"content": {"application/json": {"schema": {
            "additionalProperties": false, "properties": {"scope": {}},
        }}}}});
        let document = json!({"paths": {
            "/client-grants/{id}": {"patch": body},
            "/guardian/factors/sms/templates": {"put": {}},
        }});
        let schema = Schema::new(document);
        let supported: Vec<_> = KINDS.iter().filter(|kind| schema.supports(kind)).collect();
        let names: Vec<_> = supported.iter().map(|kind| kind.section).collect();
        assert_eq!(names, ["clientGrants", "guardianFactorTemplates"]);
        assert_eq!(schema.writable(supported[0], "").1, Some(vec!["scope"]));
        assert_eq!(address("/a/{1}/b/{0}", "x y/z"), "/a/z/b/x%20y");
    }
}
