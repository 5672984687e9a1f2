//! A request's body with a bound on its size and on the time it takes (OPS-03).

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use http_body_util::Limited;
use hyper::body::{Body as HttpBody, Frame, SizeHint};

type Deadline = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Bounds `body`: at most `bytes_max` bytes, all of them within `timeout`.
pub(super) fn limited(body: Body, bytes_max: usize, timeout: Duration) -> Body {
    if body.is_end_stream() {
        return body;
    }
    Body::new(Timed {
        body: Limited::new(body, bytes_max),
        timeout,
        deadline: None,
    })
}

/// A body that fails when it takes too long. The clock starts when it is first read.
struct Timed {
    body: Limited<Body>,
    timeout: Duration,
    deadline: Option<Deadline>,
}

/// Why a body ended early.
#[derive(Debug, thiserror::Error)]
#[error("the body took too long to arrive")]
struct TooSlow;

impl HttpBody for Timed {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let timeout = self.timeout;
        let deadline = self
            .deadline
            .get_or_insert_with(|| Box::pin(after(timeout)));
        if deadline.as_mut().poll(context).is_ready() {
            return Poll::Ready(Some(Err(TooSlow.into())));
        }
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

async fn after(span: Duration) {
    drop(tokio::time::timeout(span, std::future::pending::<()>()).await);
}
