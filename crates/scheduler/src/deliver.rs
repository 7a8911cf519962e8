//! Delivering the outbox.

use std::sync::Arc;

use futures_util::{StreamExt as _, stream};
use mail::{Around, Facts, Mailer, Message, RenderError, Reported, SendError};
use secrecy::ExposeSecret as _;
use store::{
    Store, StoreError,
    system::{Mail, Sent, Spend},
};
use tokio::task::spawn_blocking;

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
        Link::To(link) => match report(store, &mail).await {
            Ok(report) => {
                let around = Around {
                    link: link.expose_secret().to_owned(),
                    facts: facts(store, &mail).await,
                    report,
                    mute: mail.can_be_stopped.then(|| links.mute(&mail).expose_secret().to_owned()),
                };
                send(mailer, &mail, around).await
            }
            Err(error) => Sent::Later(format!("what it tells can’t be read: {error}")),
        },
        Link::Void => Sent::Void,
    };
    failpoint::at("scheduler::mail_answered");
    store.system().record_mail(&mail, &sent).await?;
    failpoint::at("scheduler::mail_recorded");
    Ok(())
}

/// How the spend of an alert came about. Without it the mail says less, and still says what matters.
async fn facts(store: &Store, mail: &Mail) -> Option<Facts> {
    match store.system().spend(mail.org, &mail.spend()?).await {
        Ok(Spend { parts, tops, now }) => Some(Facts { parts, tops, now }),
        Err(error) => {
            tracing::warn!(mail = %mail.id, %error, "an alert goes without its picture");
            None
        }
    }
}

/// What a report tells; nothing of another mail.
async fn report(store: &Store, mail: &Mail) -> Result<Option<Reported>, StoreError> {
    let Some(of) = mail.report() else { return Ok(None) };
    let told = store.system().report(mail.org, &of).await?;
    let tokens = told.totals.tokens;
    Ok(Some(Reported {
        spent: told.totals.charge,
        before: told.before,
        sandbox: told.sandbox,
        rehearses: told.rehearses,
        requests: told.totals.requests,
        unpriced: told.totals.unpriced,
        tokens: (tokens.prompt(), tokens.generated()),
        refused: told.refused,
        days: told.days,
        projects: told.projects,
        models: told.models,
    }))
}

async fn send(mailer: &Mailer, mail: &Mail, around: Around) -> Sent {
    // Pictures are drawn, and that not where requests are answered.
    let (template, params) = (mail.template.clone(), mail.params.clone());
    let rendered = spawn_blocking(move || mail::render(&template, &params, around)).await;
    let rendered = match rendered.unwrap_or_else(|_| Err(RenderError::NothingToTell)) {
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
