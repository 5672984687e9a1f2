//! The two layouts of auth0-deploy-cli: a directory of JSON files, and one YAML file. In both,
//! long texts (pages, mails, scripts) are files beside it.

mod directory;
mod side;
mod yaml;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use super::keywords::{Keywords, Unresolved};
use super::place::Sections;

/// The largest file that is read, in bytes.
const FILE_BYTES_MAX: u64 = 16 << 20;

/// What files say, and what they leave open.
#[derive(Debug, Default)]
pub(crate) struct Read {
    /// The sections.
    pub(crate) sections: Sections,
    /// Keywords that mean nothing here; the members that held them are left out.
    pub(crate) open: Vec<Unresolved>,
}

/// Reads a YAML file, or a directory in either layout.
pub(crate) fn read(path: &Path, mut keywords: Keywords<'_>) -> Result<Read> {
    if !path.exists() {
        bail!("there is no {}", path.display());
    }
    let file = if path.is_dir() {
        ["tenant.yaml", "tenant.yml"]
            .map(|name| path.join(name))
            .into_iter()
            .find(|file| file.is_file())
    } else {
        Some(path.to_owned())
    };
    let (read, at) = match &file {
        Some(file) => {
            keywords.root = file.parent().map(Path::to_owned).unwrap_or_default();
            (yaml::read(file, &keywords), file.as_path())
        }
        None => {
            keywords.root = path.to_owned();
            (directory::read(path, &keywords), path)
        }
    };
    read.with_context(|| format!("in {}", at.display()))
}

/// Writes sections; a path that ends in `.yaml` or `.yml` is one file, anything else a directory.
/// The same sections give the same files, byte for byte.
pub(crate) fn write(path: &Path, sections: &Sections) -> Result<()> {
    let extension = path.extension().and_then(|extension| extension.to_str());
    match extension {
        Some("yaml" | "yml") => yaml::write(path, sections),
        _ => directory::write(path, sections),
    }
}

/// Reads a file of bounded length, with mapped keywords replaced.
fn text_of(path: &Path, keywords: &Keywords<'_>) -> Result<String> {
    let told = || format!("cannot read {}", path.display());
    let size = std::fs::metadata(path).with_context(told)?.len();
    if size > FILE_BYTES_MAX {
        bail!(
            "{} has {size} bytes; at most {FILE_BYTES_MAX} are read",
            path.display()
        );
    }
    let text = std::fs::read_to_string(path).with_context(told)?;
    Ok(keywords.text(&text))
}

fn put(path: &Path, text: &str) -> Result<()> {
    let told = || format!("cannot write {}", path.display());
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory).with_context(told)?;
    }
    std::fs::write(path, text).with_context(told)
}

/// A name as a file's name, as deploy-cli writes it.
fn file_name(name: &str) -> String {
    let bad = |c: char| c.is_control() || "/?<>\\:*|\"".contains(c);
    let name: String = name.chars().map(|c| if bad(c) { '-' } else { c }).collect();
    match name.as_str() {
        "" | "." | ".." => "-".to_owned(),
        name => name.to_owned(),
    }
}

/// Where an entry's file is looked for: in its own directory, then where everything begins.
fn bases(own: &Path, root: &Path) -> [PathBuf; 2] {
    [own.to_owned(), root.to_owned()]
}

#[cfg(test)]
mod tests;
