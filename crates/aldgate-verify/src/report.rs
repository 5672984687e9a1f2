//! Reports refusals to the issuer, so that its log can say "application *Shop* sent 12 ID tokens
//! to *Orders*". Off unless a verifier is given a [`Reporter`].
//!
//! A report has reason codes, application ids, the API's identifier and counts: nothing of a
//! token's content, and nothing of users. It never delays a verification: refusals are counted in
//! memory and sent together after a while, in the background. What cannot be sent is dropped and
//! counted.
//!
//! With [`Reporter::first_acceptances`] it also says that tokens of an application are accepted,
//! once in six hours for each application: what the dashboard's live test waits for.
//!
//! ```no_run
//! # fn run() -> Result<(), Box<dyn std::error::Error>> {
//! use aldgate_verify::Verifier;
//! use aldgate_verify::report::Reporter;
//!
//! // What this API is known by at the issuer: a confidential application of its own.
//! let reporter = Reporter::new("https://tenant.example/", "CLIENT_ID", "CLIENT_SECRET")?;
//! let verifier = Verifier::builder("https://tenant.example/", "https://my-api")
//!     .observer(reporter.clone())
//!     .build()?;
//! println!("{:?}", reporter.snapshot());
//! # Ok(())
//! # }
//! ```

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::Client;
use serde::Serialize;

use crate::observe::{Accepted, Observe, Refused};
use crate::provider::{FetchError, client};
use crate::reason::Reason;

/// Different refusals that one report holds; more are dropped and counted.
const ENTRIES_MAX: usize = 50;

/// Longest application id that is reported, in bytes.
const APPLICATION_BYTES_MAX: usize = 128;

/// The code of a line that tells of an acceptance.
const ACCEPTED: &str = "accepted";

/// The acceptance of an application's tokens is told of once in this time.
const ACCEPTED_EVERY: Duration = Duration::from_secs(6 * 3600);

/// Applications whose acceptance is remembered; those beyond are not told of.
const ACCEPTED_MAX: usize = 200;

/// Counts refusals and reports them to the issuer. Cheap to clone; clones count together.
#[derive(Clone)]
pub struct Reporter {
    shared: Arc<Shared>,
}

/// What became of the refusals so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct ReporterSnapshot {
    /// Refusals that the issuer took.
    pub sent: u64,
    /// Refusals whose report failed.
    pub failed: u64,
    /// Refusals that were never reported: too many different ones, or no tokio runtime.
    pub dropped: u64,
}

struct Shared {
    client: Client,
    endpoint: String,
    client_id: String,
    client_secret: String,
    by_basic: bool,
    every: Duration,
    first_acceptances: bool,
    tally: Mutex<Tally>,
    /// When an acceptance was told of last: by API, then by application.
    told: Mutex<Told>,
    sent: AtomicU64,
    failed: AtomicU64,
    dropped: AtomicU64,
}

type Told = HashMap<String, HashMap<String, Duration>>;

#[derive(Default)]
struct Tally {
    counts: HashMap<Entry, u64>,
    /// Whether a report is on its way to be sent.
    is_due: bool,
}

#[derive(Clone, PartialEq, Eq, Hash, Serialize)]
struct Entry {
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    application: Option<String>,
    audience: String,
}

#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    entry: &'a Entry,
    count: u64,
}

impl Reporter {
    /// Reports to Aldgate's `{issuer}oauth/refusals` once a minute, authenticating by
    /// `client_secret_post`.
    ///
    /// # Errors
    /// The HTTP client cannot start.
    pub fn new(issuer: &str, client_id: &str, client_secret: &str) -> Result<Self, FetchError> {
        Ok(Self::with(Shared {
            client: client()?,
            endpoint: format!("{}/oauth/refusals", issuer.trim_end_matches('/')),
            client_id: client_id.to_owned(),
            client_secret: client_secret.to_owned(),
            by_basic: false,
            every: Duration::from_secs(60),
            first_acceptances: false,
            tally: Mutex::default(),
            told: Mutex::default(),
            sent: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
        }))
    }

    /// Uses a client of the caller's, for instance with own certificates.
    #[must_use]
    pub fn client(self, client: Client) -> Self {
        self.change(|shared| shared.client = client)
    }

    /// Authenticates by HTTP Basic instead (`client_secret_basic`).
    #[must_use]
    pub fn basic(self) -> Self {
        self.change(|shared| shared.by_basic = true)
    }

    /// How long refusals are collected before they are sent: 60 s by default, 1 s at least.
    #[must_use]
    pub fn every(self, time: Duration) -> Self {
        self.change(|shared| shared.every = time.max(Duration::from_secs(1)))
    }

    /// Reports also that tokens of an application are accepted: once in six hours for each
    /// application, without a count. Off unless this is called. The issuer then knows which
    /// applications use this API, and its dashboard can say that a new one works.
    #[must_use]
    pub fn first_acceptances(self) -> Self {
        self.change(|shared| shared.first_acceptances = true)
    }

    /// What became of the refusals so far: export it as a metric.
    #[must_use]
    pub fn snapshot(&self) -> ReporterSnapshot {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        ReporterSnapshot {
            sent: read(&self.shared.sent),
            failed: read(&self.shared.failed),
            dropped: read(&self.shared.dropped),
        }
    }

    fn with(shared: Shared) -> Self {
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Settings are made before the first clone; a clone keeps its own.
    fn change(self, change: impl FnOnce(&mut Shared)) -> Self {
        let mut shared = match Arc::try_unwrap(self.shared) {
            Ok(shared) => shared,
            Err(used) => Shared {
                client: used.client.clone(),
                endpoint: used.endpoint.clone(),
                client_id: used.client_id.clone(),
                client_secret: used.client_secret.clone(),
                by_basic: used.by_basic,
                every: used.every,
                first_acceptances: used.first_acceptances,
                tally: Mutex::default(),
                told: Mutex::default(),
                sent: AtomicU64::new(0),
                failed: AtomicU64::new(0),
                dropped: AtomicU64::new(0),
            },
        };
        change(&mut shared);
        Self::with(shared)
    }
}

impl Observe for Reporter {
    fn refused(&self, refused: &Refused<'_>) {
        if !is_mistake(refused.reason) {
            return;
        }
        let application = refused.application.map(str::to_owned);
        let entry = Entry {
            code: refused.reason.code(),
            application: application.filter(|id| id.len() <= APPLICATION_BYTES_MAX),
            audience: refused.audience.to_owned(),
        };
        self.count(entry);
    }

    fn accepted(&self, accepted: &Accepted<'_>) {
        let Some(application) = accepted.application else {
            return;
        };
        let wanted = self.shared.first_acceptances && application.len() <= APPLICATION_BYTES_MAX;
        if wanted
            && self
                .shared
                .is_news(accepted.audience, application, accepted.now)
        {
            self.count(Entry {
                code: ACCEPTED,
                application: Some(application.to_owned()),
                audience: accepted.audience.to_owned(),
            });
        }
    }
}

impl Reporter {
    /// Adds to the next report, and sees that there will be one.
    fn count(&self, entry: Entry) {
        let mut tally = self.shared.lock();
        if tally.counts.len() >= ENTRIES_MAX && !tally.counts.contains_key(&entry) {
            self.shared.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        if !tally.is_due {
            let Ok(runtime) = tokio::runtime::Handle::try_current() else {
                self.shared.dropped.fetch_add(1, Ordering::Relaxed);
                return;
            };
            tally.is_due = true;
            let shared = Arc::clone(&self.shared);
            #[expect(
                clippy::disallowed_methods,
                reason = "a batch leaves once in an interval, in whatever program this is"
            )]
            drop(runtime.spawn(async move {
                tokio::time::sleep(shared.every).await;
                shared.send().await;
            }));
        }
        *tally.counts.entry(entry).or_default() += 1;
    }
}

/// Whether a refusal tells of a mistake in somebody's set-up. Expired tokens are everyday life,
/// requests without a token are nobody's, and garbage is strangers' work.
const fn is_mistake(reason: &Reason) -> bool {
    !matches!(
        reason,
        Reason::Expired { .. }
            | Reason::Inactive
            | Reason::KeysUnavailable { .. }
            | Reason::Malformed(_)
            | Reason::NoToken
            | Reason::Request(_)
            | Reason::StepUp { .. }
    )
}

impl Shared {
    /// Whether the acceptance of an application's tokens was not told of lately; remembers that it
    /// is now.
    fn is_news(&self, audience: &str, application: &str, now: Duration) -> bool {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let lately = |at: &Duration| now < at.saturating_add(ACCEPTED_EVERY);
        let known = told.get(audience).and_then(|apps| apps.get(application));
        if known.is_some_and(lately) {
            return false;
        }
        if told.values().map(HashMap::len).sum::<usize>() >= ACCEPTED_MAX {
            told.values_mut()
                .for_each(|apps| apps.retain(|_, at| lately(at)));
            if told.values().map(HashMap::len).sum::<usize>() >= ACCEPTED_MAX {
                return false;
            }
        }
        let of_api = told.entry(audience.to_owned()).or_default();
        of_api.insert(application.to_owned(), now);
        true
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn send(&self) {
        let counts = std::mem::take(&mut *self.lock()).counts;
        let total: u64 = counts.values().sum();
        let lines = counts.iter();
        let lines: Vec<Line<'_>> = lines
            .map(|(entry, count)| Line {
                entry,
                count: *count,
            })
            .collect();
        let report = serde_json::to_string(&lines).expect("invariant: text and numbers are JSON");
        let post = self.client.post(&self.endpoint);
        let (id, secret) = (self.client_id.as_str(), self.client_secret.as_str());
        let post = if self.by_basic {
            post.basic_auth(id, Some(secret))
                .form(&[("report", report.as_str())])
        } else {
            let form = [
                ("client_id", id),
                ("client_secret", secret),
                ("report", &report),
            ];
            post.form(&form)
        };
        let cause = match post.send().await {
            Ok(response) if response.status().is_success() => None,
            Ok(response) => Some(response.status().to_string()),
            Err(error) => Some(error.without_url().to_string()),
        };
        let counter = match cause {
            None => &self.sent,
            Some(cause) => {
                tracing::debug!(target: "aldgate_verify", cause, "refusals were not reported");
                &self.failed
            }
        };
        counter.fetch_add(total, Ordering::Relaxed);
    }
}

impl fmt::Debug for Reporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reporter")
            .field("endpoint", &self.shared.endpoint)
            .field("snapshot", &self.snapshot())
            .finish_non_exhaustive()
    }
}
