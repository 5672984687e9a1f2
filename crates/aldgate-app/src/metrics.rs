//! What operators count, in Prometheus's text format on the admin listener.

use std::fmt;
use std::sync::Arc;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// The metrics of one process.
#[derive(Clone)]
pub struct Metrics(Arc<All>);

struct All {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    seconds: Family<RouteLabels, Histogram, fn() -> Histogram>,
    running: Gauge,
    counters: Family<CounterLabels, Counter>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    route: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CounterLabels {
    what: &'static str,
}

/// Something counted that is no request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// An event of a tenant log was dropped because the queue was full.
    EventDropped,
    /// A mail could not be sent for good.
    MailFailed,
    /// A mail was sent.
    MailSent,
    /// A handler panicked.
    Panic,
    /// A password was hashed, to store or to check it.
    PasswordHashed,
    /// A password was not checked because the queue was full.
    PasswordShed,
    /// A token was signed.
    TokenSigned,
}

impl Count {
    const fn name(self) -> &'static str {
        match self {
            Self::EventDropped => "event_dropped",
            Self::MailFailed => "mail_failed",
            Self::MailSent => "mail_sent",
            Self::Panic => "panic",
            Self::PasswordHashed => "password_hashed",
            Self::PasswordShed => "password_shed",
            Self::TokenSigned => "token_signed",
        }
    }
}

impl Metrics {
    /// Metrics that all begin at zero.
    #[must_use]
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("aldgate");
        let requests = Family::default();
        let seconds = Family::new_with_constructor(histogram as fn() -> Histogram);
        let (running, counters) = (Gauge::default(), Family::default());
        registry.register(
            "http_requests",
            "Requests by route and status",
            requests.clone(),
        );
        registry.register(
            "http_request_seconds",
            "Time to answer by route",
            seconds.clone(),
        );
        registry.register(
            "http_requests_running",
            "Requests being answered",
            running.clone(),
        );
        registry.register("events", "Things that happened, by kind", counters.clone());
        Self(Arc::new(All {
            registry,
            requests,
            seconds,
            running,
            counters,
        }))
    }

    /// Counts something.
    pub fn count(&self, what: Count) {
        self.0
            .counters
            .get_or_create(&CounterLabels { what: what.name() })
            .inc();
    }

    /// Notes that a request began; give the result to [`Metrics::request_ended`].
    pub fn request_began(&self) {
        self.0.running.inc();
    }

    /// Counts a request of `route`, the pattern and never the path: paths have no bound.
    pub fn request_ended(&self, route: &str, status: u16, seconds: f64) {
        self.0.running.dec();
        let labels = RequestLabels {
            route: route.to_owned(),
            status,
        };
        self.0.requests.get_or_create(&labels).inc();
        let labels = RouteLabels {
            route: route.to_owned(),
        };
        self.0.seconds.get_or_create(&labels).observe(seconds);
    }

    /// Everything in Prometheus's text format.
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = String::new();
        match encode(&mut text, &self.0.registry) {
            Ok(()) => text,
            Err(error) => {
                tracing::error!(%error, "metrics could not be written");
                String::new()
            }
        }
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

fn histogram() -> Histogram {
    Histogram::new([
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0,
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_and_events_are_counted() {
        let metrics = Metrics::new();
        metrics.request_began();
        metrics.request_ended("/oauth/token", 200, 0.004);
        metrics.count(Count::Panic);
        let text = metrics.render();
        let counted = "aldgate_http_requests_total{route=\"/oauth/token\",status=\"200\"} 1";
        assert!(text.contains(counted), "{text}");
        assert!(
            text.contains("aldgate_events_total{what=\"panic\"} 1"),
            "{text}"
        );
        assert!(text.contains("aldgate_http_requests_running 0"), "{text}");
    }
}
