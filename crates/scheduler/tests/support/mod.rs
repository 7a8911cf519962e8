//! What tests of several jobs share.

use std::sync::Arc;

use async_trait::async_trait;
use scheduler::{Link, Links, Tools};
use secrecy::SecretString;
use store::{StoreError, system::Mail};

/// Mails lead nowhere: these tests are about jobs that send none.
struct Nowhere;

#[async_trait]
impl Links for Nowhere {
    async fn link(&self, _: &Mail) -> Result<Link, StoreError> {
        Ok(Link::Void)
    }

    fn mute(&self, _: &Mail) -> SecretString {
        "http://localhost/mute".into()
    }
}

/// Mails wait, no head is signed, and files are empty: these tests are about other jobs.
pub(crate) fn tools() -> Tools {
    Tools {
        mailer: None,
        links: Arc::new(Nowhere),
        sign: Arc::new(|_| None),
        write: Arc::new(|_, _, _| Ok(Vec::new())),
    }
}
