//! What happens on a connection, and when it has taken too long.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use crate::config::Limits;

/// What has happened on a connection so far. Written by the stream and by requests.
#[derive(Default)]
pub(super) struct Activity {
    begun: AtomicUsize,
    ended: AtomicUsize,
    /// Bytes came since the last request began, while none was running: a head is under way.
    head: AtomicBool,
    /// Frames of HTTP/2 come for many reasons: they do not tell that a head is under way.
    multiplexed: AtomicBool,
    /// The body of the request at hand was not read to its end; only for HTTP/1.1.
    unread: AtomicBool,
}

/// Looks at a connection once every [`Watch::interval`] and tells when to cut it.
pub(super) struct Watch {
    limits: Limits,
    begun: usize,
    ended: usize,
    had_head: bool,
    idle: Duration,
}

impl Activity {
    /// Bytes were received.
    pub(super) fn received(&self) {
        if !self.is_running() {
            self.head.store(true, Ordering::Relaxed);
        }
    }

    /// A request's head is complete.
    pub(super) fn begin(&self, multiplexed: bool) {
        self.begun.fetch_add(1, Ordering::Relaxed);
        self.head.store(false, Ordering::Relaxed);
        self.multiplexed.store(multiplexed, Ordering::Relaxed);
    }

    /// A request was answered, or its future was dropped.
    pub(super) fn end(&self) {
        self.ended.fetch_add(1, Ordering::Relaxed);
    }

    /// A request has a body that would end the connection, were it left unread.
    pub(super) fn body_begins(&self) {
        self.unread.store(true, Ordering::Relaxed);
    }

    /// The body was read to its end.
    pub(super) fn body_ends(&self) {
        self.unread.store(false, Ordering::Relaxed);
    }

    /// Whether the connection ends with this answer, because the request's body was left unread.
    pub(super) fn leaves_body(&self) -> bool {
        self.unread.swap(false, Ordering::Relaxed)
    }

    fn is_running(&self) -> bool {
        self.begun.load(Ordering::Relaxed) != self.ended.load(Ordering::Relaxed)
    }
}

impl Watch {
    pub(super) const fn new(limits: Limits) -> Self {
        Self {
            limits,
            begun: 0,
            ended: 0,
            had_head: false,
            idle: Duration::ZERO,
        }
    }

    /// How long to wait between two looks.
    pub(super) fn interval(&self) -> Duration {
        self.limits.header_timeout.min(self.limits.idle_timeout)
    }

    /// Whether the connection took too long: its first head; a later head, at most two intervals;
    /// or nothing came for the idle time.
    pub(super) fn is_over(&mut self, activity: &Activity) -> bool {
        let begun = activity.begun.load(Ordering::Relaxed);
        let ended = activity.ended.load(Ordering::Relaxed);
        let head =
            activity.head.load(Ordering::Relaxed) && !activity.multiplexed.load(Ordering::Relaxed);
        let moved = (begun, ended) != (self.begun, self.ended);
        let had_head = self.had_head && !moved;
        (self.begun, self.ended, self.had_head) = (begun, ended, head);
        if moved || begun != ended {
            self.idle = Duration::ZERO;
            return false;
        }
        self.idle += self.interval();
        begun == 0 || (head && had_head) || self.idle >= self.limits.idle_timeout
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::Config;

    fn watch() -> (Activity, Watch) {
        let config = Config::defaults(Path::new("/data")).expect("the defaults are valid");
        (Activity::default(), Watch::new(config.server.limits))
    }

    /// How many looks it takes until the connection is cut.
    fn looks(activity: &Activity, watch: &mut Watch) -> Option<usize> {
        (1..100).find(|_| watch.is_over(activity))
    }

    #[test]
    fn ops_03_a_first_head_has_one_interval() {
        let (activity, mut watch) = watch();
        activity.received();
        assert_eq!(watch.interval(), Duration::from_secs(10));
        assert_eq!(looks(&activity, &mut watch), Some(1));
    }

    #[test]
    fn an_idle_connection_has_the_idle_time() {
        let (activity, mut watch) = watch();
        activity.begin(false);
        assert_eq!(looks(&activity, &mut watch), None, "it is running");
        activity.end();
        assert!(!watch.is_over(&activity), "the look that sees the end");
        assert_eq!(
            looks(&activity, &mut watch),
            Some(8),
            "75 seconds and a bit"
        );
    }

    #[test]
    fn ops_03_a_later_head_has_two_intervals_however_it_trickles() {
        let (activity, mut watch) = watch();
        activity.begin(false);
        activity.end();
        assert!(!watch.is_over(&activity));
        activity.received();
        assert!(!watch.is_over(&activity));
        activity.received();
        assert!(watch.is_over(&activity));
    }

    #[test]
    fn requests_keep_a_connection_and_frames_are_no_heads() {
        let (activity, mut watch) = watch();
        for _ in 0..50 {
            activity.begin(true);
            activity.end();
            activity.received();
            assert!(!watch.is_over(&activity));
        }
        assert_eq!(looks(&activity, &mut watch), Some(8));
    }
}
