//! A unit of work on its way to a connection and its answer on the way back.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tokio::sync::oneshot;

use crate::error::StoreError;
use crate::tx::{Cure, SystemTx};

/// A unit of work whose types are hidden from the thread that runs it.
pub(crate) trait Job: Send {
    /// Runs the closure once and keeps its result.
    fn run(&mut self, tx: &mut SystemTx<'_>) -> Verdict;

    /// Replaces the result: the unit of work was not done.
    fn refuse(&mut self, error: StoreError);

    /// Hands the result to the caller.
    fn answer(self: Box<Self>);
}

/// What is to be done with what the closure wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Commit it.
    Commit,
    /// Roll it back; the cure says whether another attempt makes sense.
    Undo(Cure),
}

/// Packs a closure; the answer comes on the receiver.
pub(crate) fn pack<T, E, F>(closure: F) -> (Box<dyn Job>, oneshot::Receiver<Result<T, E>>)
where
    F: Fn(&mut SystemTx<'_>) -> Result<T, E> + Send + 'static,
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
{
    let (reply, answer) = oneshot::channel();
    (
        Box::new(Work {
            closure,
            result: None,
            reply,
        }),
        answer,
    )
}

struct Work<T, E, F> {
    closure: F,
    result: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<T, E, F> Job for Work<T, E, F>
where
    F: Fn(&mut SystemTx<'_>) -> Result<T, E> + Send + 'static,
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
{
    fn run(&mut self, tx: &mut SystemTx<'_>) -> Verdict {
        // A panic leaves nothing half-done behind: the transaction is rolled back, and the
        // closure's own captures are only read (`Fn`).
        let outcome = catch_unwind(AssertUnwindSafe(|| (self.closure)(tx)));
        let (result, verdict) = match (outcome, tx.failed()) {
            (Ok(Ok(value)), None) => (Ok(value), Verdict::Commit),
            (Ok(Ok(_)), Some(cure)) => (Err(ignored()), Verdict::Undo(cure)),
            (Ok(Err(error)), failed) => (Err(error), Verdict::Undo(failed.unwrap_or(Cure::None))),
            (Err(_), _) => {
                tracing::error!("a unit of work panicked and was rolled back");
                (Err(panicked()), Verdict::Undo(Cure::None))
            }
        };
        self.result = Some(result);
        verdict
    }

    fn refuse(&mut self, error: StoreError) {
        self.result = Some(Err(error.into()));
    }

    fn answer(self: Box<Self>) {
        if let Some(result) = self.result {
            // The caller may have gone away; what was committed stays committed.
            drop(self.reply.send(result));
        }
    }
}

fn ignored<E: From<StoreError>>() -> E {
    let text = "a statement failed and the unit of work went on; it was rolled back";
    StoreError::unavailable(text).into()
}

fn panicked<E: From<StoreError>>() -> E {
    StoreError::unavailable("the unit of work panicked; it was rolled back").into()
}
