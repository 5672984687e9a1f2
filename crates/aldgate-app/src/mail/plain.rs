//! The plain text of a mail whose template is HTML only.

/// The longest text that is made of a mail, in bytes.
const TEXT_MAX: usize = 256 << 10;

/// The words of an HTML document, one line for each block; links keep their addresses.
pub(super) fn of_html(html: &str) -> String {
    let mut text = String::new();
    let mut link: Option<String> = None;
    let mut rest = html;
    while let Some((before, after)) = rest.split_once('<') {
        push_words(&mut text, before);
        let Some((tag, tail)) = after.split_once('>') else {
            break;
        };
        rest = tail;
        let name: String = tag
            .trim_start_matches('/')
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect();
        match (name.to_ascii_lowercase().as_str(), tag.starts_with('/')) {
            ("style" | "script" | "head" | "title", false) => {
                let end = format!("</{}", name.to_ascii_lowercase());
                let lower = rest.to_ascii_lowercase();
                rest = lower.find(&end).map_or("", |at| &rest[at..]);
            }
            ("a", false) => link = attribute(tag, "href"),
            ("a", true) => {
                if let Some(link) = link.take() {
                    push_words(&mut text, &format!(" ({link})"));
                }
            }
            ("br" | "p" | "div" | "tr" | "li" | "h1" | "h2" | "h3" | "table" | "hr", _) => {
                break_line(&mut text);
            }
            _ => {}
        }
        if text.len() > TEXT_MAX {
            break;
        }
    }
    if !rest.contains('<') {
        push_words(&mut text, rest);
    }
    text.trim().to_owned() + "\n"
}

/// Adds words with one space between, and entities as characters.
fn push_words(text: &mut String, piece: &str) {
    let apart = piece.starts_with(char::is_whitespace) && !text.ends_with(['\n', ' ']);
    if apart && !text.is_empty() {
        text.push(' ');
    }
    let words: Vec<&str> = piece.split_whitespace().collect();
    text.push_str(&unescape(&words.join(" ")));
    if piece.ends_with(char::is_whitespace) && !words.is_empty() {
        text.push(' ');
    }
}

fn break_line(text: &mut String) {
    let kept = text.trim_end_matches(' ').len();
    text.truncate(kept);
    if !text.is_empty() && !text.ends_with("\n\n") {
        text.push('\n');
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let after = tag.split_once(&format!("{name}="))?.1;
    let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let value = after[1..].split(quote).next()?;
    Some(unescape(value))
}

fn unescape(text: &str) -> String {
    [
        ("&nbsp;", " "),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ]
    .iter()
    .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

#[cfg(test)]
mod tests {
    use super::of_html;

    #[test]
    fn words_and_links_remain() {
        let html = "<html><head><style>p { x }</style><title>t</title></head><body>\
            <p>Hi <b>Ada</b> &amp; all,</p>\n<p>go <a href=\"https://a.test/?a=1&amp;b=2\">here</a>.\
            </p><br>Bye</body></html>";
        let text = of_html(html);
        assert_eq!(
            text,
            "Hi Ada & all,\n\ngo here (https://a.test/?a=1&b=2).\n\nBye\n"
        );
    }

    proptest::proptest! {
        #[test]
        fn any_text_becomes_plain(html in "(<|>|/|a|href=|\"|style|script|p|é| |&amp;){0,60}") {
            drop(of_html(&html));
        }
    }
}
