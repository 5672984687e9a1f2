//! One YAML file, with texts in directories beside it.

use std::path::Path;

use anyhow::{Context as _, Result, anyhow, bail};
use serde_json::{Map, Value};

use crate::apply::keywords::Keywords;
use crate::apply::place::Sections;

use super::side::{self, SIDES, Side};
use super::{Read, file_name, put, text_of};

/// Reads a file. JSON is YAML too.
pub(super) fn read(path: &Path, keywords: &Keywords<'_>) -> Result<Read> {
    let text = text_of(path, keywords)?;
    let mut document: Value =
        serde_saphyr::from_str(&text).map_err(|error| anyhow!("this is not YAML: {error}"))?;
    if document.is_null() {
        document = Value::Object(Map::new());
    }
    let open = keywords.resolve(&mut document, "")?;
    let Value::Object(document) = document else {
        bail!("expected sections such as `clients:` and `resourceServers:` at the top");
    };
    let mut sections: Sections = document.into_iter().collect();
    let root = path.parent().unwrap_or_else(|| Path::new("."));
    let root = match root.as_os_str().is_empty() {
        true => Path::new("."),
        false => root,
    };
    each_entry(&mut sections, |side, entry| {
        side::load(side, entry, (&root.join(side.yaml), root), keywords)
    })?;
    Ok(Read { sections, open })
}

/// Writes a file and what it refers to.
pub(super) fn write(path: &Path, sections: &Sections) -> Result<()> {
    let mut sections = sections.clone();
    let root = path.parent().unwrap_or_else(|| Path::new("."));
    each_entry(&mut sections, |side, entry| {
        let mut below = side.yaml.to_owned();
        if side.member.ends_with("/*") {
            let name = entry.get(side.named).and_then(Value::as_str);
            below = format!("{below}/{}", file_name(name.unwrap_or_default()));
        }
        // deploy-cli looks for the login page of an application beside the others.
        let prefix = match side.section {
            "clients" | "connections" => String::new(),
            _ => format!("{below}/"),
        };
        side::store(side, entry, &root.join(&below), &prefix)
    })?;
    let text = serde_saphyr::to_string(&sections).context("the state cannot be written as YAML")?;
    put(path, &text)
}

fn each_entry(
    sections: &mut Sections,
    mut work: impl FnMut(&Side, &mut Value) -> Result<()>,
) -> Result<()> {
    for side in SIDES {
        let Some(mut section) = sections.get_mut(side.section) else {
            continue;
        };
        if let Some(within) = side.within {
            match section.get_mut(within) {
                Some(inner) => section = inner,
                None => continue,
            }
        }
        for entry in section.as_array_mut().into_iter().flatten() {
            work(side, entry)?;
        }
    }
    Ok(())
}
