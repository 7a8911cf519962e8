//! Whole programs on one database.

mod budget;
mod death;
mod lock;
mod program;
