//! Languages of pages: which exist, and which one a request gets.

use std::cmp::Reverse;

/// A language that the pages are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Locale {
    tag: &'static str,
    name: &'static str,
    direction: Direction,
}

/// The direction of a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Left to right.
    Ltr,
    /// Right to left.
    Rtl,
}

/// Requests may list this many languages; the rest is ignored.
const MAX_WISHES: usize = 32;

impl Locale {
    /// English: complete, and the fallback for every text.
    pub const ENGLISH: Self = Self {
        tag: "en",
        name: "English",
        direction: Direction::Ltr,
    };
    /// German.
    pub const GERMAN: Self = Self {
        tag: "de",
        name: "Deutsch",
        direction: Direction::Ltr,
    };
    /// French.
    pub const FRENCH: Self = Self {
        tag: "fr",
        name: "Français",
        direction: Direction::Ltr,
    };
    /// Spanish.
    pub const SPANISH: Self = Self {
        tag: "es",
        name: "Español",
        direction: Direction::Ltr,
    };
    /// Portuguese.
    pub const PORTUGUESE: Self = Self {
        tag: "pt",
        name: "Português",
        direction: Direction::Ltr,
    };
    /// Japanese.
    pub const JAPANESE: Self = Self {
        tag: "ja",
        name: "日本語",
        direction: Direction::Ltr,
    };
    /// Arabic.
    pub const ARABIC: Self = Self {
        tag: "ar",
        name: "العربية",
        direction: Direction::Rtl,
    };
    /// All languages, the fallback first.
    pub const ALL: [Self; 7] = [
        Self::ENGLISH,
        Self::GERMAN,
        Self::FRENCH,
        Self::SPANISH,
        Self::PORTUGUESE,
        Self::JAPANESE,
        Self::ARABIC,
    ];

    /// The BCP 47 tag.
    pub fn tag(self) -> &'static str {
        self.tag
    }

    /// What its speakers call it.
    pub fn name(self) -> &'static str {
        self.name
    }

    /// The languages that a tenant allows; `enabled` holds their tags, and empty means all.
    pub fn allowed(enabled: &[String]) -> Vec<Self> {
        let allowed = |locale: &Self| {
            enabled.is_empty() || enabled.iter().any(|tag| Self::find(tag) == Some(*locale))
        };
        Self::ALL.into_iter().filter(allowed).collect()
    }

    /// The direction of its script.
    pub fn direction(self) -> Direction {
        self.direction
    }

    /// Finds the language of one BCP 47 tag: `de-AT` is served by `de`.
    pub fn find(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        Self::ALL
            .into_iter()
            .find(|locale| locale.tag.eq_ignore_ascii_case(primary))
    }

    /// Chooses the language of a page: `ui_locales` first (OpenID Connect Core §3.1.2.1, space
    /// separated, in order), then `Accept-Language` by weight (RFC 9110 §12.5.4), then the first
    /// of `enabled`, then English. `enabled` holds the tags the tenant allows; empty means all.
    pub fn negotiate(ui_locales: &str, accept_language: &str, enabled: &[String]) -> Self {
        let allowed = Self::allowed(enabled);
        ui_locales
            .split_ascii_whitespace()
            .take(MAX_WISHES)
            .chain(by_weight(accept_language))
            .filter_map(Self::find)
            .find(|locale| allowed.contains(locale))
            .or_else(|| enabled.iter().find_map(|tag| Self::find(tag)))
            .unwrap_or(Self::ENGLISH)
    }
}

impl Direction {
    /// The value of HTML's `dir` attribute.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ltr => "ltr",
            Self::Rtl => "rtl",
        }
    }
}

/// The tags of an `Accept-Language` header, most wanted first; weight 0 means unwanted.
fn by_weight(header: &str) -> Vec<&str> {
    let mut wishes: Vec<(u16, &str)> = header
        .split(',')
        .take(MAX_WISHES)
        .filter_map(|part| {
            let (tag, parameters) = part.split_once(';').unwrap_or((part, ""));
            let weight = weight(parameters)?;
            (weight > 0).then(|| (weight, tag.trim()))
        })
        .collect();
    // The sort is stable: equal weights keep the order of the header.
    wishes.sort_by_key(|(weight, _)| Reverse(*weight));
    wishes.into_iter().map(|(_, tag)| tag).collect()
}

/// The weight in thousandths; a part whose weight cannot be read is skipped.
fn weight(parameters: &str) -> Option<u16> {
    let Some(value) = parameters.trim().strip_prefix("q=") else {
        return Some(1000);
    };
    let (whole, fraction) = value.split_once('.').unwrap_or((value, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    match whole {
        "1" => Some(1000),
        "0" => format!("{fraction:0<3}").parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::Locale;

    fn choose(ui_locales: &str, accept_language: &str, enabled: &[&str]) -> &'static str {
        let enabled: Vec<String> = enabled.iter().map(|&tag| tag.to_owned()).collect();
        Locale::negotiate(ui_locales, accept_language, &enabled).tag()
    }

    #[test]
    fn the_first_known_wish_wins() {
        let table = [
            ("", "", &[][..], "en"),
            ("", "de", &[], "de"),
            ("", "de-AT,en;q=0.5", &[], "de"),
            ("", "en;q=0.5,de;q=0.9", &[], "de"),
            ("", "de;q=0,en", &[], "en"),
            ("", "tlh, *", &[], "en"),
            ("en", "de", &[], "en"),
            ("tlh de", "en", &[], "de"),
            ("de", "de", &["en"], "en"),
            ("", "", &["de", "en"], "de"),
            ("fr-CA", "", &[], "fr"),
            ("", "pt-BR,pt;q=0.9", &[], "pt"),
            ("ar", "", &["en", "ja"], "en"),
            ("", "de;q=9,en;q=0.1", &[], "en"),
            ("", "de;q=0.12345,en;q=0.1", &[], "en"),
        ];
        for (ui_locales, accept_language, enabled, expected) in table {
            let chosen = choose(ui_locales, accept_language, enabled);
            assert_eq!(
                chosen, expected,
                "{ui_locales:?} {accept_language:?} {enabled:?}"
            );
        }
    }
}
