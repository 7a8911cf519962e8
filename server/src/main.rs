//! The program: commands, settings, router, lifecycle.
fn main() {}
