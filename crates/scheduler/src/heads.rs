//! Mailing the heads of audit logs to owners, who keep what the database could be changed in.

use std::sync::Arc;

use domain::audit::{Head, SignedHead};
use store::{Store, StoreError, system::Done};

/// Signs a head; none if that can't be done, which whoever signs tells in the log. Those who hold
/// secrets stand beside the scheduler and not below it.
pub type SignHead = Arc<dyn Fn(Head) -> Option<SignedHead> + Send + Sync>;

/// Writes the mails with today's heads of all organizations that have new entries. Of nodes that do
/// so at the same time, one does it. Answers how many logs they were of.
pub async fn mail_heads(store: Store, sign: SignHead) -> Result<u64, StoreError> {
    let mut mailed = 0;
    for head in store.system().audit_heads_due().await? {
        if let Some(signed) = sign(head) {
            mailed += u64::from(store.system().mail_audit_head(&signed).await?);
        }
    }
    Ok(mailed)
}

/// The same as a job.
pub(crate) async fn heads(store: Store, sign: SignHead) -> Result<Done, StoreError> {
    let mailed = mail_heads(store, sign).await?;
    Ok(Done::well(format!("Heads mailed: {mailed}")))
}
