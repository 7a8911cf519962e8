//! What every page needs around its view: who asks, what was typed, what went wrong.

mod draft;
mod failure;
mod state;
mod visitor;

pub use draft::Draft;
pub use failure::{Failure, show_failures};
pub use state::App;
pub use visitor::{Member, Visitor};
