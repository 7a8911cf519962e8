//! What stands around every page.

#![expect(unreachable_pub, reason = "the macro makes a component's inner function public")]

mod cloth;
mod defs;
mod door;
mod head;
mod menus;
mod shell;
mod unverified;

pub use door::Door;
pub use head::PageHead;
pub use shell::{Frame, NavItem, Own, Shell};
