//! How many of a kind there may be: what is read while requests wait, or all at once, stays small.

/// Thresholds of one scope and window.
pub const THRESHOLDS: u32 = 50;
/// Raises of one budget that are not over.
pub const RAISES: u32 = 20;
/// An organization's own prices that are in force or planned.
pub const OWN_PRICES: u32 = 500;
/// Requests of a day that a budget is tried on, one by one, before it is set.
pub const REPLAYED: u32 = 200_000;
