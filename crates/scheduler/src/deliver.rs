//! Delivering the outbox.

use std::sync::Arc;

use futures_util::{StreamExt as _, stream};
use mail::{Mailer, Message, RenderError, SendError};
use secrecy::ExposeSecret as _;
use store::{
    Store, StoreError,
    system::{Mail, Sent},
};

use crate::{Link, Links};

/// Mails claimed at once: as many as are under way at once, so that none waits while its claim runs
/// out.
const CLAIM: i64 = 5;
const AT_ONCE: usize = 5;

/// Sends what is due, and records what the mail server answered to each. A mail is claimed before it
/// is sent: no other node sends it meanwhile. Where the connection breaks after the mail was handed
/// over, nobody can know whether it arrived; it is sent once more, under the same Message-ID.
pub async fn deliver(
    store: Store,
    mailer: Mailer,
    links: Arc<dyn Links>,
) -> Result<(), StoreError> {
    loop {
        let mails = store.system().claim_mails(CLAIM).await?;
        if mails.is_empty() {
            return Ok(());
        }
        failpoint::at("scheduler::mails_claimed");
        let sent: Vec<Result<(), StoreError>> = stream::iter(mails)
            .map(|mail| one(&store, &mailer, mail, &*links))
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        sent.into_iter().collect::<Result<(), _>>()?;
    }
}

async fn one(
    store: &Store,
    mailer: &Mailer,
    mail: Mail,
    links: &dyn Links,
) -> Result<(), StoreError> {
    let sent = match links.link(&mail).await? {
        Link::To(link) => send(mailer, &mail, link.expose_secret()).await,
        Link::Void => Sent::Void,
    };
    failpoint::at("scheduler::mail_answered");
    store.system().record_mail(&mail, &sent).await?;
    failpoint::at("scheduler::mail_recorded");
    Ok(())
}

async fn send(mailer: &Mailer, mail: &Mail, link: &str) -> Sent {
    let rendered = match mail::render(&mail.template, &mail.params, link) {
        Ok(rendered) => rendered,
        // While nodes are upgraded one by one, another one may know it.
        Err(error @ RenderError::UnknownTemplate(_)) => return Sent::Later(error.to_string()),
        Err(error) => {
            tracing::error!(mail = %mail.id, error = %error, "a mail could not be written");
            return Sent::Never(error.to_string());
        }
    };
    let message = Message { to: mail.recipient.clone(), message_id: mail.id.to_string(), rendered };
    match mailer.send(&message).await {
        Ok(answer) => Sent::Accepted(answer),
        Err(SendError::Never(answer)) => Sent::Never(answer),
        Err(error) => {
            tracing::warn!(mail = %mail.id, error = %error, "a mail was not delivered; it is tried again");
            match error {
                SendError::Unknown(_) => Sent::Unsure(error.to_string()),
                SendError::Later(_) | SendError::Never(_) => Sent::Later(error.to_string()),
            }
        }
    }
}
