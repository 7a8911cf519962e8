//! Bounds, batches, decisions: the pure part of budgets that hold.
