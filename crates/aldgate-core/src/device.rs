//! What to call a browser or program in a list of devices, from its `User-Agent`.

/// Programs by a part of their `User-Agent`; the first that fits counts, because most claim to be
/// several others as well.
const PROGRAMS: &[(&str, &str)] = &[
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
];

/// Systems, likewise.
const SYSTEMS: &[(&str, &str)] = &[
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
];

/// The longest raw text that is shown instead, in characters.
const RAW_MAX: usize = 40;

/// A name for a device: program and system where they are known (`Firefox, Windows`), else the
/// beginning of the text; empty for an empty one.
#[must_use]
pub fn name(user_agent: &str) -> String {
    let find = |table: &[(&str, &'static str)]| {
        let hit = table.iter().find(|(part, _)| user_agent.contains(part));
        hit.map(|(_, name)| *name)
    };
    match (find(PROGRAMS), find(SYSTEMS)) {
        (Some(program), Some(system)) => format!("{program}, {system}"),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) => user_agent.chars().take(RAW_MAX).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_browsers_are_called_by_their_names() {
        let windows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like \
                       Gecko) Chrome/141.0.0.0 Safari/537.36";
        let phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 \
                     (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1";
        let cases = [
            (windows, "Chrome, Windows"),
            (&format!("{windows} Edg/141.0"), "Edge, Windows"),
            (phone, "Safari, iPhone"),
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                "Firefox, Linux",
            ),
            ("curl/8.5.0", "curl"),
            ("", ""),
        ];
        for (agent, expected) in cases {
            assert_eq!(name(agent), expected);
        }
        assert_eq!(name(&"x".repeat(500)).len(), 40);
    }
}
