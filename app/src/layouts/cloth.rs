//! The counting cloth of the sign-in page.

/// The cloth with the sum 11,256, and its caption.
pub(super) const CLOTH: &str = include_str!("cloth.html");
