//! A request's body that notes whether it was read to its end.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};

use super::activity::Activity;

/// A body of HTTP/1.1 up to this long came with its head, most likely: hyper reads what is left of
/// it and keeps the connection.
const SMALL: u64 = 8 << 10;

/// Gives the body of a request, watched when what is left of it would end the connection.
pub(super) fn watched(body: Incoming, activity: &Arc<Activity>) -> Body {
    let is_small = body.size_hint().upper().is_some_and(|size| size <= SMALL);
    if is_small {
        return Body::new(body);
    }
    activity.body_begins();
    Body::new(Watched {
        body,
        activity: Arc::clone(activity),
    })
}

struct Watched {
    body: Incoming,
    activity: Arc<Activity>,
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        if matches!(frame, Poll::Ready(None)) || self.body.is_end_stream() {
            self.activity.body_ends();
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
