//! Caching, pacing and failing, on a clock that the tests move.

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};

use aldgate_jose::{Alg, Jwk, SigningKey};

use super::*;

const DAY: u64 = 24 * 3600;

/// An issuer that answers what the test says, when the test says.
#[derive(Clone, Default)]
struct Issuer {
    answer: Arc<Mutex<Option<Result<Fetched, FetchError>>>>,
    seen: Arc<Mutex<Vec<FetchRequest>>>,
    held: Arc<AtomicUsize>,
}

impl Issuer {
    fn answers(&self, keys: &[Jwk]) {
        let json = JwkSet::new(keys.to_vec()).unwrap().to_json();
        self.answers_body(json.as_bytes());
    }

    fn answers_body(&self, bytes: &[u8]) {
        let (etag, max_age) = (Some("\"v1\"".to_owned()), None);
        self.says(Ok(Fetched::Body {
            bytes: bytes.to_vec(),
            etag,
            max_age,
        }));
    }

    fn says(&self, answer: Result<Fetched, FetchError>) {
        *self.answer.lock().unwrap() = Some(answer);
    }

    fn fails(&self) {
        self.says(Err(FetchError::new("down")));
    }

    fn hits(&self) -> usize {
        self.seen.lock().unwrap().len()
    }
}

impl Fetch for Issuer {
    fn fetch(&self, request: FetchRequest) -> Fetching {
        self.seen.lock().unwrap().push(request);
        let (answer, held) = (self.answer.clone(), self.held.clone());
        Box::pin(async move {
            // Held answers take that many polls.
            std::future::poll_fn(|context| {
                if held.load(Ordering::SeqCst) == 0 {
                    return Poll::Ready(());
                }
                held.fetch_sub(1, Ordering::SeqCst);
                context.waker().wake_by_ref();
                Poll::Pending
            })
            .await;
            answer
                .lock()
                .unwrap()
                .clone()
                .unwrap_or_else(|| Err(FetchError::new("no answer")))
        })
    }
}

struct World {
    issuer: Issuer,
    clock: Arc<AtomicU64>,
    provider: JwkProvider,
}

impl World {
    fn new() -> Self {
        Self::with(JwkProvider::builder("https://issuer.example/"))
    }

    fn with(builder: JwkProviderBuilder) -> Self {
        let issuer = Issuer::default();
        let clock = Arc::new(AtomicU64::new(1_000_000));
        let time = Arc::clone(&clock);
        let provider = builder
            .fetcher(issuer.clone())
            .clock(move || Duration::from_secs(time.load(Ordering::SeqCst)))
            .build()
            .unwrap();
        Self {
            issuer,
            clock,
            provider,
        }
    }

    fn passes(&self, seconds: u64) {
        self.clock.fetch_add(seconds, Ordering::SeqCst);
    }

    /// Whether the key is found now.
    fn has(&self, kid: &str) -> Result<bool, KeysUnavailable> {
        block_on(self.provider.keys(Some(kid))).map(|snapshot| snapshot.has(Some(kid)))
    }
}

fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..10_000 {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
    panic!("the future does not end");
}

fn key(kid: &str) -> Jwk {
    SigningKey::generate(Alg::EdDSA)
        .unwrap()
        .with_kid(kid)
        .public_jwk()
        .unwrap()
        .clone()
}

#[test]
fn jwk_01_many_cold_callers_cause_one_fetch_and_survive_cancellation() {
    let world = World::new();
    world.issuer.answers(&[key("a")]);
    world.issuer.held.store(3, Ordering::SeqCst);
    let mut callers: Vec<_> = (0..500)
        .map(|_| Box::pin(world.provider.keys(Some("a"))))
        .collect();
    let mut context = Context::from_waker(Waker::noop());
    for caller in &mut callers {
        if caller.as_mut().poll(&mut context).is_ready() {
            break;
        }
    }
    // All but the last go away, the one that was driving among them (JWK-08).
    let last = callers.pop().unwrap();
    drop(callers);
    assert!(block_on(last).unwrap().has(Some("a")));
    assert_eq!(world.issuer.hits(), 1);
    for _ in 0..10_000 {
        assert!(world.provider.ready(Some("a")).is_some());
    }
    assert_eq!(world.issuer.hits(), 1);
    let url = &world.issuer.seen.lock().unwrap()[0].url;
    assert_eq!(url, "https://issuer.example/.well-known/jwks.json");
}

#[test]
fn jwk_02_a_rotated_key_is_found_and_the_old_one_keeps_working() {
    let world = World::new();
    let (old, new) = (key("old"), key("new"));
    world.issuer.answers(std::slice::from_ref(&old));
    assert_eq!(world.has("old"), Ok(true));
    world.passes(30);
    world.issuer.answers(&[new, old]);
    assert_eq!(world.has("new"), Ok(true));
    assert_eq!(world.has("old"), Ok(true));
    assert_eq!(world.issuer.hits(), 2);
}

#[test]
fn jwk_02_a_revoked_key_leaves_with_the_ttl() {
    let world = World::new();
    let (old, new) = (key("old"), key("new"));
    world.issuer.answers(&[old]);
    assert_eq!(world.has("old"), Ok(true));
    world.issuer.answers(&[new]);
    world.passes(DAY - 1);
    assert_eq!(world.has("old"), Ok(true));
    world.passes(1);
    assert_eq!(world.has("old"), Ok(false));
}

#[test]
fn jwk_03_a_flood_of_unknown_names_costs_little_and_delays_no_rotation() {
    let world = World::new();
    world.issuer.answers(&[key("a")]);
    assert_eq!(world.has("a"), Ok(true));
    let mut flood = 0_u64;
    for _ in 0..600 {
        for _ in 0..50 {
            flood += 1;
            assert_eq!(world.has(&format!("made-up-{flood}")), Ok(false));
        }
        assert_eq!(world.has("a"), Ok(true));
        world.passes(1);
    }
    assert!(
        world.issuer.hits() <= 1 + 600 / 30,
        "{} fetches in ten minutes",
        world.issuer.hits()
    );
    // A real rotation in the middle of it is seen within the cool-down.
    world.issuer.answers(&[key("a2")]);
    let mut waited = 0;
    while world.has("a2") == Ok(false) {
        world.passes(1);
        waited += 1;
        assert!(
            waited <= 90,
            "a rotation must be seen within the documented bound"
        );
    }
}

#[test]
fn jwk_03_one_unknown_name_is_remembered_for_a_minute() {
    let world = World::new();
    world.issuer.answers(&[key("a")]);
    assert_eq!(world.has("a"), Ok(true));
    world.passes(30);
    world
        .issuer
        .says(Ok(Fetched::NotModified { max_age: None }));
    for second in 0..60 {
        assert_eq!(world.has("x"), Ok(false), "{second}");
        world.passes(1);
    }
    assert_eq!(world.issuer.hits(), 2);
    assert_eq!(world.has("x"), Ok(false));
    assert_eq!(world.issuer.hits(), 3);
}

#[test]
fn jwk_04_stale_keys_serve_for_a_bounded_time() {
    let world = World::new();
    world.issuer.answers(&[key("a")]);
    assert_eq!(world.has("a"), Ok(true));
    world.issuer.fails();
    world.passes(DAY);
    let before = world.issuer.hits();
    for _ in 0..3599 {
        assert_eq!(world.has("a"), Ok(true));
        world.passes(1);
    }
    assert!(
        world.issuer.hits() - before <= 3600 / 30 + 1,
        "retries are paced"
    );
    world.passes(1);
    let error = world.has("a").unwrap_err();
    assert_eq!(error.cause, "down");
    world.issuer.answers(&[key("a")]);
    world.passes(30);
    assert_eq!(world.has("a"), Ok(true));
}

#[test]
fn jwk_05_hostile_answers_do_not_replace_good_keys() {
    let world = World::new();
    world.issuer.answers(&[key("a")]);
    assert_eq!(world.has("a"), Ok(true));
    let secret = br#"{"keys":[{"kty":"oct","k":"AQAB"}]}"#;
    let long = vec![b' '; 300 * 1024];
    let bodies: [&[u8]; 6] = [b"", b"<html>", b"{}", br#"{"keys":[]}"#, secret, &long];
    for body in bodies {
        world.issuer.answers_body(body);
        assert!(block_on(world.provider.refresh()).is_err());
        assert_eq!(world.has("a"), Ok(true));
    }
    world.issuer.answers_body(&long);
    world.passes(DAY + 3600);
    assert!(world.has("a").is_err());
}

#[test]
fn jwk_06_cache_control_is_respected_within_bounds_and_etags_are_sent() {
    let world = World::new();
    let body = |max_age| {
        let bytes = JwkSet::new([key("a")]).unwrap().to_json().into_bytes();
        let max_age = Some(Duration::from_secs(max_age));
        Ok(Fetched::Body {
            bytes,
            etag: Some("\"e\"".into()),
            max_age,
        })
    };
    for (max_age, ttl) in [(0, 60), (600, 600), (10 * 365 * DAY, DAY)] {
        world.issuer.says(body(max_age));
        block_on(world.provider.refresh()).unwrap();
        let hits = world.issuer.hits();
        world.passes(ttl - 1);
        assert_eq!(
            (world.has("a"), world.issuer.hits()),
            (Ok(true), hits),
            "{max_age}"
        );
        world.passes(1);
        assert_eq!(
            (world.has("a"), world.issuer.hits()),
            (Ok(true), hits + 1),
            "{max_age}"
        );
        world.passes(100);
    }
    let etags: Vec<_> = world
        .issuer
        .seen
        .lock()
        .unwrap()
        .iter()
        .map(|r| r.etag.clone())
        .collect();
    assert_eq!(etags[0], None);
    assert!(
        etags[1..]
            .iter()
            .all(|etag| etag.as_deref() == Some("\"e\""))
    );
}

#[test]
fn jwk_07_discovery_must_name_the_issuer_exactly() {
    for (named, good) in [
        ("https://issuer.example/", true),
        ("https://issuer.example", false),
    ] {
        let world = World::with(JwkProvider::discover("https://issuer.example/"));
        let uri = "https://keys.example/set";
        let document = format!(r#"{{"issuer":"{named}","jwks_uri":"{uri}"}}"#);
        world.issuer.answers_body(document.as_bytes());
        // The stub answers everything with one body, so a good discovery fails one step later.
        let error = world.has("a").unwrap_err().cause;
        let urls: Vec<_> = world
            .issuer
            .seen
            .lock()
            .unwrap()
            .iter()
            .map(|r| r.url.clone())
            .collect();
        assert_eq!(
            urls[0],
            "https://issuer.example/.well-known/openid-configuration"
        );
        assert_eq!(
            urls.get(1).map(String::as_str),
            good.then_some(uri),
            "{error}"
        );
    }
}

#[test]
fn a_due_refresh_happens_in_the_background() {
    let spawned = Arc::new(Mutex::new(Vec::new()));
    let queue = Arc::clone(&spawned);
    let builder = JwkProvider::builder("issuer.example")
        .spawner(move |work| queue.lock().unwrap().push(work));
    let world = World::with(builder);
    world.issuer.answers(&[key("a")]);
    assert_eq!(world.has("a"), Ok(true));
    world.issuer.answers(&[key("b")]);
    world.passes(DAY / 5 * 4);
    assert!(
        world.provider.ready(Some("a")).is_some(),
        "nobody waits for a refresh"
    );
    let work = std::mem::take(&mut *spawned.lock().unwrap());
    work.into_iter().for_each(block_on);
    assert!(world.provider.ready(Some("b")).is_some());
    assert_eq!(world.issuer.hits(), 2);
}

#[test]
fn fixed_keys_are_replaced_and_forgotten() {
    let provider = JwkProvider::fixed(&JwkSet::new([key("a"), key("b")]).unwrap()).unwrap();
    assert!(provider.ready(Some("a")).is_some());
    provider.forget("a");
    assert!(provider.ready(Some("a")).is_none() && provider.ready(Some("b")).is_some());
    provider.replace(&JwkSet::new([key("c")]).unwrap()).unwrap();
    assert!(provider.ready(Some("b")).is_none() && provider.ready(Some("c")).is_some());
    assert!(block_on(provider.keys(Some("b"))).is_ok_and(|snapshot| !snapshot.has(Some("b"))));
}

#[test]
fn addresses_are_https_or_local() {
    for (issuer, good) in [
        ("https://a.example/", true),
        ("a.example", true),
        ("http://localhost:4455/", true),
        ("http://127.0.0.1:1", true),
        ("http://a.example/", false),
        ("ftp://a/", false),
        ("", false),
    ] {
        let built = JwkProvider::builder(issuer)
            .fetcher(Issuer::default())
            .build();
        assert_eq!(built.is_ok(), good, "{issuer}");
    }
}
