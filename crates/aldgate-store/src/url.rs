//! Where the database is: `sqlite:PATH` or `postgres://…`.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::postgres::PostgresTarget;

/// The address of a database, checked. Shows no password.
#[derive(Clone)]
pub struct DatabaseUrl {
    target: Target,
}

#[derive(Clone)]
pub(crate) enum Target {
    Sqlite(PathBuf),
    Postgres(Box<PostgresTarget>),
}

/// Why a text is no database address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("database.url: {problem}. Expected sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE")]
pub struct DatabaseUrlError {
    problem: String,
}

impl DatabaseUrl {
    /// The SQLite database in the file `path`.
    pub fn sqlite(path: impl Into<PathBuf>) -> Self {
        Self {
            target: Target::Sqlite(path.into()),
        }
    }

    /// Reads an address. PostgreSQL's takes libpq's parameters; of those, `sslmode` may be
    /// `disable` or `require` (`verify-ca` and `verify-full` mean the same here: a certificate is
    /// always verified) and `sslrootcert` names a PEM file to trust instead of the system's
    /// authorities. Without `sslmode`, TLS is required unless the server is this machine.
    ///
    /// # Errors
    /// Says which part is wrong. The text itself is not repeated: it may hold a password.
    pub fn parse(text: &str) -> Result<Self, DatabaseUrlError> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            return match path {
                "" => Err(problem("the path after sqlite: is missing")),
                ":memory:" => Err(problem("sqlite::memory: is not supported, name a file")),
                path => Ok(Self::sqlite(path)),
            };
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            let target = PostgresTarget::parse(text).map_err(|e| problem(&e))?;
            return Ok(Self {
                target: Target::Postgres(Box::new(target)),
            });
        }
        let scheme = text.split(':').next().unwrap_or_default();
        let scheme: String = scheme.chars().take(20).collect();
        Err(problem(&format!("the scheme is {scheme:?}")))
    }

    /// The file of an SQLite database.
    #[must_use]
    pub fn sqlite_path(&self) -> Option<&Path> {
        match &self.target {
            Target::Sqlite(path) => Some(path),
            Target::Postgres(_) => None,
        }
    }

    pub(crate) const fn target(&self) -> &Target {
        &self.target
    }
}

fn problem(text: &str) -> DatabaseUrlError {
    DatabaseUrlError {
        problem: text.to_owned(),
    }
}

impl FromStr for DatabaseUrl {
    type Err = DatabaseUrlError;

    fn from_str(text: &str) -> Result<Self, DatabaseUrlError> {
        Self::parse(text)
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.target {
            Target::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Target::Postgres(target) => write!(f, "{target}"),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sqlite_paths_are_kept() {
        let url = DatabaseUrl::parse("sqlite:/var/lib/aldgate/aldgate.db").unwrap();
        assert_eq!(
            url.sqlite_path(),
            Some(Path::new("/var/lib/aldgate/aldgate.db"))
        );
        assert_eq!(url.to_string(), "sqlite:/var/lib/aldgate/aldgate.db");
        let relative = DatabaseUrl::parse("sqlite://data/aldgate.db").unwrap();
        assert_eq!(relative.sqlite_path(), Some(Path::new("data/aldgate.db")));
    }

    #[test]
    fn passwords_are_not_shown() {
        let url = DatabaseUrl::parse("postgres://ann:hunter2@localhost:5433/aldgate").unwrap();
        assert_eq!(url.to_string(), "postgres://ann@localhost:5433/aldgate");
        assert!(!format!("{url:?}").contains("hunter2"));
        let wrong = DatabaseUrl::parse("postgres://ann:hunter2@localhost/a?sslmode=maybe");
        assert!(!wrong.unwrap_err().to_string().contains("hunter2"));
    }

    #[test]
    fn wrong_addresses_say_what_is_expected() {
        for bad in [
            "",
            "mysql://x",
            "sqlite:",
            "sqlite::memory:",
            "postgres://h/d?sslmode=maybe",
        ] {
            let error = DatabaseUrl::parse(bad).unwrap_err().to_string();
            assert!(
                error.contains("Expected sqlite:PATH or postgres://"),
                "{bad}: {error}"
            );
        }
    }
}
