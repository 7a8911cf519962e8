//! What tests of several jobs share.

use async_trait::async_trait;
use scheduler::{Link, Links};
use secrecy::SecretString;
use store::{StoreError, system::Mail};

/// Mails lead nowhere: these tests are about jobs that send none.
pub(crate) struct Nowhere;

#[async_trait]
impl Links for Nowhere {
    async fn link(&self, _: &Mail) -> Result<Link, StoreError> {
        Ok(Link::Void)
    }

    fn mute(&self, _: &Mail) -> SecretString {
        "http://localhost/mute".into()
    }
}
