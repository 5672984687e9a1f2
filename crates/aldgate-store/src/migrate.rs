//! Migrations: numbered files, forward only, checksummed, each in one transaction, one text for
//! both engines. Expand in one release, contract in a later one.

use std::fmt::Write as _;

use aldgate_core::secret::TokenHash;

use crate::error::StoreError;
use crate::sql::sql;
use crate::tx::SystemTx;
use crate::value::params;

/// One step of the schema.
pub(crate) struct Migration {
    /// Position, from 1 without gaps.
    pub(crate) version: i64,
    /// The file's name without its ending.
    pub(crate) name: &'static str,
    /// The statements. A released text never changes: its checksum is stored.
    pub(crate) text: &'static str,
}

/// Every migration, oldest first.
pub(crate) const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 1,
        name: "0001_init",
        text: include_str!("../migrations/0001_init.sql"),
    },
    Migration {
        version: 2,
        name: "0002_user_search",
        text: include_str!("../migrations/0002_user_search.sql"),
    },
    Migration {
        version: 3,
        name: "0003_actions",
        text: include_str!("../migrations/0003_actions.sql"),
    },
    Migration {
        version: 4,
        name: "0004_job_reports",
        text: include_str!("../migrations/0004_job_reports.sql"),
    },
    Migration {
        version: 5,
        name: "0005_federation",
        text: include_str!("../migrations/0005_federation.sql"),
    },
    Migration {
        version: 6,
        name: "0006_quiet_indexes",
        text: include_str!("../migrations/0006_quiet_indexes.sql"),
    },
    Migration {
        version: 7,
        name: "0007_otps",
        text: include_str!("../migrations/0007_otps.sql"),
    },
    Migration {
        version: 8,
        name: "0008_language",
        text: include_str!("../migrations/0008_language.sql"),
    },
];

/// The tables that the migrations make; for tests.
#[cfg(feature = "testing")]
pub(crate) fn tables() -> impl Iterator<Item = &'static str> {
    let texts = MIGRATIONS.iter().map(|migration| migration.text);
    let lines = texts.flat_map(str::lines);
    lines.filter_map(|line| line.strip_prefix("CREATE TABLE ")?.split(' ').next())
}

/// What the database and this program disagree about.
#[derive(Debug, thiserror::Error)]
enum SchemaError {
    #[error(
        "the database has migration {actual}, this program knows migrations up to {expected}: it \
        was used by a newer version. Start that version, or restore a backup from before"
    )]
    Newer { expected: i64, actual: i64 },
    #[error(
        "migration {name} was applied with checksum {actual}, this program has {expected}: the \
        file was changed after it was applied. Use the version that made the database, or restore \
        a backup"
    )]
    Changed {
        name: &'static str,
        expected: String,
        actual: String,
    },
    #[error(
        "this database sorts text by the rules of a language, so ranges of names would miss some; \
        expected the order of code points. Make it by CREATE DATABASE … TEMPLATE template0 \
        LOCALE 'C' ENCODING 'UTF8' and migrate that one"
    )]
    Collation,
}

const TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_migrations (
    version BIGINT PRIMARY KEY,
    name TEXT NOT NULL,
    checksum TEXT NOT NULL
)";

sql! {
    /// Reads what was applied: a handful of rows.
    const APPLIED: scan = "SELECT version, checksum FROM schema_migrations ORDER BY version";
    /// Whether text sorts by code points: always on SQLite, on PostgreSQL where the database was
    /// made so. Searches walk ranges of keys and count on it. A sum has a row in an empty table.
    const BY_CODE_POINT: scan = "SELECT CAST(CASE WHEN 'B' < 'a' THEN 1 ELSE 0 END AS BIGINT),
            CAST(COUNT(*) AS BIGINT)
        FROM schema_migrations";
    /// Claims a migration. Two nodes that claim the same one wait for each other here.
    const CLAIM = "INSERT INTO schema_migrations (version, name, checksum)
        VALUES (?1, ?2, ?3)
        ON CONFLICT (version) DO NOTHING";
}

/// Applies one migration unless it was applied before; tells whether it did.
pub(crate) fn apply(system: &mut SystemTx<'_>, migration: &Migration) -> Result<bool, StoreError> {
    system.script(TABLE)?;
    let before = applied(system)?;
    check(&before)?;
    if before.is_empty() && system.one(&BY_CODE_POINT, params![], |row| row.int(0))? != Some(1) {
        return Err(StoreError::unavailable(SchemaError::Collation));
    }
    let checksum = checksum(migration.text);
    let claimed = system.execute(&CLAIM, params![migration.version, migration.name, checksum])?;
    if claimed == 0 {
        return Ok(false);
    }
    system.script(migration.text)?;
    Ok(true)
}

/// Names the migrations that the database lacks, and refuses a database that is newer than this
/// program or was migrated by other texts.
pub(crate) fn pending(system: &mut SystemTx<'_>) -> Result<Vec<&'static str>, StoreError> {
    let applied = if system.has_table("schema_migrations")? {
        applied(system)?
    } else {
        vec![]
    };
    check(&applied)?;
    let missing = |m: &&Migration| !applied.iter().any(|a| a.version == m.version);
    Ok(MIGRATIONS.iter().filter(missing).map(|m| m.name).collect())
}

/// A migration that the database has.
struct Applied {
    version: i64,
    checksum: String,
}

fn applied(system: &mut SystemTx<'_>) -> Result<Vec<Applied>, StoreError> {
    system.all(&APPLIED, params![], |row| {
        Ok(Applied {
            version: row.int(0)?,
            checksum: row.text(1)?.to_owned(),
        })
    })
}

fn check(applied: &[Applied]) -> Result<(), StoreError> {
    let known = MIGRATIONS.last().map_or(0, |m| m.version);
    for row in applied {
        let Some(migration) = MIGRATIONS.iter().find(|m| m.version == row.version) else {
            let error = SchemaError::Newer {
                expected: known,
                actual: row.version,
            };
            return Err(StoreError::unavailable(error));
        };
        let expected = checksum(migration.text);
        if expected != row.checksum {
            let (name, actual) = (migration.name, row.checksum.clone());
            return Err(StoreError::unavailable(SchemaError::Changed {
                name,
                expected,
                actual,
            }));
        }
    }
    Ok(())
}

/// SHA-256 of a migration's text in hexadecimal.
fn checksum(text: &str) -> String {
    TokenHash::of(text)
        .as_bytes()
        .iter()
        .fold(String::new(), |mut hex, byte| {
            // Writing to a String cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrations_are_numbered_without_gaps_and_use_only_common_types() {
        for (index, migration) in MIGRATIONS.iter().enumerate() {
            assert_eq!(usize::try_from(migration.version), Ok(index + 1));
            assert!(
                migration
                    .name
                    .starts_with(&format!("{:04}_", migration.version))
            );
            let text = migration.text.to_uppercase();
            for word in [
                "SERIAL",
                "BOOLEAN",
                "TIMESTAMP",
                "JSONB",
                "BLOB",
                "INTEGER",
                "VARCHAR",
            ] {
                let mut words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
                assert!(!words.any(|w| w == word), "{}: {word}", migration.name);
            }
        }
    }

    #[test]
    fn a_newer_database_is_refused_with_the_remedy() {
        let newer = [Applied {
            version: 9_999,
            checksum: String::new(),
        }];
        let error = check(&newer).unwrap_err().to_string();
        assert!(error.contains("has migration 9999"), "{error}");
        assert!(error.contains("Start that version"), "{error}");
    }

    #[test]
    fn a_changed_migration_is_refused() {
        let changed = [Applied {
            version: 1,
            checksum: "00".to_owned(),
        }];
        let error = check(&changed).unwrap_err().to_string();
        assert!(
            error.contains("0001_init was applied with checksum 00"),
            "{error}"
        );
    }
}
