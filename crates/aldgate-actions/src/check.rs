//! What can be said of an action before it ever runs: refused at deployment, with the lines.

use serde::Serialize;

use aldgate_core::action::rules::CODE_BYTES_MAX;

use crate::Trigger;

/// What `require` gives.
const MODULES: &[&str] = &[
    "auth0",
    "axios",
    "buffer",
    "crypto",
    "jsonwebtoken",
    "node:buffer",
    "node:crypto",
];

/// What Node has and an action has not.
const ABSENT: &[(&str, &str)] = &[
    (
        "process.",
        "There is no process; use event.secrets and event.configuration.",
    ),
    ("__dirname", "There are no files."),
    ("__filename", "There are no files."),
    ("require.resolve", "Modules are built in."),
    ("import(", "Use require at the top of the action."),
    ("new Worker(", "There are no further threads."),
    ("WebAssembly", "WebAssembly is not offered."),
    ("XMLHttpRequest", "Use fetch."),
];

/// Methods of `api`, by trigger.
const API: &[(Trigger, &[&str])] = &[
    (
        Trigger::PostLogin,
        &[
            "access.deny",
            "accessToken.addScope",
            "accessToken.removeScope",
            "accessToken.setCustomClaim",
            "authentication.recordMethod",
            "authentication.setPrimaryUser",
            "cache.delete",
            "cache.get",
            "cache.set",
            "idToken.setCustomClaim",
            "redirect.canRedirect",
            "redirect.encodeToken",
            "redirect.sendUserTo",
            "redirect.validateToken",
            "refreshToken.revoke",
            "rules.wasExecuted",
            "session.revoke",
            "user.setAppMetadata",
            "user.setUserMetadata",
            "validation.error",
        ],
    ),
    (
        Trigger::CredentialsExchange,
        &[
            "access.deny",
            "accessToken.setCustomClaim",
            "cache.delete",
            "cache.get",
            "cache.set",
        ],
    ),
    (
        Trigger::PreUserRegistration,
        &[
            "access.deny",
            "cache.delete",
            "cache.get",
            "cache.set",
            "user.setAppMetadata",
            "user.setUserMetadata",
            "validation.error",
        ],
    ),
    (
        Trigger::PostUserRegistration,
        &["cache.delete", "cache.get", "cache.set"],
    ),
    (
        Trigger::PostChangePassword,
        &["cache.delete", "cache.get", "cache.set"],
    ),
];

/// Something in the code that will not work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The line, from 1; 0 for the whole code.
    pub line: usize,
    /// What is wrong.
    pub problem: String,
    /// What to do instead.
    pub remedy: String,
}

/// Looks through code for what an action cannot use. Finds what people write, not every trick: the
/// sandbox holds whatever the code does.
#[must_use]
pub fn check(code: &str, trigger: Trigger) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut find = |line: usize, problem: String, remedy: String| {
        findings.push(Finding {
            line,
            problem,
            remedy,
        });
    };
    if code.len() > CODE_BYTES_MAX {
        let problem = format!("The code has {} bytes.", code.len());
        find(0, problem, format!("At most {CODE_BYTES_MAX} are allowed."));
    }
    if !code.contains(trigger.handler()) {
        let problem = format!("The code does not export {}.", trigger.handler());
        let remedy = format!(
            "exports.{} = async (event, api) => {{ … }};",
            trigger.handler()
        );
        find(0, problem, remedy);
    }
    let offered = API
        .iter()
        .find(|(own, _)| *own == trigger)
        .map_or(&[][..], |(_, api)| *api);
    for (index, line) in code.lines().enumerate() {
        let line = line.trim_start();
        if line.starts_with("//") || line.starts_with('*') {
            continue;
        }
        check_line(line, trigger, offered, |problem, remedy| {
            find(index + 1, problem, remedy);
        });
    }
    findings
}

fn check_line(
    line: &str,
    trigger: Trigger,
    offered: &[&str],
    mut find: impl FnMut(String, String),
) {
    if line.starts_with("import ") || line.starts_with("export ") {
        let remedy = "Use require(…) and exports.… = …;".to_owned();
        find("Actions are CommonJS modules.".to_owned(), remedy);
    }
    for name in required(line).filter(|name| !MODULES.contains(name)) {
        let remedy = format!("Actions can require: {}.", MODULES.join(", "));
        find(format!("The module {name:?} is not offered."), remedy);
    }
    for (word, remedy) in ABSENT.iter().filter(|(word, _)| line.contains(word)) {
        find(format!("{word} is not offered."), (*remedy).to_owned());
    }
    for method in called(line).filter(|method| !offered.contains(method)) {
        let near = aldgate_core::body::closest(method, offered);
        let remedy = near.map_or_else(
            || format!("At {} there are: {}.", trigger.as_str(), offered.join(", ")),
            |near| format!("Did you mean api.{near}?"),
        );
        let problem = format!("api.{method} does not exist at {}.", trigger.as_str());
        find(problem, remedy);
    }
}

/// The modules that a line requires.
fn required(line: &str) -> impl Iterator<Item = &str> {
    line.split("require(").skip(1).filter_map(|rest| {
        let quote = rest
            .chars()
            .next()
            .filter(|c| matches!(c, '"' | '\'' | '`'))?;
        rest[1..].split(quote).next()
    })
}

/// The methods of `api` that a line calls, such as `access.deny`.
fn called(line: &str) -> impl Iterator<Item = &str> {
    line.match_indices("api.").filter_map(|(at, mark)| {
        let before = line[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '/' | '-')) {
            return None;
        }
        let rest = &line[at + mark.len()..];
        let end = rest
            .find(|c: char| !c.is_alphanumeric() && c != '.')
            .unwrap_or(rest.len());
        let method = rest[..end].trim_end_matches('.');
        (rest[end..].starts_with('(') && method.contains('.')).then_some(method)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_said_with_the_line() {
        let code = "const lodash = require('lodash');\n\
                    const jwt = require('jsonwebtoken');\n\
                    exports.onExecutePostLogin = async (event, api) => {\n\
                    \x20 api.multifactor.enable('any');\n\
                    \x20 api.idToken.setCustomClaims('x', 1);\n\
                    \x20 fetch('https://api.example.com/x(1)');\n\
                    };\n";
        let findings = check(code, Trigger::PostLogin);
        let lines: Vec<usize> = findings.iter().map(|finding| finding.line).collect();
        assert_eq!(lines, [1, 4, 5], "{findings:#?}");
        assert_eq!(
            findings[2].remedy,
            "Did you mean api.idToken.setCustomClaim?"
        );
    }

    #[test]
    fn the_handler_of_the_trigger_must_be_there() {
        let code = "exports.onExecutePostLogin = async () => {};";
        assert!(check(code, Trigger::PostLogin).is_empty());
        assert_eq!(check(code, Trigger::CredentialsExchange).len(), 1);
        assert_eq!(check(&"x".repeat(200_000), Trigger::PostLogin).len(), 2);
    }
}
