//! A file of users that arrives in a request: read as it comes, and put into the database in pieces
//! of whole records. A piece is what one unit of work imports later.

use std::io::{self, Read};

use aldgate_core::id::{JobId, TenantId};
use aldgate_core::job::LIFETIME;
use aldgate_store::{JobPart, StoreError, Tx};
use bytes::Bytes;
use tokio::sync::mpsc;

use super::engine::BATCH;
use super::records::{RecordError, records};
use crate::app::App;
use crate::seal::Place;

/// Bytes of a piece, from which on no further record is added.
const PART_BYTES: usize = 256 << 10;

/// What a file had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spooled {
    /// Its pieces.
    pub parts: u32,
    /// Its records.
    pub users: u64,
}

/// Why a file was not taken.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// It is no list of JSON values.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The database does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The thread that reads it is gone.
    #[error("the file could not be read")]
    Reader,
}

/// Puts the bytes of a file into the database, as the input of `job`. They may hold hashes of
/// passwords, so they are sealed (ACC-01); what no job claims is removed after a day.
///
/// # Errors
/// [`SpoolError`]; what was written by then is removed after a day.
pub async fn spool(
    app: &App,
    tenant: &TenantId,
    job: &JobId,
    bytes: mpsc::Receiver<Bytes>,
) -> Result<Spooled, SpoolError> {
    let (pieces, mut made) = mpsc::channel(2);
    let reader = Stream {
        bytes,
        rest: Bytes::new(),
    };
    let reading = tokio::task::spawn_blocking(move || split(reader, &pieces));
    let expires_at = app.now() + LIFETIME;
    let mut parts: u32 = 0;
    while let Some(piece) = made.recv().await {
        let sealed = seal(app, (tenant, job, parts), &piece);
        let (job, number) = (job.clone(), parts);
        let write = move |tx: &mut Tx<'_>| {
            let place = (&job, JobPart::Input, number);
            tx.job_reports().put_part(place, &sealed, expires_at)
        };
        app.store.write(tenant, write).await?;
        parts += 1;
    }
    let users = reading.await.map_err(|_| SpoolError::Reader)??;
    Ok(Spooled { parts, users })
}

/// Opens a piece.
pub(super) fn open(
    app: &App,
    (tenant, job, number): (&TenantId, &JobId, u32),
    sealed: &[u8],
) -> Result<Vec<serde_json::Value>, String> {
    let column = format!("content/{number}");
    let plain = app.sealer.open(&place(tenant, job, &column), sealed);
    let plain = plain.map_err(|error| error.to_string())?;
    let records = records(plain.expose().as_slice());
    records
        .collect::<Result<_, _>>()
        .map_err(|error| error.to_string())
}

fn seal(app: &App, (tenant, job, number): (&TenantId, &JobId, u32), piece: &[u8]) -> Vec<u8> {
    let column = format!("content/{number}");
    let place = place(tenant, job, &column);
    app.sealer.seal(&place, piece, &mut app.rng())
}

fn place<'a>(tenant: &'a TenantId, job: &'a JobId, column: &'a str) -> Place<'a> {
    Place {
        tenant,
        table: "job_parts",
        row: job.as_str(),
        column,
    }
}

/// Reads records and sends them on in pieces, a line each; says how many there were.
fn split(reader: impl Read, pieces: &mpsc::Sender<Vec<u8>>) -> Result<u64, RecordError> {
    let (mut piece, mut held, mut users) = (Vec::new(), 0, 0);
    for record in records(reader) {
        piece.extend_from_slice(record?.to_string().as_bytes());
        piece.push(b'\n');
        (held, users) = (held + 1, users + 1);
        if held == BATCH || piece.len() >= PART_BYTES {
            held = 0;
            if pieces.blocking_send(std::mem::take(&mut piece)).is_err() {
                return Ok(users);
            }
        }
    }
    if held > 0 {
        // Whoever took the pieces may have given up; then the count does not matter.
        drop(pieces.blocking_send(piece));
    }
    Ok(users)
}

/// The bytes that another task sends, for code that reads.
struct Stream {
    bytes: mpsc::Receiver<Bytes>,
    rest: Bytes,
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.rest.is_empty() {
            match self.bytes.blocking_recv() {
                Some(more) => self.rest = more,
                None => return Ok(0),
            }
        }
        let length = self.rest.len().min(buffer.len());
        buffer[..length].copy_from_slice(&self.rest.split_to(length));
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_hold_whole_records() {
        let list: Vec<_> = (0..250).map(|n| serde_json::json!({"n": n})).collect();
        let text = serde_json::to_vec(&list).unwrap();
        let (pieces, mut made) = mpsc::channel(10);
        assert_eq!(split(text.as_slice(), &pieces).unwrap(), 250);
        drop(pieces);
        let mut lines = Vec::new();
        while let Some(piece) = made.blocking_recv() {
            lines.push(piece.iter().filter(|byte| **byte == b'\n').count());
        }
        assert_eq!(lines, [100, 100, 50]);
    }
}
