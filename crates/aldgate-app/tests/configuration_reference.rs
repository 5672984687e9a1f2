//! `docs/configuration.md` lists exactly the keys there are. `./x gen` rewrites it.

use std::path::Path;

use aldgate_app::config::keys::KEYS;

const HEAD: &str = "\
# Configuration

One TOML file, given by `--config FILE`. Every key can also be set by the environment variable
beside it, which wins. An unknown key stops the start and names the nearest known one. What belongs
to a tenant is data in the database and is not set here. `DATA` is the directory of `--data`, `data`
by default.

This page is made from the program's own table by `./x gen`.
";

#[test]
fn the_reference_lists_every_key() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/configuration.md");
    let expected = reference();
    if rewrite() {
        std::fs::write(&path, &expected).expect("docs/ can be written");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == expected,
        "docs/configuration.md is not current: run ./x gen"
    );
}

fn reference() -> String {
    let mut page = HEAD.to_owned();
    let mut section = "";
    for key in KEYS {
        let (of, name) = key.name.split_once('.').unwrap_or(("", key.name));
        if of != section {
            section = of;
            page.push_str(&format!("\n## `[{of}]`\n\n| key | variable | meaning |\n"));
            page.push_str("| --- | --- | --- |\n");
        }
        let meaning = key.what.replace('|', "\\|");
        let variable = key.variable();
        page.push_str(&format!("| `{name}` | `{variable}` | {meaning} |\n"));
    }
    page
}

#[expect(
    clippy::disallowed_methods,
    reason = "./x gen says by a variable that it rewrites"
)]
fn rewrite() -> bool {
    std::env::var_os("ALDGATE_GENERATE").is_some()
}
