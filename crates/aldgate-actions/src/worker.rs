//! A worker process: reads jobs from standard input, runs them, writes outcomes to standard output.

use std::collections::VecDeque;
use std::io::{ErrorKind, Write as _};
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use crate::engine::{self, Outside, Realm};
use crate::job::{Fetch, Fetched, FromWorker, ToWorker};
use crate::sandbox;

/// What is read at once.
const CHUNK: usize = 64 << 10;

/// Serves until standard input ends. Call it first thing in a process that does nothing else: it
/// gives up every privilege before it reads anything.
///
/// # Errors
/// When the sandbox cannot be set up, or the pipes break.
pub fn serve() -> std::io::Result<()> {
    match work() {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(()),
        ended => ended,
    }
}

fn work() -> std::io::Result<()> {
    sandbox::enter()?;
    let mut pipe = Pipe::default();
    // Each run gets a realm that was made while nobody waited for it.
    let mut realm = Realm::prepare();
    write(&FromWorker::Ready)?;
    while let Some(message) = pipe.next(None)? {
        match message {
            ToWorker::Run(job) => {
                pipe.early.clear();
                let outcome = match &realm {
                    Ok(realm) => realm.run(&job, &mut pipe),
                    Err(error) => engine::unprepared(error),
                };
                write(&FromWorker::Done(Box::new(outcome)))?;
                drop(realm);
                realm = Realm::prepare();
                write(&FromWorker::Ready)?;
            }
            ToWorker::Compile { code, limits } => {
                let compiled = engine::compile(&code, &limits);
                write(&FromWorker::Compiled(compiled))?;
                write(&FromWorker::Ready)?;
            }
            // An answer to a fetch of an earlier run comes too late for anybody.
            ToWorker::Fetched { .. } => {}
        }
    }
    Ok(())
}

/// Standard input, a message a line, without a thread of its own: each change of threads costs a
/// run as much as a small action.
#[derive(Default)]
struct Pipe {
    /// What was read and is not a whole line yet, or belongs to the next one.
    read: Vec<u8>,
    early: VecDeque<(u64, Fetched)>,
}

impl Pipe {
    /// The next message; `None` when there is none `until` then.
    ///
    /// # Errors
    /// The input has ended, or is not what it should be.
    fn next(&mut self, until: Option<Instant>) -> std::io::Result<Option<ToWorker>> {
        let mut searched = 0;
        loop {
            let end = self.read[searched..].iter().position(|byte| *byte == b'\n');
            if let Some(end) = end {
                let line: Vec<u8> = self.read.drain(..=searched + end).collect();
                return Ok(Some(serde_json::from_slice(&line)?));
            }
            searched = self.read.len();
            if !readable(until)? {
                return Ok(None);
            }
            let mut chunk = [0; CHUNK];
            match rustix::io::read(rustix::stdio::stdin(), &mut chunk) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(count) => self.read.extend_from_slice(&chunk[..count]),
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// Waits until there is something to read; `false`: it did not come in time.
fn readable(until: Option<Instant>) -> std::io::Result<bool> {
    loop {
        let left = until.map(|until| until.saturating_duration_since(engine::now()));
        let left = left.and_then(|left| Timespec::try_from(left).ok());
        let stdin = rustix::stdio::stdin();
        match poll(&mut [PollFd::new(&stdin, PollFlags::IN)], left.as_ref()) {
            Err(Errno::INTR) => {}
            ready => return Ok(ready? > 0),
        }
    }
}

impl Outside for Pipe {
    fn send(&mut self, fetch: Fetch) {
        let id = fetch.id;
        if let Err(error) = write(&FromWorker::Fetch(fetch)) {
            let error = error.to_string();
            self.early.push_back((id, Fetched::Failed { error }));
        }
    }

    fn receive(&mut self, until: Instant) -> Option<(u64, Fetched)> {
        if let Some(early) = self.early.pop_front() {
            return Some(early);
        }
        match self.next(Some(until)) {
            Ok(Some(ToWorker::Fetched { id, answer })) => Some((id, answer)),
            Ok(_) => None,
            // Nobody is there any more: the run can only end by its time.
            Err(_) => {
                engine::pause(until);
                None
            }
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
