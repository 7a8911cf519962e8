//! The program's parts that do not depend on how it is started.
pub mod assets;
pub mod postgres;
mod short_hash;
