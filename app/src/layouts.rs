//! What stands around every page.

#![expect(unreachable_pub, reason = "the macro makes a component's inner function public")]

mod cloth;
mod comfort;
mod defs;
mod door;
mod head;
mod menus;
mod nav;
mod open;
mod shell;
mod unverified;

pub use door::Door;
pub use head::PageHead;
pub use nav::NavItem;
pub use open::Open;
pub use shell::{Frame, Own, Shell};
