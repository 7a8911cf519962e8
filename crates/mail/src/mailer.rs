//! Handing mails to the server.

use std::{
    fmt, iter,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use domain::Email;
use lettre::{
    Address,
    transport::smtp::{
        self,
        client::AsyncSmtpConnection,
        commands::{Data, Mail, Noop, Rcpt, Rset},
        extension::ClientId,
        response::{Response, Severity},
    },
};
use secrecy::SecretString;

use crate::{
    MailerError, Rendered, SendError, compose::compose, error::Failure, server::Server, words,
};

/// How long a server may take for the connection, and then for each answer.
const PATIENCE: Duration = Duration::from_secs(20);
/// Servers close idle connections after some minutes; ours are gone before.
const IDLE: Duration = Duration::from_secs(30);
/// Idle connections that are kept.
const MOST_IDLE: usize = 4;

/// A mail to one recipient.
#[derive(Debug, Clone)]
pub struct Message {
    /// To whom.
    pub to: Email,
    /// What identifies it: the part before the `@` of its Message-ID. The same at every try, so
    /// that a mailbox that got it twice can tell.
    pub message_id: String,
    /// What it says.
    pub rendered: Rendered,
}

/// Sends mails through one server, over connections that are used again.
///
/// It speaks SMTP step by step over lettre's connection instead of using its transport, for two
/// reasons: only so can a loss before the final dot be told from one after it, and lettre's pool
/// takes back a connection whose sending was cancelled in the middle.
#[derive(Clone)]
pub struct Mailer(Arc<Inner>);

struct Inner {
    server: Server,
    from: Address,
    hello: ClientId,
    patience: Duration,
    idle: Mutex<Vec<(Instant, AsyncSmtpConnection)>>,
}

impl fmt::Debug for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Mailer").field(&self.0.server).finish()
    }
}

impl Mailer {
    /// For `smtp://[user:password@]host[:port]`, encrypted by STARTTLS unless the host is loopback
    /// or `?tls=none` follows, or `smtps://…`. Connects only when asked to send.
    pub fn new(url: &SecretString, from: Email) -> Result<Self, MailerError> {
        let from: Address = String::from(from).parse().map_err(|_| MailerError::From)?;
        Ok(Self(Arc::new(Inner {
            server: Server::read(url)?,
            // Many servers take no greeting without a dot, which a container's host name has not.
            hello: ClientId::Domain(from.domain().to_owned()),
            from,
            patience: PATIENCE,
            idle: Mutex::default(),
        })))
    }

    /// Hands over a mail and tells what the server answered: it is now responsible for it.
    pub async fn send(&self, message: &Message) -> Result<String, SendError> {
        let mail = compose(&self.0.from, message)?;
        let to = mail.envelope().to().first().cloned();
        let to = to.ok_or_else(|| SendError::Never("no recipient".to_owned()))?;
        let mut connection = self.0.connection().await.map_err(Failure::ours)?;
        let (result, usable) = self.0.hand_over(&mut connection, to, &mail.formatted()).await;
        if usable {
            self.0.keep(connection);
        }
        result
    }

    /// Connects, greets, logs in and asks for an answer, without sending anything.
    pub async fn probe(&self) -> Result<String, SendError> {
        let mut connection = self.0.fresh().await.map_err(Failure::ours)?;
        let answer = self.0.step(connection.command(Noop)).await.map_err(Failure::ours)?;
        Ok(text(&answer))
    }
}

impl Inner {
    /// One step of the conversation; lettre itself waits for ever.
    async fn step<T>(
        &self,
        step: impl Future<Output = Result<T, smtp::Error>>,
    ) -> Result<T, Failure> {
        match tokio::time::timeout(self.patience, step).await {
            Ok(done) => Ok(done?),
            Err(_) => Err(Failure::silence(self.patience)),
        }
    }

    async fn fresh(&self) -> Result<AsyncSmtpConnection, Failure> {
        self.step(self.server.connect(&self.hello, self.patience)).await
    }

    /// One that was used before and still answers, or a new one.
    async fn connection(&self) -> Result<AsyncSmtpConnection, Failure> {
        loop {
            let kept = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            match kept {
                Some((since, mut connection)) if since.elapsed() < IDLE => {
                    if self.step(connection.command(Noop)).await.is_ok() {
                        return Ok(connection);
                    }
                }
                Some(_) => {}
                None => return self.fresh().await,
            }
        }
    }

    fn keep(&self, connection: AsyncSmtpConnection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|(since, _)| since.elapsed() < IDLE);
        if idle.len() < MOST_IDLE {
            idle.push((Instant::now(), connection));
        }
    }

    /// What came of the mail, and whether the connection may be used again.
    async fn hand_over(
        &self,
        connection: &mut AsyncSmtpConnection,
        to: Address,
        mail: &[u8],
    ) -> (Result<String, SendError>, bool) {
        match self.envelope(connection, to).await {
            Ok(()) => {
                failpoint::at("mail::envelope_taken");
                self.content(connection, mail).await
            }
            // A refusal leaves the transaction open; this connection can begin another one.
            Err((error, true)) => (Err(error), self.step(connection.command(Rset)).await.is_ok()),
            Err((error, false)) => (Err(error), false),
        }
    }

    async fn envelope(
        &self,
        connection: &mut AsyncSmtpConnection,
        to: Address,
    ) -> Result<(), (SendError, bool)> {
        let from = Mail::new(Some(self.from.clone()), vec![]);
        let from = self.step(connection.command(from)).await;
        from.map_err(|failure| failure.judged(Failure::ours))?;
        let to = self.step(connection.command(Rcpt::new(to, vec![]))).await;
        to.map_err(|failure| failure.judged(Failure::theirs))?;
        let data = self.step(connection.command(Data)).await;
        data.map_err(|failure| failure.judged(Failure::theirs))?;
        Ok(())
    }

    /// Sends head and body. lettre writes the final dot once it has written all and asks for more:
    /// what breaks before that was surely not taken, what breaks after it may have been.
    async fn content(
        &self,
        connection: &mut AsyncSmtpConnection,
        mail: &[u8],
    ) -> (Result<String, SendError>, bool) {
        let written = AtomicBool::new(false);
        let end = iter::from_fn(|| {
            written.store(true, Ordering::Relaxed);
            failpoint::at("mail::content_written");
            None
        });
        let answer = self.step(connection.message_iter(iter::once(mail).chain(end))).await;
        match answer {
            Ok(answer) if answer.code().severity == Severity::PositiveCompletion => {
                (Ok(text(&answer)), true)
            }
            Ok(answer) => (Err(SendError::Unknown(text(&answer))), false),
            Err(failure) => {
                let handed_over = written.load(Ordering::Relaxed);
                let judge = if handed_over { Failure::after_all } else { Failure::theirs };
                let (error, usable) = failure.judged(judge);
                (Err(error), usable)
            }
        }
    }
}

fn text(answer: &Response) -> String {
    let lines: Vec<&str> = answer.message().collect();
    words::one_line(&format!("{} {}", answer.code(), lines.join(" ")), words::LONGEST_ANSWER)
}

#[cfg(test)]
mod tests;
