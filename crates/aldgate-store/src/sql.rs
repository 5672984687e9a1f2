//! Statements as named constants: one text for both engines, listed so that tests can try each.

/// One statement. Placeholders are `?1`, `?2`, …; PostgreSQL gets them as `$1`, `$2`, ….
#[derive(Debug, Clone, Copy)]
pub struct Sql {
    /// `module::NAME`, for messages.
    pub name: &'static str,
    /// The text.
    pub text: &'static str,
    /// Whether the statement is meant to read a whole table. All others must use an index.
    pub scan: bool,
}

/// Defines the statements of a file and lists them in `STATEMENTS`:
///
/// ```text
/// sql! {
///     /// Takes a code out of circulation.
///     const TAKE = "UPDATE codes SET … RETURNING …";
///     /// Reads every tenant: the table is small.
///     const ALL: scan = "SELECT … FROM tenants ORDER BY id";
/// }
/// ```
///
/// Add the file's `STATEMENTS` to [`STATEMENT_LISTS`]: a test compares the two.
macro_rules! sql {
    ($($(#[$doc:meta])* const $name:ident $(: $scan:ident)? = $text:expr;)+) => {
        $(
            $(#[$doc])*
            const $name: $crate::sql::Sql = $crate::sql::Sql {
                name: concat!(module_path!(), "::", stringify!($name)),
                text: $text,
                scan: $crate::sql::sql!(@scan $($scan)?),
            };
        )+
        /// Every statement of this file.
        pub(crate) const STATEMENTS: &[$crate::sql::Sql] = &[$($name),+];
    };
    (@scan scan) => { true };
    (@scan) => { false };
}
pub(crate) use sql;

/// The statements of each file of this crate.
const STATEMENT_LISTS: &[&[Sql]] = &[
    crate::access::STATEMENTS,
    crate::access_tokens::STATEMENTS,
    crate::action_records::STATEMENTS,
    crate::actions::STATEMENTS,
    crate::apis::STATEMENTS,
    crate::applications::STATEMENTS,
    crate::assertions::STATEMENTS,
    crate::attempts::STATEMENTS,
    crate::changes::STATEMENTS,
    crate::client_grants::STATEMENTS,
    crate::codes::STATEMENTS,
    crate::connections::STATEMENTS,
    crate::consents::STATEMENTS,
    crate::events::STATEMENTS,
    crate::federated_attempts::STATEMENTS,
    crate::grants::STATEMENTS,
    crate::janitor::STATEMENTS,
    crate::job_reports::STATEMENTS,
    crate::jobs::STATEMENTS,
    crate::leases::STATEMENTS,
    crate::logouts::STATEMENTS,
    crate::migrate::STATEMENTS,
    crate::otps::STATEMENTS,
    crate::passwords::STATEMENTS,
    crate::permissions::STATEMENTS,
    crate::refresh_tokens::STATEMENTS,
    crate::restore::STATEMENTS,
    crate::roles::STATEMENTS,
    crate::sessions::STATEMENTS,
    crate::settings::STATEMENTS,
    crate::signing_keys::STATEMENTS,
    crate::tenant_tables::STATEMENTS,
    crate::tenants::STATEMENTS,
    crate::tickets::STATEMENTS,
    crate::transactions::STATEMENTS,
    crate::upstream_tokens::STATEMENTS,
    crate::users::NAMES,
    crate::users::SEARCH,
    crate::users::STATEMENTS,
    crate::users::WALK,
];

/// Lists every statement that this crate can run.
pub fn statements() -> impl Iterator<Item = &'static Sql> {
    STATEMENT_LISTS.iter().copied().flatten()
}

impl Sql {
    /// The table that the statement is about: the word after the first `FROM`, `INTO` or `UPDATE`.
    pub(crate) fn table(&self) -> &'static str {
        let mut words = self.text.split_whitespace();
        while let Some(word) = words.next() {
            if matches!(word, "FROM" | "INTO" | "UPDATE") {
                return words
                    .next()
                    .map_or("", |t| t.trim_end_matches(['(', ',', ')', ';']));
            }
        }
        ""
    }

    /// The text with PostgreSQL's placeholders.
    #[must_use]
    pub fn for_postgres(&self) -> String {
        let mut text = String::with_capacity(self.text.len());
        let mut quoted = false;
        for c in self.text.chars() {
            quoted ^= c == '\'';
            text.push(if c == '?' && !quoted { '$' } else { c });
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sql(text: &'static str) -> Sql {
        Sql {
            name: "test",
            text,
            scan: false,
        }
    }

    #[test]
    fn placeholders_are_rewritten_outside_of_quotes() {
        let statement = sql("UPDATE codes SET a = ?1 WHERE b = ?12 AND c = '?1'");
        let expected = "UPDATE codes SET a = $1 WHERE b = $12 AND c = '?1'";
        assert_eq!(statement.for_postgres(), expected);
    }

    #[test]
    fn the_table_is_found() {
        assert_eq!(sql("SELECT id FROM users WHERE id = ?1").table(), "users");
        assert_eq!(sql("INSERT INTO roles (id) VALUES (?1)").table(), "roles");
        assert_eq!(sql("UPDATE codes SET a = 1").table(), "codes");
        assert_eq!(sql("SELECT 1").table(), "");
    }

    #[test]
    fn every_file_with_statements_is_listed() {
        let mut files = Vec::new();
        collect(
            &std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
            &mut files,
        );
        let modules = |list: &&[Sql]| module_of(list[0].name).to_owned();
        let mut listed: Vec<String> = STATEMENT_LISTS.iter().map(modules).collect();
        files.sort();
        listed.sort();
        assert_eq!(files, listed);
    }

    fn module_of(name: &str) -> &str {
        name.trim_start_matches("aldgate_store::")
            .rsplit_once("::")
            .map_or("", |(m, _)| m)
    }

    fn collect(directory: &std::path::Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(directory).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                collect(&path, found);
            } else if std::fs::read_to_string(&path).unwrap().contains("\nsql! {") {
                let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
                let module = path.strip_prefix(root).unwrap().with_extension("");
                found.push(
                    module
                        .to_str()
                        .unwrap()
                        .replace('/', "::")
                        .replace("::mod", ""),
                );
            }
        }
    }
}
