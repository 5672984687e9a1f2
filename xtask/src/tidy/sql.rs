//! Every statement of the store names the tenant it is about.

use super::Finding;
use super::files::File;
use super::lexer::{Code, is_word};

const VERBS: [&str; 5] = ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"];

/// Checks the SQL in the string literals of the store's sources.
pub(super) fn check(file: &File, code: &Code) -> Vec<Finding> {
    if !file.path.starts_with("crates/aldgate-store/src/") || file.path.ends_with("/tests.rs") {
        return Vec::new();
    }
    let tests_from = code.text.windows(12).position(|at| at == b"#[cfg(test)]");
    let tests_from = tests_from.unwrap_or(usize::MAX);
    let statements = code
        .strings
        .iter()
        .filter(|literal| literal.start < tests_from);
    statements
        .filter(|literal| is_statement(&literal.text) && !literal.text.contains("tenant_id"))
        .map(|literal| {
            let name = constant(&code.text[..literal.start]).unwrap_or_default();
            let text = format!(
                "the statement {name} has no tenant_id: add it, or list the table as global in {}",
                super::allow::PATH,
            );
            Finding::new(code.line(literal.start), "sql-tenant", text).of(name)
        })
        .collect()
}

fn is_statement(text: &str) -> bool {
    let text = text.trim_start_matches([' ', '\n', '\\']);
    let verb = text.split([' ', '\n']).next().unwrap_or_default();
    VERBS.contains(&verb) && text.len() > verb.len()
}

/// The name of the constant whose value begins after `before`.
fn constant(before: &[u8]) -> Option<String> {
    let start = before
        .iter()
        .rposition(|&byte| byte == b';')
        .map_or(0, |at| at + 1);
    let item = String::from_utf8_lossy(&before[start..]).into_owned();
    let (_, name) = item
        .rsplit_once("const ")
        .or_else(|| item.rsplit_once("static "))?;
    let name: String = name
        .bytes()
        .take_while(|byte| is_word(*byte))
        .map(char::from)
        .collect();
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::super::lexer;
    use super::*;

    fn found(source: &str) -> Vec<String> {
        let path = "crates/aldgate-store/src/codes.rs".to_owned();
        let file = File {
            path,
            text: source.to_owned(),
        };
        check(&file, &lexer::read(source))
            .into_iter()
            .map(|finding| finding.item)
            .collect()
    }

    #[test]
    fn a_statement_without_tenant_is_found_by_its_constant() {
        let source = "
            const TAKE: &str = \"UPDATE codes SET x = 1 WHERE tenant_id = ?1\";
            const LEAK: &str = \"\\
                SELECT document FROM codes WHERE hash = ?1\";
            fn f() { log(\"UPDATE\"); }
            #[cfg(test)]
            mod tests { const T: &str = \"SELECT 1\"; }
        ";
        assert_eq!(found(source), ["LEAK"]);
    }
}
