//! Writes every page and mail with every sample as static HTML, to look at them:
//! `cargo run -p aldgate-app --example pages -- OUTDIR [LANGUAGE]`.

use std::path::PathBuf;
use std::sync::Arc;
use std::{env, fs, io};

use aldgate_app::page::{Brand, Chrome, Locale, asset_names, asset_path, gallery};

fn main() -> io::Result<()> {
    let mut arguments = env::args().skip(1);
    let Some(directory) = arguments.next().map(PathBuf::from) else {
        return Err(io::Error::other("usage: pages OUTDIR [LANGUAGE]"));
    };
    let locale = arguments
        .next()
        .and_then(|tag| Locale::find(&tag))
        .unwrap_or(Locale::ENGLISH);
    let chrome = Chrome::new(locale, Arc::new(Brand::named("Aldgate")));
    fs::create_dir_all(directory.join("assets"))?;
    for name in asset_names() {
        let path = asset_path(&name).ok_or_else(|| io::Error::other("an asset has vanished"))?;
        let source = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("assets")
            .join(&name);
        fs::copy(source, directory.join(path.trim_start_matches('/')))?;
    }
    let mut index = String::new();
    for exhibit in gallery(&chrome) {
        let html = exhibit.html.map_err(io::Error::other)?;
        let name = exhibit.name;
        fs::write(directory.join(format!("{name}.html")), html)?;
        index += &format!("<li><a href=\"{name}.html\">{name}</a></li>\n");
    }
    let index = format!("<!doctype html><title>Pages</title><ul>\n{index}</ul>\n");
    fs::write(directory.join("index.html"), index)
}
