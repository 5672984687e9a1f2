//! A bounded queue between the asynchronous callers and the threads that own connections.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::error::{QueueFull, StoreError};

/// Waiting units of work, oldest first. Never grows beyond its limit.
pub(crate) struct Queue<J> {
    state: Mutex<State<J>>,
    filled: Condvar,
    limit: usize,
}

struct State<J> {
    jobs: VecDeque<J>,
    closed: bool,
}

impl<J> Queue<J> {
    pub(crate) fn new(limit: usize) -> Self {
        let state = State {
            jobs: VecDeque::new(),
            closed: false,
        };
        Self {
            state: Mutex::new(state),
            filled: Condvar::new(),
            limit,
        }
    }

    /// Adds a job, or refuses it at once when the queue is full or closed.
    pub(crate) fn push(&self, job: J) -> Result<(), StoreError> {
        let mut state = self.lock();
        if state.closed {
            return Err(StoreError::unavailable("the store was closed"));
        }
        if state.jobs.len() >= self.limit {
            return Err(StoreError::unavailable(QueueFull { limit: self.limit }));
        }
        state.jobs.push_back(job);
        drop(state);
        self.filled.notify_one();
        Ok(())
    }

    /// Waits for a job, then takes up to `count` without further waiting. Empty only when the queue
    /// is closed and drained.
    pub(crate) fn pop(&self, count: usize) -> Vec<J> {
        let mut state = self.lock();
        while state.jobs.is_empty() && !state.closed {
            state = self
                .filled
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        let count = count.min(state.jobs.len());
        state.jobs.drain(..count).collect()
    }

    /// How many jobs wait.
    pub(crate) fn waiting(&self) -> usize {
        self.lock().jobs.len()
    }

    /// Refuses new jobs; those that wait are still done.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.filled.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State<J>> {
        // No user code runs under the lock, so a poisoned one still guards a whole queue.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits. Only for threads of this crate that have nothing else to do.
#[expect(
    clippy::disallowed_methods,
    reason = "back-off and polling on threads of our own"
)]
pub(crate) fn pause(time: Duration) {
    std::thread::sleep(time);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_queue_refuses_and_a_closed_one_drains() {
        let queue = Queue::new(2);
        assert!(queue.push(1).is_ok() && queue.push(2).is_ok());
        let refused = queue.push(3).unwrap_err().to_string();
        assert!(refused.contains("2 units of work are waiting"), "{refused}");
        queue.close();
        assert!(queue.push(4).is_err());
        assert_eq!(queue.pop(64), [1, 2]);
        assert!(queue.pop(64).is_empty());
    }
}
