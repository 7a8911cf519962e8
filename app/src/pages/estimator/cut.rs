//! Cutting a text, off the threads that answer requests.

use std::time::Duration;

use tokenizer::{Encoding, split};
use tokio::{sync::Semaphore, task::spawn_blocking, time::timeout};

/// Of a text's parts so many are shown; all of them are counted.
pub(super) const SHOWN: usize = 5_000;

/// The longest text takes a processor for some tenths of a second, and the first one half a second more,
/// in which a vocabulary is read: requests of programs must not starve.
static SLOT: Semaphore = Semaphore::const_new(1);

/// The longest that a person waits for it.
const PATIENCE: Duration = Duration::from_secs(10);

/// A text as one encoding cuts it.
pub(super) struct Cut {
    pub(super) encoding: Encoding,
    /// All tokens.
    pub(super) tokens: u64,
    /// All parts: whole characters, nearly always of one token.
    pub(super) parts: usize,
    /// The first of them, with how many tokens each is.
    pub(super) shown: Vec<(String, usize)>,
}

/// Why a text was not cut, as a sentence for its field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotCut {
    /// Others were before it.
    #[error("this server is busy with other texts: please try again in a moment")]
    Busy,
    /// The rules of the encoding gave up on it.
    #[error("this text can’t be cut into tokens: try it without its longest word")]
    Hopeless,
}

/// Cuts the text once by each encoding.
pub(super) async fn cut(text: &str, encodings: Vec<Encoding>) -> Result<Vec<Cut>, NotCut> {
    let Ok(Ok(slot)) = timeout(PATIENCE, SLOT.acquire()).await else { return Err(NotCut::Busy) };
    let text = text.to_owned();
    // Whoever asks may leave: the slot is free when the work is done, not before.
    let work = spawn_blocking(move || {
        let _slot = slot;
        encodings.into_iter().map(|encoding| cut_now(encoding, &text)).collect::<Option<_>>()
    });
    work.await.ok().flatten().ok_or(NotCut::Hopeless)
}

fn cut_now(encoding: Encoding, text: &str) -> Option<Cut> {
    let split = split(encoding, text).ok()?;
    let shown = split.parts.iter().take(SHOWN);
    let shown = shown.map(|part| (part.text.to_owned(), part.tokens)).collect();
    Some(Cut { encoding, tokens: split.tokens as u64, parts: split.parts.len(), shown })
}
