//! A panic ends a request, not the connection, and never reaches a client as a 500.

use std::{
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
};

/// Runs a future; `None` when it panicked, which is logged.
pub(crate) fn catch_panic<T>(future: Pin<Box<dyn Future<Output = T> + Send>>) -> CatchPanic<T> {
    CatchPanic(Some(future))
}

/// See [`catch_panic`].
pub(crate) struct CatchPanic<T>(Option<Pin<Box<dyn Future<Output = T> + Send>>>);

impl<T> Future for CatchPanic<T> {
    type Output = Option<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<T>> {
        let Some(future) = self.0.as_mut() else { return Poll::Ready(None) };
        // After a panic the future is dropped, never polled again: nobody sees what it left half done.
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(value)) => {
                self.0 = None;
                Poll::Ready(Some(value))
            }
            Err(_) => {
                self.0 = None;
                tracing::error!("a request ended in a panic; the client is asked to come again");
                Poll::Ready(None)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_caught_and_a_value_passes() {
        assert_eq!(catch_panic(Box::pin(async { 7 })).await, Some(7));
        assert_eq!(catch_panic::<()>(Box::pin(async { panic!("on purpose") })).await, None);
    }
}
