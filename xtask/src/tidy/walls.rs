//! What a crate may not know: forbidden names in its code, forbidden edges in its manifest.

use super::Finding;
use super::files::File;
use super::functions::find_word;
use super::lexer::Code;

/// A crate's forbidden words and the reason.
struct Wall {
    package: &'static str,
    forbidden: &'static [&'static str],
    why: &'static str,
}

const WALLS: [Wall; 5] = [
    Wall {
        package: "aldgate-core",
        forbidden: &[
            "tokio",
            "axum",
            "hyper",
            "rusqlite",
            "postgres",
            "reqwest",
            "SystemTime",
            "Instant",
            "rand",
            "getrandom",
            "aldgate_store",
        ],
        why: "decisions are pure: time, randomness and the outside world are arguments",
    },
    Wall {
        package: "aldgate-jose",
        forbidden: &[
            "tokio",
            "axum",
            "SystemTime",
            "Instant",
            "aldgate_core",
            "reqwest",
        ],
        why: "bytes in, bytes out: strangers use this crate",
    },
    Wall {
        package: "aldgate-store",
        forbidden: &["axum", "reqwest", "aldgate_app", "SystemTime"],
        why: "storage knows no HTTP and no clock",
    },
    Wall {
        package: "aldgate-auth",
        forbidden: &[
            "aldgate_manage",
            "rusqlite",
            "postgres",
            "reqwest",
            "SystemTime",
        ],
        why: "the public side and the admin side share nothing but aldgate-app",
    },
    Wall {
        package: "aldgate-manage",
        forbidden: &[
            "aldgate_auth",
            "rusqlite",
            "postgres",
            "reqwest",
            "SystemTime",
        ],
        why: "the public side and the admin side share nothing but aldgate-app",
    },
];

/// Which crates of ours a crate may depend on.
const EDGES: [(&str, &[&str]); 8] = [
    ("aldgate-jose", &[]),
    ("aldgate-verify", &["aldgate-jose"]),
    ("aldgate-core", &["aldgate-jose"]),
    ("aldgate-store", &["aldgate-core", "aldgate-jose"]),
    ("aldgate-actions", &["aldgate-core", "aldgate-jose"]),
    (
        "aldgate-app",
        &[
            "aldgate-actions",
            "aldgate-core",
            "aldgate-jose",
            "aldgate-store",
        ],
    ),
    (
        "aldgate-auth",
        &[
            "aldgate-app",
            "aldgate-core",
            "aldgate-jose",
            "aldgate-store",
            "aldgate-verify",
        ],
    ),
    (
        "aldgate-manage",
        &[
            "aldgate-actions",
            "aldgate-app",
            "aldgate-core",
            "aldgate-jose",
            "aldgate-store",
            "aldgate-verify",
        ],
    ),
];

/// Looks for forbidden names in a crate's sources; its tests may use what they like.
pub(super) fn check_code(file: &File, code: &Code) -> Vec<Finding> {
    let is_source = file.path.contains("/src/");
    let wall = WALLS
        .iter()
        .find(|wall| is_source && Some(wall.package) == file.package());
    let Some(wall) = wall else { return Vec::new() };
    let mut findings = Vec::new();
    for word in wall.forbidden {
        if let Some(at) = find_word(&code.text, 0, word.as_bytes()) {
            let text = format!("{} must not use `{word}`: {}", wall.package, wall.why);
            findings.push(Finding::new(code.line(at), "wall", text).of(*word));
        }
    }
    findings
}

/// Looks for forbidden edges in a crate's manifest.
pub(super) fn check_manifest(file: &File) -> Vec<Finding> {
    let edges = EDGES
        .iter()
        .find(|(package, _)| Some(*package) == file.package());
    let Some((package, allowed)) = edges else {
        return Vec::new();
    };
    let forbidden = WALLS.iter().find(|wall| wall.package == *package);
    let forbidden = forbidden.map_or(&[][..], |wall| wall.forbidden);
    let mut findings = Vec::new();
    for (line, name) in dependencies(&file.text) {
        if name.starts_with("aldgate") && !allowed.contains(&name) {
            let text = format!("{package} must not depend on {name}; see ARCHITECTURE.md");
            findings.push(Finding::new(line, "wall", text).of(name));
        } else if forbidden.contains(&name) {
            let text = format!("{package} must not depend on {name}");
            findings.push(Finding::new(line, "wall", text).of(name));
        }
    }
    findings
}

/// Names in `[dependencies]`, with their lines.
fn dependencies(manifest: &str) -> Vec<(usize, &str)> {
    let mut inside = false;
    let mut found = Vec::new();
    for (index, line) in manifest.lines().enumerate() {
        if line.starts_with('[') {
            inside = line == "[dependencies]";
        } else if inside && !line.starts_with('#') && !line.is_empty() {
            let name = line.split(['.', ' ', '=']).next().unwrap_or_default();
            found.push((index + 1, name));
        }
    }
    found
}
