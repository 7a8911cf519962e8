//! A piece of work, and in words why it was not done.

use std::{error::Error, panic::AssertUnwindSafe};

use futures_util::FutureExt as _;
use store::StoreError;

/// Does it; if not, says why in one line. A fault in it ends this piece and not what repeats it. It
/// holds nothing that outlives it but the store's connections, which know what was not committed.
pub(crate) async fn attempt<T>(
    work: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, String> {
    match AssertUnwindSafe(work).catch_unwind().await {
        Ok(done) => done.map_err(|error| told(&error)),
        Err(_) => Err("a fault in the program ended it; the log says where".to_owned()),
    }
}

/// An error with what caused it.
fn told(error: &(dyn Error + 'static)) -> String {
    let (mut told, mut cause) = (error.to_string(), error.source());
    while let Some(error) = cause {
        told = format!("{told}: {error}");
        cause = error.source();
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn errors_and_faults_are_told() {
        assert_eq!(attempt(async { Ok(7) }).await, Ok(7));
        let lost = attempt(async { Err::<(), _>(StoreError::NotFound) }).await;
        assert_eq!(lost, Err(StoreError::NotFound.to_string()));
        let fault = attempt(async { panic!("a fault") });
        let fault: Result<(), String> = fault.await;
        assert!(fault.is_err_and(|told| told.contains("a fault in the program")));
    }
}
