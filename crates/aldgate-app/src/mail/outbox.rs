//! The outbox directory: a file for each mail, for development.

use std::io;
use std::path::{Path, PathBuf};

use aldgate_core::time::Timestamp;

use super::SentMail;

/// Writes a mail. Files sort by time: `1795000000000000-4f2a….json`.
pub(super) async fn write(directory: &Path, mail: &SentMail) -> io::Result<()> {
    tokio::fs::create_dir_all(directory).await?;
    let json = serde_json::to_vec_pretty(mail)?;
    let digest = aldgate_jose::digest::sha256(&json);
    let tail: String = digest
        .iter()
        .take(4)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let name = format!("{:016}-{tail}.json", mail.sent_at.micros().max(0));
    let temporary = directory.join(format!(".{name}"));
    tokio::fs::write(&temporary, json).await?;
    tokio::fs::rename(temporary, directory.join(name)).await
}

/// The newest mails, at most `limit`.
pub(super) async fn read(directory: &Path, limit: usize) -> io::Result<Vec<SentMail>> {
    let names = names(directory).await?;
    let mut mails = Vec::new();
    for path in names.iter().rev().take(limit) {
        mails.push(serde_json::from_slice(&tokio::fs::read(path).await?)?);
    }
    Ok(mails)
}

/// Removes mails from before `before`; says how many.
pub(super) async fn prune(directory: &Path, before: Timestamp) -> io::Result<usize> {
    let mut removed = 0;
    for path in names(directory).await? {
        let sent_at = path.file_name().and_then(|name| name.to_str());
        let sent_at = sent_at.and_then(|name| name.split('-').next()?.parse().ok());
        let is_old = sent_at.is_some_and(|micros| Timestamp::from_micros(micros) < before);
        if is_old {
            tokio::fs::remove_file(path).await?;
            removed += 1;
        }
    }
    Ok(removed)
}

/// Every mail, oldest first; none where there is no directory yet.
async fn names(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut entries = match tokio::fs::read_dir(directory).await {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut names = Vec::new();
    while let Some(entry) = entries.next_entry().await? {
        let name = entry.file_name();
        let shown = name.to_string_lossy();
        if shown.ends_with(".json") && !shown.starts_with('.') {
            names.push(entry.path());
        }
    }
    names.sort();
    Ok(names)
}
