//! The files that tidy reads: text of our own, not what is built, installed or vendored.

use std::path::Path;

use anyhow::Context;

/// A text file of the repository.
pub(super) struct File {
    /// Path from the repository's root, with `/`.
    pub(super) path: String,
    pub(super) text: String,
}

impl File {
    /// The last part of the path.
    pub(super) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// Whether the name ends in `.extension`.
    pub(super) fn has_extension(&self, extension: &str) -> bool {
        self.name()
            .rsplit_once('.')
            .is_some_and(|(_, found)| found == extension)
    }

    /// The crate under `crates/` that the file belongs to.
    pub(super) fn package(&self) -> Option<&str> {
        self.path.strip_prefix("crates/")?.split('/').next()
    }
}

/// Built, installed, vendored: not ours to keep tidy.
const SKIPPED: [&str; 7] = [
    "target",
    "node_modules",
    "vendor",
    "data",
    "venv",
    "corpus",
    "artifacts",
];

const EXTENSIONS: [&str; 13] = [
    "rs", "toml", "sql", "md", "js", "mjs", "css", "html", "txt", "yaml", "yml", "py", "kt",
];

/// Reads all files under `root`, sorted by path.
pub(super) fn read(root: &Path) -> anyhow::Result<Vec<File>> {
    let mut files = Vec::new();
    walk(root, "", &mut files)?;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn walk(dir: &Path, prefix: &str, files: &mut Vec<File>) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(dir).with_context(|| dir.display().to_string())? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let path = format!("{prefix}{name}");
        if entry.file_type()?.is_dir() {
            if !name.starts_with('.') && !SKIPPED.contains(&name.as_str()) {
                walk(&entry.path(), &format!("{path}/"), files)?;
            }
        } else if name
            .rsplit_once('.')
            .is_some_and(|(_, e)| EXTENSIONS.contains(&e))
        {
            let text = std::fs::read_to_string(entry.path()).with_context(|| path.clone())?;
            files.push(File { path, text });
        }
    }
    Ok(())
}
