//! What each command does.

pub mod admin;
pub mod audit;
pub mod demo;
pub mod doctor;
pub mod reconcile;
pub mod serve;
