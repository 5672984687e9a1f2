//! One future that many wait for; whoever is polled drives it.
//!
//! No runtime is needed, and dropping a waiter, even the one that was driving, leaves the others
//! waiting as before.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Gives a future to a runtime.
pub(crate) type Spawn = Arc<dyn Fn(Work) + Send + Sync>;

/// The shared future.
pub(crate) struct Flight(Mutex<Progress>);

struct Progress {
    /// Absent while somebody polls it, and at the end.
    work: Option<Work>,
    done: bool,
    waiting: Vec<Waker>,
}

impl Flight {
    pub(crate) fn new(work: Work) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Progress {
            work: Some(work),
            done: false,
            waiting: Vec::new(),
        })))
    }

    /// Resolves when the work is done.
    pub(crate) fn wait(self: Arc<Self>) -> Waiting {
        Waiting(self)
    }

    fn progress(&self) -> std::sync::MutexGuard<'_, Progress> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake_all(&self) {
        let waiting = std::mem::take(&mut self.progress().waiting);
        waiting.into_iter().for_each(Waker::wake);
    }
}

impl Wake for Flight {
    fn wake(self: Arc<Self>) {
        self.wake_all();
    }
}

/// One waiter.
pub(crate) struct Waiting(Arc<Flight>);

impl Future for Waiting {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let flight = &self.0;
        let mut progress = flight.progress();
        if progress.done {
            return Poll::Ready(());
        }
        if !progress
            .waiting
            .iter()
            .any(|waker| waker.will_wake(context.waker()))
        {
            progress.waiting.push(context.waker().clone());
        }
        let Some(work) = progress.work.take() else {
            return Poll::Pending;
        };
        drop(progress);
        let mut turn = Turn {
            flight,
            work: Some(work),
        };
        let everyone = Waker::from(Arc::clone(flight));
        turn.poll(&mut Context::from_waker(&everyone))
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        // This one may have been the one to drive: let another take over.
        self.0.wake_all();
    }
}

/// Polls outside the lock. If the work panics, the others are told that it is over.
struct Turn<'a> {
    flight: &'a Flight,
    work: Option<Work>,
}

impl Turn<'_> {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Some(work) = &mut self.work else {
            return Poll::Ready(());
        };
        let poll = work.as_mut().poll(context);
        if poll.is_pending() {
            self.flight.progress().work = self.work.take();
        }
        poll
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if self.work.take().is_some() {
            self.flight.progress().done = true;
            self.flight.wake_all();
        }
    }
}
