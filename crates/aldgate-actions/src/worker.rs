//! A worker process: reads jobs from standard input, runs them, writes outcomes to standard output.

use std::collections::VecDeque;
use std::io::{BufRead as _, Write as _};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

use crate::engine::{self, Outside};
use crate::job::{Fetch, Fetched, FromWorker, ToWorker};
use crate::sandbox;

/// Serves until standard input ends. Call it first thing in a process that does nothing else: it
/// gives up every privilege before it reads anything.
///
/// # Errors
/// When the sandbox cannot be set up, or the pipes break.
pub fn serve() -> std::io::Result<()> {
    let (lines, incoming) = sync_channel(64);
    let (started, reads) = sync_channel(1);
    // The reader's thread must exist before threads can no longer be made.
    let reader = std::thread::Builder::new().name("read".to_owned());
    reader.stack_size(256 << 10).spawn(move || {
        if started.send(()).is_err() {
            return;
        }
        for line in std::io::stdin().lock().lines() {
            let Ok(line) = line else { break };
            let Ok(message) = serde_json::from_str(&line) else {
                break;
            };
            if lines.send(message).is_err() {
                break;
            }
        }
    })?;
    // A thread makes system calls of its own when it begins.
    reads.recv().map_err(std::io::Error::other)?;
    sandbox::enter()?;
    let mut pipe = Pipe {
        incoming,
        early: VecDeque::new(),
    };
    write(&FromWorker::Ready)?;
    while let Ok(message) = pipe.incoming.recv() {
        // Answers to fetches of an earlier run come too late for anybody.
        match message {
            ToWorker::Run(job) => {
                pipe.early.clear();
                let outcome = engine::run(&job, &mut pipe);
                write(&FromWorker::Done(Box::new(outcome)))?;
            }
            ToWorker::Compile { code, limits } => {
                let compiled = engine::compile(&code, &limits);
                write(&FromWorker::Compiled(compiled))?;
            }
            ToWorker::Fetched { .. } => {}
        }
    }
    Ok(())
}

struct Pipe {
    incoming: Receiver<ToWorker>,
    early: VecDeque<(u64, Fetched)>,
}

impl Outside for Pipe {
    fn send(&mut self, fetch: Fetch) {
        let id = fetch.id;
        if let Err(error) = write(&FromWorker::Fetch(fetch)) {
            let error = error.to_string();
            self.early.push_back((id, Fetched::Failed { error }));
        }
    }

    fn receive(&mut self, wait: Duration) -> Option<(u64, Fetched)> {
        if let Some(early) = self.early.pop_front() {
            return Some(early);
        }
        match self.incoming.recv_timeout(wait) {
            Ok(ToWorker::Fetched { id, answer }) => Some((id, answer)),
            Ok(ToWorker::Run(_) | ToWorker::Compile { .. }) | Err(RecvTimeoutError::Timeout) => {
                None
            }
            // Nobody is there any more: the run can only end by its time.
            Err(RecvTimeoutError::Disconnected) => None,
        }
    }
}

fn write(message: &FromWorker) -> std::io::Result<()> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    let mut out = std::io::stdout().lock();
    out.write_all(&line)?;
    out.flush()
}
