//! A tenant's look: name, logo and colours, as a stylesheet without inline styles.

use std::fmt;
use std::fmt::Write as _;

use serde::{Serialize, Serializer};
use url::Url;

/// A tenant's look.
///
/// Colours reach the page as a stylesheet of their own, whose address holds the colours
/// themselves (`/assets/brand-p635dff-b000000.css`): nothing to look up, cached for ever, and the
/// content security policy needs no exception for inline styles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Brand {
    /// The tenant's name, as people know it.
    pub tenant_name: String,
    /// The tenant's logo; Aldgate's own mark if absent. Shown only if it is an `https` address.
    pub logo_url: Option<String>,
    /// The tenant's picture in the browser's tab; Aldgate's own if absent. Shown only if it is an
    /// `https` address.
    pub favicon_url: Option<String>,
    /// Where people find help, for error pages.
    pub support_url: Option<String>,
    /// Where the tenant's font comes from, for the content security policy.
    #[serde(skip)]
    font_origin: Option<String>,
    /// File name of the stylesheet of colours, see [`Self::stylesheet_name`].
    stylesheet: Option<String>,
}

/// A colour, red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Color([u8; 3]);

/// What lies behind the card. Auth0: `branding.colors.page_background`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Background {
    /// One colour.
    Solid(Color),
    /// A linear gradient.
    Gradient {
        /// First colour.
        start: Color,
        /// Last colour.
        end: Color,
        /// Direction in degrees, as in CSS.
        angle_deg: u16,
    },
}

impl Brand {
    /// A brand with the given name and Aldgate's own logo and colours.
    pub fn named(tenant_name: impl Into<String>) -> Self {
        Self {
            tenant_name: tenant_name.into(),
            ..Self::default()
        }
    }

    /// Sets the tenant's logo.
    #[must_use]
    pub fn logo(self, logo_url: Option<String>) -> Self {
        Self { logo_url, ..self }
    }

    /// Sets the picture in the browser's tab.
    #[must_use]
    pub fn favicon(self, favicon_url: Option<String>) -> Self {
        Self {
            favicon_url,
            ..self
        }
    }

    /// Sets where people find help.
    #[must_use]
    pub fn support(self, support_url: Option<String>) -> Self {
        Self {
            support_url,
            ..self
        }
    }

    /// Sets the tenant's own colours.
    #[must_use]
    pub fn colors(mut self, primary: Option<Color>, background: Option<Background>) -> Self {
        self.stylesheet = Self::stylesheet_name(primary, background);
        self
    }

    /// Sets the address of the tenant's font, after the colours. One that cannot be used is left
    /// out.
    #[must_use]
    pub fn font(mut self, address: Option<&str>) -> Self {
        let Some(url) = address.and_then(font_url) else {
            return self;
        };
        let style = self.stylesheet.take().unwrap_or_else(|| "brand.css".into());
        let mut style = style.trim_end_matches(".css").to_owned() + "-f";
        for byte in url.as_str().bytes() {
            // Writing into a String cannot fail.
            let _ = write!(style, "{byte:02x}");
        }
        self.stylesheet = Some(style + ".css");
        self.font_origin = Some(url.origin().ascii_serialization());
        self
    }

    /// Where fonts come from besides this server, if from anywhere.
    pub(super) fn font_origin(&self) -> Option<&str> {
        self.font_origin.as_deref()
    }

    /// The file name, below `/assets/`, of the stylesheet for these colours.
    pub fn stylesheet_name(
        primary: Option<Color>,
        background: Option<Background>,
    ) -> Option<String> {
        let primary = primary.map(|color| format!("-p{}", color.hex()));
        let background = background.map(|background| match background {
            Background::Solid(color) => format!("-b{}", color.hex()),
            Background::Gradient {
                start,
                end,
                angle_deg,
            } => {
                format!("-g{}.{}.{angle_deg}", start.hex(), end.hex())
            }
        });
        let spec = primary.unwrap_or_default() + &background.unwrap_or_default();
        (!spec.is_empty()).then(|| format!("brand{spec}.css"))
    }

    /// The stylesheet for the part of its name between `brand-` and `.css`.
    pub(super) fn stylesheet(spec: &str) -> Option<String> {
        let mut primary = None;
        let mut background = None;
        let mut font = None;
        for part in spec.split('-') {
            match part.split_at_checked(1)? {
                ("p", hex) if primary.is_none() => primary = Some(Color::from_hex(hex)?),
                ("b", hex) if background.is_none() => {
                    background = Some(Background::Solid(Color::from_hex(hex)?));
                }
                ("g", gradient) if background.is_none() => {
                    background = Some(Background::from_spec(gradient)?);
                }
                ("f", hex) if font.is_none() => font = Some(font_url(&text_of_hex(hex)?)?),
                _ => return None,
            }
        }
        let primary = primary.map(primary_rules).unwrap_or_default();
        let background = background.map(background_rules).unwrap_or_default();
        let font = font.map(|url| font_rules(&url)).unwrap_or_default();
        Some(format!("@layer brand {{\n{primary}{background}{font}}}\n"))
    }
}

impl Default for Brand {
    fn default() -> Self {
        Self {
            tenant_name: "Aldgate".to_owned(),
            logo_url: None,
            favicon_url: None,
            support_url: None,
            font_origin: None,
            stylesheet: None,
        }
    }
}

impl Color {
    /// Reads `#rrggbb` or `#rgb`.
    pub fn parse(text: &str) -> Option<Self> {
        let hex = text.strip_prefix('#')?;
        match hex.len() {
            3 => Self::from_hex(&hex.chars().flat_map(|c| [c, c]).collect::<String>()),
            _ => Self::from_hex(hex),
        }
    }

    fn from_hex(hex: &str) -> Option<Self> {
        if hex.len() != 6 || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let number = u32::from_str_radix(hex, 16).ok()?;
        let [_, red, green, blue] = number.to_be_bytes();
        Some(Self([red, green, blue]))
    }

    fn hex(self) -> String {
        let [red, green, blue] = self.0;
        format!("{red:02x}{green:02x}{blue:02x}")
    }

    /// Relative luminance, 0 to 1 (WCAG 2.2).
    fn luminance(self) -> f64 {
        let [red, green, blue] = self.0.map(|channel| {
            let value = f64::from(channel) / 255.0;
            if value <= 0.040_45 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// Whether black reads better on this colour than white: 0.179 is where both contrast alike.
    fn is_light(self) -> bool {
        self.luminance() > 0.179
    }
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.hex())
    }
}

impl Serialize for Color {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Background {
    fn from_spec(spec: &str) -> Option<Self> {
        let mut parts = spec.split('.');
        let start = Color::from_hex(parts.next()?)?;
        let end = Color::from_hex(parts.next()?)?;
        let angle_deg = parts.next()?.parse().ok().filter(|angle| *angle <= 360)?;
        parts.next().is_none().then_some(Self::Gradient {
            start,
            end,
            angle_deg,
        })
    }

    fn is_light(self) -> bool {
        match self {
            Self::Solid(color) => color.is_light(),
            Self::Gradient { start, end, .. } => start.is_light() && end.is_light(),
        }
    }
}

impl fmt::Display for Background {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Solid(color) => color.fmt(f),
            Self::Gradient {
                start,
                end,
                angle_deg,
            } => {
                write!(f, "linear-gradient({angle_deg}deg, {start}, {end})")
            }
        }
    }
}

fn primary_rules(primary: Color) -> String {
    let ink = if primary.is_light() { "#000" } else { "#fff" };
    format!("  :root {{ --brand: {primary}; --brand-ink: {ink}; }}\n")
}

/// A light background stays out of the dark scheme, where it would dazzle.
fn background_rules(background: Background) -> String {
    let (shown, ink) = if background.is_light() {
        let by_day = |color: Color| format!("light-dark({color}, var(--page))");
        let shown = match background {
            Background::Solid(color) => by_day(color),
            Background::Gradient {
                start,
                end,
                angle_deg,
            } => format!(
                "linear-gradient({angle_deg}deg, {}, {})",
                by_day(start),
                by_day(end)
            ),
        };
        (shown, "light-dark(#000, var(--soft))")
    } else {
        (background.to_string(), "#fff")
    };
    format!("  body.gate-page {{ background: {shown}; --page-ink: {ink}; }}\n")
}

/// The longest address of a font: it travels in the name of a stylesheet.
const FONT_BYTES_MAX: usize = 500;

/// The address of a font, if it can stand in a stylesheet and a header.
fn font_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let plain = |byte: u8| byte.is_ascii_graphic() && !b"\"'\\<>;,(){}".contains(&byte);
    let fits = url.as_str().len() <= FONT_BYTES_MAX && url.as_str().bytes().all(plain);
    let nobody = url.username().is_empty() && url.password().is_none();
    (url.scheme() == "https" && fits && nobody).then_some(url)
}

fn text_of_hex(hex: &str) -> Option<String> {
    if hex.len() > 2 * FONT_BYTES_MAX || !hex.is_ascii() {
        return None;
    }
    let pairs = hex.as_bytes().chunks(2);
    let bytes = pairs.map(|pair| {
        let pair = std::str::from_utf8(pair)
            .ok()
            .filter(|pair| pair.len() == 2)?;
        u8::from_str_radix(pair, 16).ok()
    });
    String::from_utf8(bytes.collect::<Option<_>>()?).ok()
}

fn font_rules(url: &Url) -> String {
    format!(
        "  @font-face {{ font-family: \"brand\"; src: url(\"{url}\"); font-display: swap; }}\n  \
         :root {{ --sans: \"brand\", system-ui, sans-serif; --serif: var(--sans); }}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::{Background, Brand, Color};

    #[test]
    fn colours_travel_in_the_name_of_the_stylesheet() {
        let primary = Color::parse("#635DFF");
        let background = Background::Gradient {
            start: Color::parse("#000").expect("a colour"),
            end: Color::parse("#112233").expect("a colour"),
            angle_deg: 35,
        };
        let name = Brand::stylesheet_name(primary, Some(background)).expect("a name");
        assert_eq!(name, "brand-p635dff-g000000.112233.35.css");
        let style = crate::page::brand_stylesheet(&name).expect("a stylesheet");
        assert!(
            style.contains("--brand: #635dff; --brand-ink: #fff"),
            "{style}"
        );
        assert!(
            style.contains("linear-gradient(35deg, #000000, #112233)"),
            "{style}"
        );
    }

    #[test]
    fn web_02_nothing_but_colours_is_a_stylesheet() {
        let bad = [
            "brand-.css",
            "brand-pzzzzzz.css",
            "brand-p00000.css",
            "brand-p000000-p000000.css",
            "brand-p000000}*{display:none.css",
            "brand-g000000.111111.361.css",
            "brand-g000000.111111.5.5.css",
            "brand-é00000.css",
            "brand-f00.css",
            "brand-f6.css",
            // http://a.test/x and https://a.test/?)
            "brand-f687474703a2f2f612e746573742f78.css",
            "brand-f68747470733a2f2f612e746573742f3f29.css",
        ];
        for name in bad {
            assert_eq!(crate::page::brand_stylesheet(name), None, "{name}");
        }
        for text in ["", "#", "635dff", "#12", "#ggg", "#1234567", "#é1"] {
            assert_eq!(Color::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_font_travels_with_the_colours_and_is_named_to_the_policy() {
        let brand = Brand::default()
            .colors(
                Color::parse("#635dff"),
                Color::parse("#fff").map(Background::Solid),
            )
            .font(Some("https://fonts.test/a/b.woff2?v=1"));
        assert_eq!(brand.font_origin(), Some("https://fonts.test"));
        let name = brand.stylesheet.as_deref().expect("a name");
        let style = crate::page::brand_stylesheet(name).expect("a stylesheet");
        assert!(
            style.contains("url(\"https://fonts.test/a/b.woff2?v=1\")"),
            "{style}"
        );
        assert!(
            style.contains("background: light-dark(#ffffff, var(--page))"),
            "{style}"
        );
        for bad in [
            "http://a.test/x",
            "https://u:p@a.test/x",
            "https://a.test/?)}",
            "x",
        ] {
            let brand = Brand::default().font(Some(bad));
            assert_eq!(
                (brand.font_origin(), brand.stylesheet.as_deref()),
                (None, None),
                "{bad}"
            );
        }
    }

    #[test]
    fn text_on_a_colour_is_the_one_that_reads_better() {
        for (color, light) in [("#ffffff", true), ("#000000", false), ("#ffcc00", true)] {
            assert_eq!(
                Color::parse(color).expect("a colour").is_light(),
                light,
                "{color}"
            );
        }
    }
}
