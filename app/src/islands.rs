//! What runs in the browser: each island is rendered by the server and works again once the
//! WebAssembly is there. An island's name must have no underscore.

#![expect(unreachable_pub, reason = "the macro makes a component's inner function public")]

mod copy;
mod peek;
mod waiting;

pub use copy::CopyButton;
pub use peek::{ChartPeek, PeekLine, PeekPoint};
pub use waiting::Waiting;
