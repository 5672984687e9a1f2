//! A connection's bytes: notes when some arrive, and closes so that the peer sees the last answer.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::activity::Activity;

/// What a peer may still send after the last answer, and how long it may take: closing a socket
/// that holds unread bytes resets it, and a reset takes the answer away from the peer.
const LINGER_BYTES_MAX: usize = 16 << 20;
const LINGER_TIME: Duration = Duration::from_secs(5);

type Deadline = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A stream that notes what it receives and lingers when it is closed.
pub(super) struct Stream<S> {
    inner: S,
    activity: Arc<Activity>,
    lingering: Option<Lingering>,
}

struct Lingering {
    left: usize,
    deadline: Deadline,
}

impl<S> Stream<S> {
    pub(super) const fn new(inner: S, activity: Arc<Activity>) -> Self {
        Self {
            inner,
            activity,
            lingering: None,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Stream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(context, buffer))?;
        if buffer.filled().len() > before {
            self.activity.received();
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Stream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    /// Says that nothing more comes, then reads on until the peer says so too.
    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let stream = &mut *self;
        if stream.lingering.is_none() {
            ready!(Pin::new(&mut stream.inner).poll_shutdown(context))?;
        }
        let lingering = stream.lingering.get_or_insert_with(Lingering::new);
        lingering.poll(Pin::new(&mut stream.inner), context).map(Ok)
    }
}

impl Lingering {
    fn new() -> Self {
        Self {
            left: LINGER_BYTES_MAX,
            deadline: Box::pin(super::after(LINGER_TIME)),
        }
    }

    fn poll<S: AsyncRead>(
        &mut self,
        mut stream: Pin<&mut S>,
        context: &mut Context<'_>,
    ) -> Poll<()> {
        if self.deadline.as_mut().poll(context).is_ready() {
            return Poll::Ready(());
        }
        let mut bytes = [0; 4096];
        while self.left > 0 {
            let mut buffer = ReadBuf::new(&mut bytes);
            if ready!(stream.as_mut().poll_read(context, &mut buffer)).is_err() {
                break;
            }
            match buffer.filled().len() {
                0 => break,
                read => self.left = self.left.saturating_sub(read),
            }
        }
        Poll::Ready(())
    }
}
