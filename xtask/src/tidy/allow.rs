//! The list of exceptions. It may only shrink: an entry that is no longer needed, or a number
//! larger than needed, is a finding itself, and so is one entry more than its first line says.

use std::path::Path;

use anyhow::Context;

use super::Finding;

/// Where the list lies.
pub(super) const PATH: &str = "xtask/tidy-allow.txt";

/// The exceptions, and which of them were met.
pub(super) struct Allowed {
    entries: Vec<Entry>,
    entries_max: usize,
}

/// `rule path[#item] limit reason`, the limit `-` for rules that measure nothing.
struct Entry {
    line: usize,
    rule: String,
    place: String,
    limit: usize,
    reason: String,
    met: Option<usize>,
}

impl Allowed {
    /// Reads the list.
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        Self::parse(&text)
    }

    fn parse(text: &str) -> anyhow::Result<Self> {
        let mut list = Self {
            entries: Vec::new(),
            entries_max: 0,
        };
        for (index, line) in text.lines().enumerate() {
            if let Some(number) = line.strip_prefix("entries: ") {
                list.entries_max = number.parse().with_context(|| format!("{PATH}: {line}"))?;
            } else if !line.is_empty() && !line.starts_with('#') {
                list.entries.push(Entry::parse(index + 1, line)?);
            }
        }
        Ok(list)
    }

    /// Whether an entry allows the finding.
    pub(super) fn covers(&mut self, finding: &Finding) -> bool {
        let place = match finding.item.as_str() {
            "" => finding.path.clone(),
            item => format!("{}#{item}", finding.path),
        };
        let entry = self.entries.iter_mut().find(|entry| {
            let fits = entry.rule == finding.rule && entry.place == place;
            fits && finding.value <= entry.limit
        });
        let Some(entry) = entry else { return false };
        entry.met = Some(entry.met.unwrap_or(0).max(finding.value));
        true
    }

    /// What is wrong with the list itself, once everything was checked.
    pub(super) fn complaints(&self) -> Vec<Finding> {
        let mut complaints = Vec::new();
        let mut complain = |line, text: String| {
            let finding = Finding::new(line, "allow-list", text);
            complaints.push(Finding {
                path: PATH.to_owned(),
                ..finding
            });
        };
        for entry in &self.entries {
            let place = &entry.place;
            match entry.met {
                None => complain(entry.line, format!("{place} needs no exception: remove it")),
                Some(value) if value < entry.limit && value > 0 => {
                    complain(
                        entry.line,
                        format!("{place} is down to {value}: lower the limit"),
                    );
                }
                Some(_) => {}
            }
            if entry.reason.split_whitespace().count() < 3 {
                complain(
                    entry.line,
                    format!("{place} has no reason: say why it stays"),
                );
            }
        }
        if self.entries.len() != self.entries_max {
            let (count, max) = (self.entries.len(), self.entries_max);
            complain(
                1,
                format!("{count} entries, but the head says {max}; it may only shrink"),
            );
        }
        complaints
    }
}

impl Entry {
    fn parse(line: usize, text: &str) -> anyhow::Result<Self> {
        let mut parts = text.splitn(4, char::is_whitespace);
        let (Some(rule), Some(place), Some(limit), Some(reason)) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            anyhow::bail!(
                "{PATH}:{line}: expected `rule path[#item] limit reason`, found `{text}`"
            );
        };
        let limit = match limit {
            "-" => 0,
            number => number
                .parse()
                .with_context(|| format!("{PATH}:{line}: {number}"))?,
        };
        let (rule, place, reason) = (rule.to_owned(), place.to_owned(), reason.trim().to_owned());
        Ok(Self {
            line,
            rule,
            place,
            limit,
            reason,
            met: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(value: usize) -> Finding {
        let path = "crates/a/src/b.rs".to_owned();
        Finding {
            path,
            ..Finding::new(1, "file-lines", "too long").measured(value)
        }
    }

    #[test]
    fn the_list_may_only_shrink() {
        let text = "entries: 1\nfile-lines crates/a/src/b.rs 520 one table that belongs together\n";
        let mut list = Allowed::parse(text).unwrap();
        assert_eq!(list.complaints().len(), 1, "an entry that nothing needs");
        assert!(!list.covers(&finding(521)));
        assert!(list.covers(&finding(510)));
        assert_eq!(
            list.complaints()[0].text,
            "crates/a/src/b.rs is down to 510: lower the limit"
        );
        assert!(list.covers(&finding(520)));
        assert!(list.complaints().is_empty());
        let more = Allowed::parse(&text.replace("entries: 1", "entries: 0")).unwrap();
        assert_eq!(more.complaints().len(), 2);
    }
}
