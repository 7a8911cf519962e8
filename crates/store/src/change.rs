//! What other nodes must hear of: see the migration of `changes`. Written by triggers.

/// How far a reader of changes has come: the oldest transaction that was still running at its last
/// read. Whatever committed later has this number or a higher one.
#[derive(Debug, Clone, Copy, Default)]
pub struct ChangeCursor(pub(crate) i64);
