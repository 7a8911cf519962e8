//! The OpenAI-compatible surface.
//!
//! A request's path through the modules: [`endpoints`] (or [`play`]) gives it an id; [`forward`] finds
//! who asks ([`asker`], [`authenticate`], [`keys`]), reads the body as far as it must ([`ask`], [`content`]), finds who
//! answers ([`models`]), what it can cost ([`bound`]), and reserves that; [`exchange`] sends it
//! ([`connection`], [`sandbox`]) and hands the answer on, whole ([`whole`]) or as a stream
//! ([`relay`], [`tap`], [`sse`]), while [`meter`] and [`usage`] read a copy and [`booking`] settles.
//! On its way [`telling`] takes the times, and [`tags`] what the client says about it.
//! Whatever fails is an [`error::Error`], and only there it becomes HTTP.
//!
//! Bytes pass untouched but for two edits of streams: usage is asked for ([`edit`]), and its frame
//! taken out for a client that did not ask.

mod ask;
mod asker;
mod authenticate;
mod bodies;
mod body;
mod booking;
mod bound;
mod connection;
mod content;
mod counts;
mod edit;
mod endpoints;
mod error;
mod exchange;
mod fingerprints;
mod forward;
mod gateway;
mod headers;
mod keys;
mod meter;
mod models;
mod pace;
mod play;
mod receipts;
mod refusal;
mod relay;
mod report;
mod sandbox;
mod sse;
mod tags;
mod tap;
mod telling;
mod usage;
mod uses;
mod volume;
mod whole;

pub use bodies::SealBody;
pub use connection::Upstream;
pub use endpoints::router;
pub use gateway::{Gateway, Setup, SetupError};
