//! Refusing garbage costs no allocation, so that nobody can make an API busy with it.
//! A file of its own, because the counting allocator is the whole process's.

use std::time::Duration;

use aldgate_verify::jose::{Alg, JwkSet, SigningKey};
use aldgate_verify::{JwkProvider, Verifier};

fn allocations(work: impl FnOnce()) -> u64 {
    allocation_counter::measure(work).count_total
}

#[test]
fn jwt_05_refusing_garbage_allocates_nothing() {
    let key = SigningKey::generate(Alg::ES256).unwrap();
    let set = JwkSet::new([key.public_jwk().unwrap().clone()]).unwrap();
    let verifier = Verifier::builder("https://i/", "https://api")
        .keys(JwkProvider::fixed(&set).unwrap())
        .clock(|| Duration::from_secs(1_800_000_000))
        .build()
        .unwrap();
    let good = key.sign(
        "JWT",
        br#"{"iss":"https://i/","aud":"https://api","exp":1900000000}"#,
    );
    assert!(verifier.verify_now(&good).is_ok());
    assert!(
        allocations(|| drop(verifier.verify_now(&good))) > 0,
        "the counter must count"
    );

    let (header, rest) = good.split_once('.').unwrap();
    let dots = ".".repeat(10_000);
    let long = "a".repeat(1_000_000);
    let garbage: Vec<String> = vec![
        String::new(),
        "null".into(),
        "undefined".into(),
        "[object Object]".into(),
        "not a token at all".into(),
        dots,
        long,
        format!("{good}."),
        format!(" {good}"),
        format!("{header}"),
        format!("e30.{rest}"),
        format!("eyJhbGciOiJub25lIn0.{rest}"),
        format!("eyJhbGciOiJFUzI1NiIsImFsZyI6IkVTMjU2In0.{rest}"),
        format!("!!!.{rest}"),
        format!("{header}.{}.%%%", rest.split_once('.').unwrap().0),
    ];
    for token in &garbage {
        let count = allocations(|| assert!(verifier.verify_now(token).is_err()));
        assert_eq!(count, 0, "{token:.60}");
    }
}
