//! What every page needs around its view: who asks, what was typed, what went wrong.

mod draft;
mod failure;
mod failure_page;
mod fresh;
mod go;
mod origin;
mod playground;
mod query;
mod recall;
mod spreadsheet;
mod state;
mod visitor;

pub use draft::{Draft, LongDraft, sentence};
pub use failure::Failure;
pub use failure_page::{name_owners, show_failures};
pub use fresh::Fresh;
pub use go::{go, id, local, with_next};
pub use origin::{Browser, Whence};
pub use playground::{Playground, Prompt, Reply};
pub use query::{Path, Query};
pub use recall::recall;
pub use spreadsheet::{attachment, harmless, lines};
pub use state::App;
pub use visitor::{Member, Stranger, Visitor};
