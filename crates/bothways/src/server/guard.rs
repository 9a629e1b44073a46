//! A handler that panics must not take its connection with it, nor answer 500: iOS takes a 500 as an order to download
//! everything again.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
};

/// A future whose panic is a value.
pub struct Guarded<T>(Option<Pin<Box<dyn Future<Output = T> + Send>>>);

/// Guards a future. After a panic it is dropped; what it was changing is in the ledger's hands, and rolled back.
pub fn guarded<T>(future: impl Future<Output = T> + Send + 'static) -> Guarded<T> {
    Guarded(Some(Box::pin(future)))
}

impl<T> Future for Guarded<T> {
    type Output = Result<T, Box<dyn Any + Send>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(future) = self.0.as_mut() else { return Poll::Pending };
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(value)) => Poll::Ready(Ok(value)),
            Err(panic) => {
                self.0 = None;
                Poll::Ready(Err(panic))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_becomes_a_value_and_a_result_stays_one() {
        assert_eq!(guarded(async { 7 }).await.unwrap(), 7);
        let panicked = guarded(async {
            tokio::task::yield_now().await;
            assert_eq!(1 + 1, 3, "a bug");
        });
        assert!(panicked.await.is_err());
    }
}
