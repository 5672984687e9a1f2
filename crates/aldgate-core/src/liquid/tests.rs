//! Templates as people write them, and as nobody should.

use serde_json::json;

use super::*;

fn fill(source: &str) -> String {
    let variables = json!({
        "user": {
            "name": "Ada <Lovelace>", "email": "ada@example.com",
            "user_metadata": {"lang": "de", "tags": ["a", "b"]}, "logins": 3,
        },
        "url": "https://a.test/?a=1&b=2",
        "friendly_name": "Orchard",
        "nothing": "",
    });
    let template = Template::parse(source).unwrap();
    template.render(&variables, Escape::Html).unwrap()
}

#[test]
fn variables_are_filled_and_escaped() {
    for (source, expected) in [
        ("Hi {{ user.name }}!", "Hi Ada &lt;Lovelace&gt;!"),
        ("{{ user.name | escape }}", "Ada &lt;Lovelace&gt;"),
        ("{{user['email']}}", "ada@example.com"),
        ("{{ user.user_metadata.tags[1] }}", "b"),
        (
            "<a href=\"{{ url }}\">",
            "<a href=\"https://a.test/?a=1&amp;b=2\">",
        ),
        ("{{ who.knows }}", ""),
        ("{{ nothing | default: 'x' }}", "x"),
        ("{{ friendly_name | upcase | append: '!' }}", "ORCHARD!"),
        ("{{ friendly_name | replace: 'Or', 'or' }}", "orchard"),
        ("{{ user.email | url_encode }}", "ada%40example%2Ecom"),
        ("{{ friendly_name | truncate: 6 }}", "Orc..."),
        ("{{ user.logins }}", "3"),
        ("a {{- friendly_name -}} b", "aOrchardb"),
    ] {
        assert_eq!(fill(source), expected, "{source}");
    }
}

#[test]
fn tags_choose() {
    for (source, expected) in [
        ("{% if user.name %}y{% else %}n{% endif %}", "y"),
        ("{% if user.nick %}y{% else %}n{% endif %}", "n"),
        (
            "{% if user.user_metadata.lang == 'en' %}Hi{% elsif user.user_metadata.lang == \"de\" %}Hallo{% endif %}",
            "Hallo",
        ),
        ("{% unless nothing == empty %}y{% endunless %}", ""),
        (
            "{% if user.logins > 2 and friendly_name contains 'char' %}y{% endif %}",
            "y",
        ),
        (
            "{% if user.logins >= 9 or user.email != blank %}y{% endif %}",
            "y",
        ),
        (
            "{% case user.user_metadata.lang %} {% when 'en' %}Hi{% when 'de' %}Hallo{% else %}?{% endcase %}",
            "Hallo",
        ),
        (
            "{% assign x = friendly_name | downcase %}{{ x }}",
            "orchard",
        ),
        ("a{% comment %} {{ b }} {% endcomment %}c", "ac"),
        ("{% if nothing %}{% if user %}y{% endif %}{% endif %}", "y"),
    ] {
        assert_eq!(fill(source), expected, "{source}");
    }
}

#[test]
fn a_subject_is_one_line_without_escapes() {
    let template = Template::parse("Hi {{ name }}\r\nBcc: x").unwrap();
    let text = template
        .render(&json!({"name": "A & B"}), Escape::Line)
        .unwrap();
    assert_eq!(text, "Hi A & B Bcc: x");
}

#[test]
fn mistakes_name_their_line() {
    for (source, line, needle) in [
        ("a\n{{ b", 2, "never closed by }}"),
        ("{% if a %}\n", 1, "never closed by endif"),
        ("\n\n{% endif %}", 3, "belongs to no open tag"),
        (
            "{% for a in b %}{% endfor %}",
            1,
            "the tag for is not known",
        ),
        ("{% ifs a %}", 1, "did you mean if?"),
        ("{{ a | shout }}", 1, "the filter shout is not known"),
        ("{{ a | append }}", 1, "wants 1 arguments"),
        ("{{ 'a }}", 1, "quote is not closed"),
        ("{% if a = b %}{% endif %}", 1, "expected =="),
        ("{{ a..b }}", 1, "no path"),
        ("{{ }}", 1, "expected one value"),
    ] {
        let error = Template::parse(source).unwrap_err();
        assert_eq!(error.line, line, "{source}");
        assert!(
            error.problem.contains(needle),
            "{source}: {}",
            error.problem
        );
    }
}

#[test]
fn adm_03_templates_are_bounded() {
    let deep = "{% if a %}".repeat(30) + &"{% endif %}".repeat(30);
    assert!(Template::parse(&deep).is_err());
    assert!(Template::parse(&"x".repeat(SOURCE_MAX + 1)).is_err());
    let doubling = "{% assign x = x | append: x %}".repeat(40);
    let source = format!("{{% assign x = 'aaaaaaaaaaaaaaaa' %}}{doubling}{{{{ x }}}}{{{{ x }}}}");
    let template = Template::parse(&source).unwrap();
    assert!(template.render(&json!({}), Escape::Html).is_err());
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_or_refused(source in "(\\{\\{|\\{%|%\\}|\\}\\}|-|if|case|when|'|\"|\\||[a-z.\\[\\]= ü]){0,40}") {
        if let Ok(template) = Template::parse(&source) {
            drop(template.render(&json!({"a": {"b": "c"}}), Escape::Html));
        }
    }
}
