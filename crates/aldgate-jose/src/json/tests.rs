//! What the scanner lets through, and what it does not.

use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};

fn check(text: &str) -> Result<(), JoseError> {
    object(text, &mut |_, _| Ok(()))
}

#[test]
fn jwt_05_strictness() {
    for good in [
        "{}",
        " { \"a\" : [ 1 , -0.5e+3, true, null ] } ",
        r#"{"\u0061":"\ud83d\ude00"}"#,
    ] {
        assert_eq!(check(good), Ok(()), "{good}");
    }
    for bad in [
        "",
        "[]",
        "1",
        "{",
        "{}x",
        "{}{}",
        "\u{feff}{}",
        "{,}",
        "{\"a\":1,}",
        "{\"a\"}",
        "{'a':1}",
        "{\"a\":01}",
        "{\"a\":+1}",
        "{\"a\":.5}",
        "{\"a\":1.}",
        "{\"a\":NaN}",
        "{\"a\":1e}",
        "{\"a\":1e400}",
        "{\"a\":\"\n\"}",
        "{\"a\":\"\\x\"}",
        "{\"a\":tru}",
        "{\"a\":\"\\ud800\"}",
        "{\"a\":\"\\udc00\"}",
        "{\"a\":\"\\ud800\\u0061\"}",
        "{\"a\":[1,]}",
    ] {
        assert_eq!(check(bad), Err(JoseError::Json), "{bad}");
    }
}

#[test]
fn jwt_05_duplicates_at_any_depth_and_spelling() {
    for bad in [
        r#"{"a":1,"a":1}"#,
        r#"{"a":1,"\u0061":1}"#,
        r#"{"x":{"a":1,"a":1}}"#,
        r#"{"x":[{"b":{},"b":0}]}"#,
    ] {
        assert_eq!(check(bad), Err(JoseError::DuplicateMember), "{bad}");
    }
    let many = |last: usize| {
        let names: Vec<_> = (0..1000)
            .chain([last])
            .map(|i| format!("\"n{i}\":0"))
            .collect();
        format!("{{{}}}", names.join(","))
    };
    assert_eq!(check(&many(1000)), Ok(()));
    assert_eq!(check(&many(3)), Err(JoseError::DuplicateMember));
    assert_eq!(check(&many(700)), Err(JoseError::DuplicateMember));
}

#[test]
fn jwt_05_the_end_of_a_string_is_found_wherever_it_is() {
    for length in 0..40 {
        for at in 0..length {
            for byte in [b'"', b'\\', 0, 0x1f, b'\n'] {
                for fill in [b'a', b' ', b'!', b'#', b']', b'[', 0x7f, 0x80, 0xa2, 0xff] {
                    let mut text = vec![fill; length];
                    assert_eq!(special(&text, 0), None);
                    text[at] = byte;
                    assert_eq!(special(&text, 0), Some(at), "{text:?}");
                    text[at..].fill(byte);
                    assert_eq!(special(&text, 0), Some(at), "{text:?}");
                }
            }
        }
    }
}

#[test]
fn jwt_05_depth_is_bounded() {
    let nested = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(check(&nested(DEPTH_MAX - 1)), Ok(()));
    assert_eq!(check(&nested(DEPTH_MAX)), Err(JoseError::TooLarge));
    assert_eq!(check(&nested(100_000)), Err(JoseError::TooLarge));
}

proptest! {
    #[test]
    fn whatever_passes_here_serde_reads_too(
        text in r#"[\{\}\[\]":,\\u0-9a-fdDeE.+ \-tnul]{0,60}"#,
    ) {
        if check(&text).is_ok() {
            prop_assert!(serde_json::from_str::<Value>(&text).is_ok());
        }
    }

    #[test]
    fn whatever_serde_writes_passes_here(
        names in proptest::collection::btree_set(".*", 0..40), n in any::<i64>(), s in ".*",
    ) {
        let map: serde_json::Map<String, Value> =
            names.into_iter().map(|name| (name, json!([n, s, {"x": null}]))).collect();
        let text = serde_json::to_string(&map).unwrap();
        let mut seen = 0;
        object(&text, &mut |name, span| {
            let value: Value = serde_json::from_str(span.of(&text).text).unwrap();
            assert_eq!(value, map[name.text]);
            seen += 1;
            Ok(())
        }).unwrap();
        prop_assert_eq!(seen, map.len());
    }
}
