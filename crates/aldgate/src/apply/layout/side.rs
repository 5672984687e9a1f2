//! Texts that are kept in files of their own, beside the entry that refers to them.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::apply::keywords::Keywords;

use super::{bases, file_name, put, text_of};

/// The longest reference to a file.
const REFERENCE_BYTES_MAX: usize = 500;

/// A member whose text is a file.
pub(super) struct Side {
    pub(super) section: &'static str,
    /// Where the entries are: in the section itself, or in a member of it.
    pub(super) within: Option<&'static str>,
    /// The member, as a JSON pointer below an entry. `*` at its end: each member there.
    pub(super) member: &'static str,
    /// What the file is called after; followed by `suffix`.
    pub(super) named: &'static str,
    pub(super) suffix: &'static str,
    /// The directory beside the YAML file.
    pub(super) yaml: &'static str,
}

/// Every such member.
pub(super) const SIDES: &[Side] = &[
    Side {
        section: "actions",
        within: None,
        member: "/code",
        named: "name",
        suffix: "/code.js",
        yaml: "actions",
    },
    Side {
        section: "clients",
        within: None,
        member: "/custom_login_page",
        named: "name",
        suffix: "_custom_login_page.html",
        yaml: "clients",
    },
    Side {
        section: "emailTemplates",
        within: None,
        member: "/body",
        named: "template",
        suffix: ".html",
        yaml: "emailTemplates",
    },
    Side {
        section: "pages",
        within: None,
        member: "/html",
        named: "name",
        suffix: ".html",
        yaml: "pages",
    },
    Side {
        section: "branding",
        within: Some("templates"),
        member: "/body",
        named: "template",
        suffix: ".html",
        yaml: "branding_templates",
    },
    Side {
        section: "connections",
        within: None,
        member: "/options/email/body",
        named: "name",
        suffix: ".html",
        yaml: "connections",
    },
    Side {
        section: "databases",
        within: None,
        member: "/options/customScripts/*",
        named: "name",
        suffix: ".js",
        yaml: "databases",
    },
];

/// The sides of a section.
pub(super) fn of<'a>(
    section: &'a str,
    within: Option<&'a str>,
) -> impl Iterator<Item = &'static Side> + 'a {
    SIDES
        .iter()
        .filter(move |side| side.section == section && side.within == within)
}

/// Puts the contents of files where an entry refers to them.
pub(super) fn load(
    side: &Side,
    entry: &mut Value,
    (own, root): (&Path, &Path),
    keywords: &Keywords<'_>,
) -> Result<()> {
    for text in members(side, entry).into_iter().map(|(_, text)| text) {
        let Value::String(reference) = text else {
            continue;
        };
        if let Some(file) = find(reference, own, root)? {
            *text = text_of(&file, keywords)?.into();
        }
    }
    Ok(())
}

/// Writes an entry's texts into files of `directory` and refers to them as `./…` after `prefix`.
pub(super) fn store(side: &Side, entry: &mut Value, directory: &Path, prefix: &str) -> Result<()> {
    let name = entry.get(side.named).and_then(Value::as_str);
    let name = file_name(name.unwrap_or_default());
    for (script, text) in members(side, entry) {
        let Value::String(content) = text else {
            continue;
        };
        let file = match script {
            Some(script) => format!("{}{}", file_name(&script), side.suffix),
            None => format!("{name}{}", side.suffix),
        };
        put(&directory.join(&file), content)?;
        *text = format!("./{prefix}{file}").into();
    }
    Ok(())
}

/// The members of an entry that a side means, each with its name where there are several.
fn members<'v>(side: &Side, entry: &'v mut Value) -> Vec<(Option<String>, &'v mut Value)> {
    match side.member.strip_suffix("/*") {
        None => entry
            .pointer_mut(side.member)
            .map(|found| (None, found))
            .into_iter()
            .collect(),
        Some(parent) => {
            let parent = entry.pointer_mut(parent).and_then(Value::as_object_mut);
            let each = parent.into_iter().flatten();
            each.map(|(name, text)| (Some(name.clone()), text))
                .collect()
        }
    }
}

/// The file that a text refers to, if it looks like a reference and the file is there. It must be
/// below `root`: what somebody else exported does not get to read the rest of the disk.
fn find(reference: &str, own: &Path, root: &Path) -> Result<Option<PathBuf>> {
    if reference.len() > REFERENCE_BYTES_MAX || reference.contains(['\n', '<']) {
        return Ok(None);
    }
    let relative = reference.replace('\\', "/");
    let relative = relative.trim_start_matches("./");
    for base in bases(own, root) {
        let file = base.join(relative);
        if relative.is_empty() || !file.is_file() {
            continue;
        }
        let told = || format!("cannot read {}", file.display());
        let (file, root) = (
            file.canonicalize().with_context(told)?,
            root.canonicalize().with_context(told)?,
        );
        if !file.starts_with(&root) {
            bail!("{reference:?} leads out of {}", root.display());
        }
        return Ok(Some(file));
    }
    if reference.starts_with("./") {
        bail!("{reference:?} is not there");
    }
    Ok(None)
}
