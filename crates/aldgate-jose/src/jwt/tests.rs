//! Claims with the right types, or none at all.

use super::*;
use proptest::prelude::*;

fn parse(json: &str) -> Result<Claims, JoseError> {
    Claims::parse(json.as_bytes().to_vec())
}

#[test]
fn claims_are_read_where_they_stand() {
    let claims = parse(
        r#"{"iss":"https://i/","sub":"auth0|1","aud":["a","b\u0021"],"exp":10,"nbf":1.5,"iat":2e3,
           "jti":"x\ty","scope":"read:a read:b","permissions":["p"],"ok":true,"n":{"m":[1]}}"#,
    )
    .unwrap();
    assert_eq!(claims.issuer(), Some("https://i/"));
    assert_eq!(claims.subject(), Some("auth0|1"));
    assert_eq!(claims.jwt_id(), Some("x\ty"));
    assert_eq!(claims.audience().collect::<Vec<_>>(), ["a", "b!"]);
    assert!(claims.has_audience("b!") && !claims.has_audience("b"));
    assert_eq!(claims.expires_at(), Some(NumericDate::from_seconds(10)));
    assert_eq!(
        claims.not_before().map(NumericDate::micros),
        Some(1_500_000)
    );
    assert_eq!(claims.issued_at().map(NumericDate::seconds), Some(2000));
    assert_eq!(
        claims.string("scope").unwrap().as_deref(),
        Some("read:a read:b")
    );
    assert_eq!(claims.string("absent"), Ok(None));
    assert_eq!(claims.string("ok"), Err(JoseError::ClaimType));
    assert_eq!(claims.get("ok").and_then(Claim::as_bool), Some(true));
    assert_eq!(
        claims
            .get("permissions")
            .and_then(Claim::as_strings)
            .unwrap(),
        ["p"]
    );
    assert_eq!(claims.get("scope").and_then(Claim::as_strings), None);
    assert_eq!(
        claims.get("n").map(Claim::to_value),
        Some(serde_json::json!({"m": [1]}))
    );
    assert_eq!(claims.names().count(), 11);
    assert_eq!(claims.to_map().len(), 11);
}

#[test]
fn jwt_02_time_claims_of_a_wrong_type_are_errors() {
    for name in ["exp", "nbf", "iat"] {
        let time = |value: &str| {
            let claims = parse(&format!(r#"{{"{name}":{value}}}"#))?;
            Ok(claims.time(name)?.expect("present").seconds())
        };
        for (value, seconds) in [
            ("0", 0),
            ("1", 1),
            ("1.5", 1),
            ("1.7e9", 1_700_000_000),
            ("1e10", 10_000_000_000),
            ("9007199254740992", 1 << 53),
            ("1E0", 1),
            ("0.0", 0),
        ] {
            assert_eq!(time(value), Ok(seconds), "{name} {value}");
        }
        for value in [
            "null",
            "true",
            "\"123\"",
            "[]",
            "{}",
            "-1",
            "-0",
            "-0.0",
            "1e300",
            "9007199254740993",
            "9223372036854775808",
            "18446744073709551616",
            "[1]",
        ] {
            assert_eq!(time(value), Err(JoseError::ClaimTime), "{name} {value}");
        }
        assert_eq!(time("1e400"), Err(JoseError::Json));
        assert_eq!(time("NaN"), Err(JoseError::Json));
    }
}

#[test]
fn jwt_04_audience_is_a_string_or_strings() {
    for bad in ["[]", "[null]", "[\"x\",1]", "7", "{}", "null", "[[\"x\"]]"] {
        let error = parse(&format!(r#"{{"aud":{bad}}}"#)).err();
        assert_eq!(error, Some(JoseError::ClaimAudience), "{bad}");
    }
    assert!(parse(r#"{"aud":""}"#).unwrap().has_audience(""));
    for bad in ["[\"x\"]", "1", "null"] {
        let error = parse(&format!(r#"{{"iss":{bad}}}"#)).err();
        assert_eq!(error, Some(JoseError::ClaimType), "{bad}");
    }
}

#[test]
fn jwt_13_odd_and_hostile_claims() {
    let proto = parse(r#"{"__proto__":{"admin":true},"\u0000":"\u0000","é":"é"}"#).unwrap();
    assert_eq!(proto.string("é").unwrap().as_deref(), Some("é"));
    assert_eq!(proto.string("\0").unwrap().as_deref(), Some("\0"));
    assert!(proto.get("admin").is_none());
    assert_eq!(parse(r#"{"a":"\ud800"}"#).err(), Some(JoseError::Json));
    assert_eq!(
        Claims::parse(vec![b'{', 0xff, b'}']).err(),
        Some(JoseError::Json)
    );
    assert_eq!(
        parse(r#"{"exp":1,"\u0065xp":2}"#).err(),
        Some(JoseError::DuplicateMember)
    );
    assert_eq!(parse("[]").err(), Some(JoseError::Json));
    let many: Vec<_> = (0..50_000).map(|i| format!("\"c{i}\":{i}")).collect();
    let many = parse(&format!("{{{}}}", many.join(","))).unwrap();
    assert_eq!(many.names().count(), 50_000);
}

#[test]
fn times_order_by_fraction() {
    let at = |value: &str| {
        parse(&format!(r#"{{"exp":{value}}}"#))
            .unwrap()
            .expires_at()
            .unwrap()
    };
    assert!(at("1") < at("1.25") && at("1.25") < at("1.5") && at("1.5") < at("2"));
    assert_eq!(NumericDate::from_seconds(u64::MAX).micros(), i64::MAX);
}

proptest! {
    #[test]
    fn fuz_01_no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Claims::parse(bytes).is_ok();
    }

    #[test]
    fn every_claim_reads_back(sub in ".*", n in any::<i64>(), extra in "[a-z]{4,9}") {
        let json = serde_json::json!({"sub": sub, extra.clone(): n});
        let claims = parse(&json.to_string()).unwrap();
        prop_assert_eq!(claims.subject(), Some(&*sub));
        prop_assert_eq!(claims.get(&extra).unwrap().to_value(), serde_json::json!(n));
        prop_assert_eq!(Value::Object(claims.to_map()), json);
    }
}
