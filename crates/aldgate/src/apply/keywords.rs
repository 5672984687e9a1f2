//! What files leave open: `##NAME##` and `@@NAME@@` of auth0-deploy-cli, `${NAME}` for the
//! environment, `${file:PATH}` for a file.
//!
//! Mapped keywords are replaced in the text of a file before it is parsed, as deploy-cli does it:
//! `@@NAME@@` stands for JSON, with or without quotes around it, `##NAME##` for raw text. What is
//! left then is looked up in the environment, value by value.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, anyhow, bail};
use serde_json::{Map, Value};

/// The variable, and the member of deploy-cli's configuration, that holds the mappings.
const MAPPINGS: &str = "AUTH0_KEYWORD_REPLACE_MAPPINGS";

/// The longest secret in a file.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// What keywords mean.
pub(crate) struct Keywords<'a> {
    mappings: Map<String, Value>,
    environment: &'a dyn Fn(&str) -> Option<String>,
    /// Where `${file:…}` begins.
    pub(crate) root: PathBuf,
}

/// A keyword that means nothing here, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unresolved {
    /// `clients[2].client_secret`
    pub(crate) at: String,
    /// The keyword.
    pub(crate) name: String,
}

impl<'a> Keywords<'a> {
    /// Keywords of the environment, and of a JSON file if one is named.
    pub(crate) fn load(
        file: Option<&Path>,
        environment: &'a dyn Fn(&str) -> Option<String>,
    ) -> Result<Self> {
        let mut mappings = Map::new();
        if let Some(file) = file {
            let text = std::fs::read_to_string(file)
                .with_context(|| format!("cannot read {}", file.display()))?;
            let read: Value = serde_json::from_str(&text)
                .with_context(|| format!("{} is not JSON", file.display()))?;
            match read.get(MAPPINGS).unwrap_or(&read) {
                Value::Object(found) => mappings.extend(found.clone()),
                _ => bail!("{}: {MAPPINGS} must be an object", file.display()),
            }
        }
        if let Some(text) = environment(MAPPINGS) {
            let read: Map<String, Value> = serde_json::from_str(&text)
                .with_context(|| format!("{MAPPINGS} must be a JSON object"))?;
            mappings.extend(read);
        }
        Ok(Self {
            mappings,
            environment,
            root: PathBuf::from("."),
        })
    }

    /// Replaces mapped keywords in the text of a file.
    pub(crate) fn text(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (name, value) in &self.mappings {
            let (marker, json) = (format!("@@{name}@@"), value.to_string());
            for quoted in [
                format!("'{marker}'"),
                format!("\"{marker}\""),
                marker.clone(),
            ] {
                text = text.replace(&quoted, &json);
            }
            let raw = match value {
                Value::String(raw) => raw.clone(),
                other => other.to_string(),
            };
            text = text.replace(&format!("##{name}##"), &raw);
        }
        text
    }

    /// Puts the environment and files in place, in every string of `value`. A member that is a
    /// keyword without a meaning is left out and returned.
    pub(crate) fn resolve(&self, value: &mut Value, at: &str) -> Result<Vec<Unresolved>> {
        let mut open = Vec::new();
        match value {
            Value::String(text) => match self.replaced(text) {
                Ok(replaced) => *value = replaced?,
                Err(name) => {
                    let at = at.to_owned();
                    open.push(Unresolved { at, name });
                    *value = Value::Null;
                }
            },
            Value::Array(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    open.extend(self.resolve(item, &format!("{at}[{index}]"))?);
                }
            }
            Value::Object(members) => {
                let mut gone = Vec::new();
                for (name, member) in members.iter_mut() {
                    let was_null = member.is_null();
                    let inner = match at {
                        "" => name.clone(),
                        at => format!("{at}.{name}"),
                    };
                    open.extend(self.resolve(member, &inner)?);
                    if member.is_null() && !was_null {
                        gone.push(name.clone());
                    }
                }
                members.retain(|name, _| !gone.contains(name));
            }
            _ => {}
        }
        Ok(open)
    }

    /// The outer error is the name of a keyword that means nothing.
    fn replaced(&self, text: &str) -> Result<Result<Value>, String> {
        // `@@NAME@@` stands for a JSON value, so it must be the whole string.
        let whole = text.strip_prefix("@@").and_then(|t| t.strip_suffix("@@"));
        if let Some(name) = whole.filter(|name| is_name(name)) {
            let value = (self.environment)(name).ok_or_else(|| name.to_owned())?;
            return Ok(Ok(
                serde_json::from_str(&value).unwrap_or(Value::String(value))
            ));
        }
        if let Some(path) = text
            .strip_prefix("${file:")
            .and_then(|t| t.strip_suffix('}'))
        {
            return Ok(self.file(path).map(Value::String));
        }
        // Auth0's own texts have placeholders such as `${clientName}`: those are no variables.
        let text = self.marked(text, ("${", "}"), is_variable)?;
        self.marked(&text, ("##", "##"), is_name)
            .map(|text| Ok(Value::String(text)))
    }

    fn file(&self, path: &str) -> Result<String> {
        let path = self.root.join(path);
        let told = || format!("cannot read {}", path.display());
        let size = std::fs::metadata(&path).with_context(told)?.len();
        if size > FILE_BYTES_MAX {
            bail!("{} is longer than {FILE_BYTES_MAX} bytes", path.display());
        }
        let text = std::fs::read_to_string(&path).with_context(told)?;
        Ok(text.trim_end_matches(['\r', '\n']).to_owned())
    }

    fn marked(
        &self,
        text: &str,
        (open, close): (&str, &str),
        named: fn(&str) -> bool,
    ) -> Result<String, String> {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(open) {
            let found = after.split_once(close).filter(|(name, _)| named(name));
            out.push_str(before);
            let Some((name, tail)) = found else {
                out.push_str(open);
                rest = after;
                continue;
            };
            out.push_str(&(self.environment)(name).ok_or_else(|| name.to_owned())?);
            rest = tail;
        }
        out.push_str(rest);
        Ok(out)
    }
}

/// The refusal of keywords that mean nothing.
pub(crate) fn refuse(open: &[Unresolved]) -> Result<()> {
    let Some(Unresolved { at, name }) = open.first() else {
        return Ok(());
    };
    Err(anyhow!(
        "{at}: {name} is not set; set the environment variable {name}, or map it in {MAPPINGS}, \
         and apply again"
    ))
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Whether it is the name of an environment variable as people write them: no small letters.
fn is_variable(name: &str) -> bool {
    is_name(name) && !name.bytes().any(|b| b.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn environment(name: &str) -> Option<String> {
        let value = match name {
            "HOST" => "https://x",
            "LIST" => "[1,2]",
            MAPPINGS => r#"{"ENV": "prod", "ORIGINS": ["https://a"], "LIFE": 60}"#,
            _ => return None,
        };
        Some(value.to_owned())
    }

    #[test]
    fn mapped_keywords_are_replaced_in_the_text() {
        let keywords = Keywords::load(None, &environment).unwrap();
        let text =
            r###"{"name": "##ENV##", "a": @@ORIGINS@@, "b": "@@ORIGINS@@", "c": ##LIFE##}"###;
        let read: Value = serde_json::from_str(&keywords.text(text)).unwrap();
        let origins = json!(["https://a"]);
        assert_eq!(
            read,
            json!({"name": "prod", "a": origins, "b": origins, "c": 60})
        );
    }

    #[test]
    fn the_environment_is_put_in_place_or_missed_by_name() {
        let keywords = Keywords::load(None, &environment).unwrap();
        let mut value = json!({
            "a": "${HOST}/cb", "b": "##HOST##", "c": "@@LIST@@", "d": "$5 ## {", "e": null,
            "f": [{"g": "##NOPE##"}], "h": "Log in to ${clientName}",
        });
        let open = keywords.resolve(&mut value, "").unwrap();
        let expected = json!({
            "a": "https://x/cb", "b": "https://x", "c": [1, 2], "d": "$5 ## {", "e": null,
            "f": [{}], "h": "Log in to ${clientName}",
        });
        assert_eq!(value, expected);
        assert_eq!(
            (open[0].at.as_str(), open[0].name.as_str()),
            ("f[0].g", "NOPE")
        );
        let told = refuse(&open).unwrap_err().to_string();
        assert!(told.starts_with("f[0].g: NOPE is not set"), "{told}");
    }
}
