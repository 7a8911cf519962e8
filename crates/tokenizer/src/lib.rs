//! Text in, tokens out: how OpenAI's models cut a text, by the vocabularies that OpenAI publishes.
//!
//! What belongs here: which encoding a model has, and where the cuts are. What never does: prices, HTML,
//! texts that are kept. Nothing here waits or logs; it computes, for up to a few hundred milliseconds, so
//! keep it off the threads that answer requests.

mod encoding;
mod split;

pub use encoding::Encoding;
pub use split::{LONGEST, Part, Split, SplitError, split};
